"""What every detector of direct logits keeps; one that the registry finds is tested here without an edit."""

import dataclasses
from collections.abc import Mapping

import pytest
import torch

from ingest.detector import Detector
from ingest.engine.choose import measure
from ingest.errors import NoTargetError
from ingest.evidence import Evidence
from ingest.measure import LogitTargets
from ingest.prompts.batch import PromptBatch, Vocabulary
from ingest.registry import load_detectors
from tests.ingest.batches import padded_left, repeated
from tests.ingest.tiny_models import make_tiny
from tests.ingest.toy_tokenizer import text_vocabulary

every_detector = pytest.mark.parametrize(
    "detector",
    [
        each
        for found in load_detectors().values()
        for each in (found, *found.as_definitions())
        if each.evidence is Evidence.DIRECT_LOGIT
    ],
    ids=lambda each: each.key,
)
SIZE = 3000


def prompts(detector: Detector, seed: int = 0) -> PromptBatch:
    assert detector.prompts is not None, "a detector of logits has prompts"
    try:
        return detector.prompts.make(Vocabulary(SIZE, 0, frozenset({0})), 4, 41, seed)
    except NoTargetError:
        return detector.prompts.make(text_vocabulary(size=SIZE), 4, 41, seed)


def readings(detector: Detector, batch: PromptBatch) -> dict[str, LogitTargets]:
    offered = detector.function(batch)
    return dict(offered) if isinstance(offered, Mapping) else {detector.name: offered}


@every_detector
def test_tokens_are_of_the_vocabulary_and_queries_are_real(detector: Detector) -> None:
    batch = prompts(detector)
    for targets in readings(detector, batch).values():
        assert targets.is_counted.any()
        assert not (targets.is_counted & ~batch.is_real).any()
        used = targets.token[targets.is_counted]
        assert 0 <= int(used.min()) <= int(used.max()) < SIZE


@every_detector
def test_the_null_model_asks_the_same_queries_for_another_token(detector: Detector) -> None:
    batch = prompts(detector)
    assert detector.null is not None
    for targets in readings(detector, batch).values():
        null = detector.null(targets, batch, torch.Generator().manual_seed(1))
        assert null.sign == targets.sign
        assert not (null.is_counted & ~targets.is_counted).any()
        assert (null.is_counted.sum() >= 0.9 * targets.is_counted.sum()).all()
        assert (null.token != targets.token)[null.is_counted].all()


@every_detector
def test_the_input_is_left_alone_and_the_answer_is_the_same_twice(detector: Detector) -> None:
    batch = prompts(detector)
    before = {each.name: getattr(batch, each.name) for each in dataclasses.fields(batch)}
    kept = {name: value.clone() for name, value in before.items() if isinstance(value, torch.Tensor)}
    first, second = readings(detector, batch), readings(detector, batch)
    assert all(torch.equal(before[name], value) for name, value in kept.items())
    for name, targets in first.items():
        assert torch.equal(targets.token, second[name].token)
        assert torch.equal(targets.is_counted, second[name].is_counted)


@every_detector
def test_padding_moves_the_targets_and_repeating_the_batch_repeats_them(detector: Detector) -> None:
    batch, shift = prompts(detector), 5
    moved, doubled = readings(detector, padded_left(batch, shift)), readings(detector, repeated(batch))
    for name, targets in readings(detector, batch).items():
        assert torch.equal(moved[name].is_counted[:, shift:], targets.is_counted)
        assert not moved[name].is_counted[:, :shift].any()
        assert torch.equal(moved[name].token[:, shift:][targets.is_counted], targets.token[targets.is_counted])
        assert torch.equal(doubled[name].is_counted, torch.cat([targets.is_counted] * 2))


@every_detector
def test_random_heads_score_near_chance(detector: Detector) -> None:
    batch = prompts(detector)
    loaded = make_tiny("gpt_neox", vocab_size=SIZE)
    for targets in readings(detector, batch).values():
        found = measure(loaded, batch, {"targets": targets}).measurements["targets"]
        assert found.chance.tolist() == [0.5] * 4
        # Queries of a head are correlated, so the mean of 8 heads × 4 prompts is far from 32 × 16 free draws; as 32
        # draws it has a standard error of 0.29 / √32 = 0.051.
        assert found.mass.nanmean().item() == pytest.approx(0.5, abs=0.15)
