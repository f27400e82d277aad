"""What every detector keeps, whoever wrote it; a detector that the registry finds is tested here without an edit."""

import dataclasses
from collections.abc import Mapping
from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ingest.baselines import other_visible_keys
from ingest.detector import Detector
from ingest.errors import NoTargetError
from ingest.evidence import Evidence
from ingest.measure import KeyProperty, Targets
from ingest.prompts.batch import PromptBatch, Vocabulary
from ingest.registry import load_detectors
from tests.ingest.batches import padded_left, repeated
from tests.ingest.masks import as_mask, scores
from tests.ingest.toy_tokenizer import text_vocabulary

N_HEADS = 4

DETECTORS = {name: each for name, each in load_detectors().items() if each.evidence is Evidence.PATTERN}

every_detector = pytest.mark.parametrize("detector", DETECTORS.values(), ids=DETECTORS)


# Each case is made once and serves all properties: making prompts takes longer than what is asked of them. Sizes and
# lengths are those at which something changes: too small for distinct tokens, odd, even, longer than any window.
Case = tuple[int, int | None, int, int]
CASES = st.tuples(
    st.sampled_from([8, 21, 64, 200]),
    st.sampled_from([None, 0, 2]),
    st.sampled_from([14, 15, 33, 60]),
    st.integers(0, 3),
)


@cache
def prompts(name: str, size: int, bos_id: int | None, length: int, seed: int) -> PromptBatch:
    """Prompts on which the detector counts something: of random ids where that is enough, else of text."""
    detector, vocabulary = DETECTORS[name], Vocabulary(size, bos_id, frozenset({0, 1, 2}))
    assert detector.prompts is not None, "a detector of patterns has prompts"
    try:
        batch = detector.prompts.make(vocabulary, 3, length, seed)
        readings(detector, batch)
    except NoTargetError:
        # Text is slow to read and to parse, and a few texts are as good as many; no more than the two vocabularies
        # whose frequencies are kept at once.
        return text_prompts(name, None if bos_id is None else 0, seed % 2)
    return batch


@cache
def text_prompts(name: str, bos_id: int | None, seed: int) -> PromptBatch:
    detector = DETECTORS[name]
    assert detector.prompts is not None, "a detector of patterns has prompts"
    # Long enough for several sentences, and for rare words.
    batch = detector.prompts.make(text_vocabulary(bos_id), 3, 100, seed)
    readings(detector, batch)
    return batch


def readings(detector: Detector, batch: PromptBatch) -> dict[str, Targets]:
    offered = detector.targets(batch)
    return dict(offered) if isinstance(offered, Mapping) else {detector.name: offered}


def random_pattern(batch: PromptBatch, seed: int) -> Tensor:
    n_prompts, n_pos = batch.tokens.shape
    logits = 3 * torch.randn(n_prompts, N_HEADS, n_pos, n_pos, generator=torch.Generator().manual_seed(seed))
    visible = torch.ones(n_pos, n_pos, dtype=torch.bool).tril()
    return logits.masked_fill(~visible, -torch.inf).softmax(dim=-1)


def same(left: Targets, right: Targets) -> bool:
    pairs = [(getattr(left, field.name), getattr(right, field.name)) for field in dataclasses.fields(left)]
    return all(torch.equal(a, b) if isinstance(a, Tensor) and isinstance(b, Tensor) else a == b for a, b in pairs)


@every_detector
@settings(max_examples=12, deadline=None)
@given(CASES)
def test_the_score_is_a_share_and_full_attention_to_the_targets_is_all_of_it(detector: Detector, case: Case) -> None:
    batch = prompts(detector.name, *case)
    for targets in readings(detector, batch).values():
        found = scores(random_pattern(batch, case[-1]), targets, batch)
        assert ((found >= 0) & (found <= 1 + 1e-6)).all()
        mask = as_mask(targets, batch)
        perfect = (mask / mask.sum(dim=-1, keepdim=True).clamp(min=1))[:, None]
        assert scores(perfect, targets, batch).item() == pytest.approx(1)


@every_detector
@settings(max_examples=12, deadline=None)
@given(CASES, st.permutations(range(N_HEADS)))
def test_permuting_heads_permutes_scores(detector: Detector, case: Case, order: list[int]) -> None:
    batch = prompts(detector.name, *case)
    pattern = random_pattern(batch, case[-1])
    for targets in readings(detector, batch).values():
        assert torch.allclose(scores(pattern[:, order], targets, batch), scores(pattern, targets, batch)[order])


@every_detector
@settings(max_examples=12, deadline=None)
@given(CASES)
def test_repeating_the_batch_changes_nothing(detector: Detector, case: Case) -> None:
    batch = prompts(detector.name, *case)
    twice = repeated(batch)
    pattern = random_pattern(batch, case[-1])
    once_scored, twice_scored = readings(detector, batch), readings(detector, twice)
    assert once_scored.keys() == twice_scored.keys()
    for name, targets in once_scored.items():
        doubled = scores(pattern.repeat(2, 1, 1, 1), twice_scored[name], twice)
        assert torch.allclose(doubled, scores(pattern, targets, batch), atol=1e-6)


@every_detector
@settings(max_examples=12, deadline=None)
@given(CASES)
def test_the_input_is_left_alone_and_the_answer_is_the_same_twice(detector: Detector, case: Case) -> None:
    batch = prompts(detector.name, *case)
    tokens, is_real = batch.tokens.clone(), batch.is_real.clone()
    first, second = readings(detector, batch), readings(detector, batch)
    assert torch.equal(batch.tokens, tokens)
    assert torch.equal(batch.is_real, is_real)
    assert first.keys() == second.keys()
    assert all(same(first[name], second[name]) for name in first)


@every_detector
@settings(max_examples=12, deadline=None)
@given(CASES)
def test_targets_are_visible_and_nulls_are_other_visible_keys(detector: Detector, case: Case) -> None:
    batch = prompts(detector.name, *case)
    visible = torch.ones(batch.tokens.shape[1], batch.tokens.shape[1], dtype=torch.bool).tril()
    for targets in readings(detector, batch).values():
        mask = as_mask(targets, batch)
        assert not (mask & ~visible).any()
        null = detector.null(targets, batch, torch.Generator().manual_seed(case[-1]))
        null_mask = as_mask(null, batch)
        assert not (null_mask & ~visible).any()
        assert not (null_mask & mask).any()
        # A prompt with a score and no null score, or the reverse, could not be compared.
        assert torch.equal(null.is_counted.any(dim=1), targets.is_counted.any(dim=1))
        if detector.null is other_visible_keys:
            assert (null_mask.sum(dim=-1) == 1)[null.is_counted].all()
            assert torch.equal(null.is_counted, targets.is_counted)


@every_detector
def test_padding_on_the_left_moves_the_targets_and_changes_no_other_thing(detector: Detector) -> None:
    batch = prompts(detector.name, 200, 0, 31, 4)
    shift = 5
    padded = padded_left(batch, shift)
    for name, targets in readings(detector, batch).items():
        moved = readings(detector, padded)[name]
        expected = torch.nn.functional.pad(as_mask(targets, batch), (shift, 0, shift, 0), value=False)
        found = as_mask(moved, padded)
        assert torch.equal(found, expected)
        assert isinstance(moved, KeyProperty) == isinstance(targets, KeyProperty)


@every_detector
def test_a_detector_says_what_it_does(detector: Detector) -> None:
    assert detector.summary.endswith(".")
    assert "\nSource:\n" in detector.methods_text
    assert detector.metric
    if detector.rule is not None:
        assert detector.rule.is_applicable == (detector.rule.why_not is None)
