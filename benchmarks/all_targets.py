"""What every pattern detector measures, as targets for one batch of tokens, and the models that read them.

The detectors make their targets themselves, on prompts of their own families. A target names positions and no tokens,
so those of all families can be measured on one batch of their shape: one forward pass then does the work of them all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from pydoc_data.topics import topics
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from ingest.detector import Detector
from ingest.errors import NoTargetError, PromptError
from ingest.evidence import Evidence
from ingest.loaded_model import LoadedModel
from ingest.loading import wrap_language_model
from ingest.measure import NO_KEY, AnyTargets, MomentTargets, RelationalTargets
from ingest.prompts.batch import PromptBatch, PromptFamily
from ingest.registry import load_detectors
from ingest.scan import vocabulary_of

D_VOCAB = 8000
MOMENTS = ("entropy", "distance", "squared_distance")
# Families whose prompts come in pairs make twice as many rows.
_IN_PAIRS = ("documents", "prose_and_code")


@dataclass(frozen=True)
class Family:
    """Targets of the detectors of one family of prompts, on prompts of that family."""

    name: str
    batch: PromptBatch
    targets: Mapping[str, AnyTargets]
    """By detector and reading; null models under the same name with `null/` before it."""


def language_model(shape: str, n_layers: int, length: int) -> LoadedModel:
    """Random weights in the width and heads of GPT-2 small; `llama` shares each key-value head among three queries."""
    torch.manual_seed(0)
    tokenizer = trained_tokenizer()
    ids = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": None, "vocab_size": D_VOCAB}
    model: PreTrainedModel
    if shape == "gpt2":
        model = GPT2LMHeadModel(GPT2Config(n_layer=n_layers, n_positions=max(1024, length), **ids))
    else:
        config = LlamaConfig(
            hidden_size=768,
            intermediate_size=2048,
            num_hidden_layers=n_layers,
            num_attention_heads=12,
            num_key_value_heads=4,
            max_position_embeddings=max(1024, length),
            **ids,
        )
        model = LlamaForCausalLM(config)
    model.set_attn_implementation("sdpa")
    return wrap_language_model(model, tokenizer, hub_id=f"random/{shape}", revision="random", weights_sha256="0" * 64)


@cache
def trained_tokenizer() -> PreTrainedTokenizerFast:
    """A byte-level BPE as GPT-2 has one, trained on the built-in documentation text in a second."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=D_VOCAB,
        special_tokens=["<s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    # Yes and No are words of their own to the tokenizers of real language models.
    tokenizer.train_from_iterator([*topics.values(), " Yes No Yes, No," * 500], trainer)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", clean_up_tokenization_spaces=False)


def pattern_detectors() -> list[Detector]:
    """All detectors of the registry that score attention patterns."""
    return [each for each in load_detectors().values() if each.evidence is Evidence.PATTERN]


def pattern_families(
    loaded: LoadedModel, n_prompts: int, length: int, *, with_null: bool = False
) -> tuple[list[Family], dict[str, str]]:
    """Prompts and targets of every pattern detector, and the reason of each that finds nothing at this length."""
    detectors = pattern_detectors()
    by_name = {each.prompts.name: each.prompts for each in detectors if each.prompts is not None}
    made, absent = [], {}
    for family in by_name.values():
        own = [each for each in detectors if each.prompts is not None and each.prompts.name == family.name]
        try:
            batch = _prompts(loaded, family, n_prompts, length)
            targets = dict(_targets(own, batch, with_null))
        except (NoTargetError, PromptError) as problem:
            absent |= {each.name: str(problem) for each in own}
            continue
        made.append(Family(family.name, batch, targets))
    return made, absent


def _prompts(loaded: LoadedModel, family: PromptFamily, n_prompts: int, length: int) -> PromptBatch:
    n_made = max(1, n_prompts // 2) if family.name in _IN_PAIRS else n_prompts
    return family.make(vocabulary_of(loaded), n_made, length, 0)


def _targets(detectors: list[Detector], batch: PromptBatch, with_null: bool) -> Iterator[tuple[str, AnyTargets]]:
    for each in detectors:
        offered = each.targets(batch)
        readings = offered if isinstance(offered, Mapping) else {each.name: offered}
        for name, chosen in readings.items():
            yield f"{each.name}/{name}", chosen
            if with_null and each.null is not None:
                null: Any = each.null
                yield f"null/{each.name}/{name}", null(chosen, batch, torch.Generator().manual_seed(0))


def on_one_batch(families: list[Family], n_prompts: int, length: int) -> dict[str, AnyTargets]:
    """The targets of all families as targets of one batch of this shape, which knows no padding."""
    return {name: _fitted(target, n_prompts, length) for each in families for name, target in each.targets.items()}


def moment_targets(n_prompts: int, length: int) -> dict[str, AnyTargets]:
    """Entropy, distance and squared distance of every query."""
    every = torch.ones(n_prompts, length, dtype=torch.bool)
    return {moment: MomentTargets(moment, every) for moment in MOMENTS}  # type: ignore[arg-type]


def random_prompts(loaded: LoadedModel, n_prompts: int, length: int) -> PromptBatch:
    """Random tokens after BOS."""
    tokens = torch.randint(1, loaded.d_vocab, (n_prompts, length), generator=torch.Generator().manual_seed(0))
    tokens[:, 0] = loaded.bos_id or 0
    return PromptBatch(tokens, torch.ones_like(tokens, dtype=torch.bool), has_bos=True)


def _fitted(target: AnyTargets, n_prompts: int, length: int) -> AnyTargets:
    values = {each.name: getattr(target, each.name) for each in fields(target)}
    own: dict[str, Any] = {
        name: _resized(
            value, n_prompts, length, NO_KEY if isinstance(target, RelationalTargets) and name == "keys" else 0
        )
        for name, value in values.items()
        if isinstance(value, torch.Tensor)
    }
    return replace(target, **own)


def _resized(value: torch.Tensor, n_prompts: int, length: int, filler: int) -> torch.Tensor:
    """Rows repeated or dropped until they are as many as the prompts; positions cut off or filled up."""
    rows = value[torch.arange(n_prompts) % len(value)][:, :length]
    missing = length - rows.shape[1]
    if missing == 0:
        return rows
    filling = torch.full((n_prompts, missing, *rows.shape[2:]), filler, dtype=rows.dtype)
    return torch.cat([rows, filling], dim=1)
