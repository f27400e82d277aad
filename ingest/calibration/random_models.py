"""Language models that learned nothing: tiny ones of three families with random weights, and a tokenizer for them.

No head of them is of any type, so every head that a detector finds there is a false one. Their tokenizer splits words,
keeps blanks and has words of its own, so that detectors of words have something to count.
"""

import hashlib
from functools import cache
from pydoc_data.topics import topics
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from ingest.loaded_model import LoadedModel
from ingest.loading import wrap_language_model
from ingest.prompts.word_pairs import relations, series, word_pairs

_D_VOCAB = 3000
_BOS = "<s>"
_SHAPE = {
    "vocab_size": _D_VOCAB,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 640,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "pad_token_id": None,
}
_CONFIGURATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "gpt2": (
        "GPT2Config",
        {
            "vocab_size": _D_VOCAB,
            "n_embd": 32,
            "n_layer": 2,
            "n_head": 4,
            "n_positions": 640,
            "bos_token_id": 0,
            "eos_token_id": 0,
        },
    ),
    "llama": ("LlamaConfig", _SHAPE | {"num_key_value_heads": 2}),
    "gpt_neox": ("GPTNeoXConfig", _SHAPE),
}

FAMILIES = tuple(_CONFIGURATIONS)
# Attention of freshly initialised weights is all but uniform. Weights this large make patterns as sharp as those of
# trained heads, and as arbitrary as their weights.
_SHARP = 0.3


def random_model(family: str, seed: int) -> LoadedModel:
    """One of them; even seeds are initialised as transformers does, odd ones have large weights and sharp patterns."""
    name, arguments = _CONFIGURATIONS[family]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
            getattr(transformers, name)(**arguments)
        )
        if seed % 2:
            with torch.no_grad():
                for parameter in model.parameters():
                    if parameter.ndim > 1:
                        parameter.normal_(std=_SHARP)
    digest = hashlib.sha256(f"{family} {seed}".encode()).hexdigest()
    return wrap_language_model(
        model, calibration_tokenizer(), hub_id=f"random/{family}", revision=f"sha256:{digest}", weights_sha256=digest
    )


@cache
def calibration_tokenizer() -> PreTrainedTokenizerFast:
    """Byte pairs merged on the documentation text of Python, with the words of our lists whole."""
    words = {word for name in relations() for pair in word_pairs(name) for word in pair}
    words |= {word for members in series().values() for word in members} | {"Yes", "No"}
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=_D_VOCAB,
        special_tokens=[_BOS],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    # Words in the lists are said so often that they are merged whole before the vocabulary is full.
    listed = [" ".join(["", *sorted(words)])] * 500
    tokenizer.train_from_iterator([*(topics[name] for name in sorted(topics)), *listed], trainer)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, bos_token=_BOS, clean_up_tokenization_spaces=False
    )
