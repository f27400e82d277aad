"""Attention from the last token of a task's prompts to places that the task marks."""

import torch

from ingest.measure import KeyProperty
from ingest.prompts.batch import PromptBatch
from ingest.tasks.task import END, TaskBatch


def attention_from_end(batch: PromptBatch, *marks: str) -> KeyProperty:
    """Mass on all tokens that are marked so, from where the next token is asked for."""
    assert isinstance(batch, TaskBatch), "its prompts are a task"
    is_key = torch.stack([batch.marks[mark] for mark in marks]).any(dim=0)
    return KeyProperty(is_key, batch.marks[END])
