"""Batches changed as a whole, whatever annotations they carry."""

import dataclasses
from typing import Any

import torch
from torch import Tensor

from ingest.prompts.batch import PromptBatch


def repeated(batch: PromptBatch) -> PromptBatch:
    """Every prompt twice."""
    return _changed(batch, lambda value: torch.cat([value, value]) if len(value) == len(batch.tokens) else value)


def padded_left(batch: PromptBatch, shift: int) -> PromptBatch:
    """Padding in front of every prompt, with junk for tokens; annotations of words, not of tokens, stay."""

    def pad(value: Tensor) -> Tensor:
        if value.shape != batch.tokens.shape:
            return value
        filler = False if value.dtype == torch.bool else -1
        return torch.nn.functional.pad(value, (shift, 0), value=filler)

    padded = _changed(batch, pad)
    return dataclasses.replace(padded, tokens=torch.where(padded.is_real, padded.tokens, 9))


def _changed(batch: PromptBatch, change: Any) -> PromptBatch:
    values = {field.name: getattr(batch, field.name) for field in dataclasses.fields(batch)}
    return dataclasses.replace(
        batch, **{name: change(each) for name, each in values.items() if isinstance(each, Tensor)}
    )
