"""The tokenizers that every task is tested with: GPT-2's, a word-level one, and one that writes numbers by digits."""

import random
from collections.abc import Callable
from functools import cache

from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from ingest.prompts.batch import Vocabulary
from ingest.tasks.all_tasks import load_tasks
from tests.ingest.gpt2_tokenizer import vocabulary_from
from tests.ingest.word_tokenizer import word_tokenizer

_N_SENTENCES = 1500


@cache
def training_text() -> dict[str, tuple[str, ...]]:
    """Sentences of every task, as a language model is trained on them."""
    return {name: _text_of(task.sentences) for name, task in load_tasks().items()}


@cache
def _text_of(sentences: Callable[[random.Random], str]) -> tuple[str, ...]:
    """Of tasks that share their sentences, once."""
    generator = random.Random(0)
    return tuple(sentences(generator) for _ in range(_N_SENTENCES))


@cache
def words_of_tasks() -> Vocabulary:
    """A token for each word of the training text."""
    return vocabulary_from(word_tokenizer(text for texts in training_text().values() for text in texts))


@cache
def by_digits(words: tuple[str, ...]) -> Vocabulary:
    """A token for each of these words, for each digit and for nothing else."""
    split = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True)])
    known = ["<s>", "<unk>", *words, *"0123456789"]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(known)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = split
    return vocabulary_from(PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", unk_token="<unk>"))
