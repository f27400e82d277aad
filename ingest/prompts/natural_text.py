"""Ordinary text in windows of one length: built-in English, or the text that was given (`corpus.py`)."""

import random

import torch
from jaxtyping import Int
from torch import Tensor

from ingest.errors import PromptError
from ingest.prompts import random_tokens
from ingest.prompts.batch import PromptBatch, PromptFamily, Vocabulary, body_length, unpadded
from ingest.prompts.corpus import Corpus, built_in, check_knows_corpus, text_ids
from ingest.prompts.words import TokenKind, annotated, kind_of

# English takes about four characters a token; small vocabularies fall to little more than one. A window of this many
# characters a token almost always holds enough, and a window that does not is drawn again, longer.
_CHARACTERS_PER_TOKEN = 8
_MAX_DRAWS = 100


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> PromptBatch:
    """BOS where there is one, then a window of text; random tokens where there is no tokenizer.

    Raises:
        NoTargetError: The tokenizer does not know the text.
        PromptError: The length is too small, or longer than the longest text.
    """
    if vocabulary.encode is None:
        return random_tokens.make(vocabulary, n_prompts, length, seed)
    room = body_length(vocabulary, n_prompts, length, at_least=2)
    corpus = vocabulary.corpus or built_in()
    check_knows_corpus(vocabulary, corpus)
    generator = random.Random(seed)
    windows = [_window(vocabulary, corpus, room, generator) for _ in range(n_prompts)]
    batch = unpadded([ids for ids, _ in windows], vocabulary)
    kinds = [kinds for _, kinds in windows if kinds is not None]
    return annotated(batch, kinds, vocabulary) if kinds else batch


def _window(
    vocabulary: Vocabulary, corpus: Corpus, room: int, generator: random.Random
) -> tuple[Int[Tensor, " pos"], list[TokenKind] | None]:
    """Ids of a window, and what each token is where the tokenizer says enough."""
    n_characters = _CHARACTERS_PER_TOKEN * room
    for _ in range(_MAX_DRAWS):
        text = generator.choice(corpus.texts)
        start = text.find(" ", generator.randrange(max(1, len(text) - n_characters))) + 1
        window = " ".join(text[start : start + n_characters].split())
        ids, kinds = _read(vocabulary, window, room)
        if len(ids) == room:
            return torch.tensor(ids, dtype=torch.long), kinds
        n_characters = min(2 * n_characters, corpus.longest)
    raise PromptError(
        f"The {corpus.name} yields no window of {room} tokens in {_MAX_DRAWS} draws: ask for shorter prompts."
    )


def _read(vocabulary: Vocabulary, text: str, room: int) -> tuple[list[int], list[TokenKind] | None]:
    if vocabulary.read is not None:
        tokens = [token for token in vocabulary.read(text) if token.id not in vocabulary.special_ids][:room]
        return [token.id for token in tokens], [kind_of(token, text) for token in tokens]
    return text_ids(vocabulary, text)[:room], None


natural_text = PromptFamily(
    name="natural_text",
    make=make,
    description="BOS where there is one, then English documentation text or a text given (random without a tokenizer)",
    # T = 64 as in Gu et al. 2024, arXiv:2410.10781.
    default_length=64,
)
