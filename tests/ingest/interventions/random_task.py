"""A task of random tokens, for any tiny language model: nothing in it makes sense, and everything can be computed."""

import random

import torch

from ingest.prompts.batch import Vocabulary
from ingest.tasks.task import END, NO_ANSWER, Measure, Task, TaskBatch
from tests.ingest.tiny_models import D_VOCAB

LENGTHS = (9, 7)
"""Tokens of the prompts of each template: the shorter ones are padded."""


def make_task_batch(n_prompts: int = 6, seed: int = 0) -> TaskBatch:
    """Prompts of two templates in turn, of which counterparts differ in one token."""
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(1, D_VOCAB, (n_prompts, max(LENGTHS)), generator=generator)
    template = torch.arange(n_prompts) % 2
    length = torch.tensor(LENGTHS)[template]
    position = torch.arange(max(LENGTHS))
    is_real = position < length[:, None]
    corrupted = tokens.clone()
    corrupted[:, 3] = torch.randint(1, D_VOCAB, (n_prompts,), generator=generator)
    ids = torch.stack([torch.randperm(D_VOCAB, generator=generator)[:5] for _ in range(n_prompts)])
    answer_ids = torch.stack([ids[:, 0], ids[:, 1].where(template == 0, NO_ANSWER)], dim=1)
    marks = {
        END: position == length[:, None] - 1,
        "subject": (position == 3).expand(n_prompts, -1),
        "before": (position < 3).expand(n_prompts, -1),
    }
    return TaskBatch(
        tokens,
        is_real,
        has_bos=False,
        corrupted=corrupted,
        marks=marks,
        answer_ids=answer_ids,
        other_ids=ids[:, 2:3],
        control_ids=ids[:, 3:],
        template=template,
        corrupted_answer_ids=None,
    )


def _make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> TaskBatch:
    return make_task_batch(n_prompts, seed)


def _sentences(generator: random.Random) -> str:
    return "nothing"


def make_task(measure: Measure = Measure.LOGIT_DIFFERENCE) -> Task:
    return Task(
        "random",
        _make,
        "Random tokens with random answers.",
        max(LENGTHS),
        measure=measure,
        required_accuracy=0.5,
        sentences=_sentences,
    )
