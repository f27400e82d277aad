"""Retrieval on language models that copy by construction, and on models that cannot."""

from functools import cache

import numpy as np
import pytest

from ingest.detectors.retrieval import answer_tokens, retrieval
from ingest.evidence import Evidence
from ingest.loading import wrap_language_model
from ingest.planted.build import build_planted
from ingest.planted.planted_model import PlantedModel, Scheme
from ingest.planted.tokenizer import planted_tokenizer
from ingest.prompts.batch import Vocabulary
from ingest.prompts.needles import make_answered
from ingest.scan import scan
from ingest.scan_result import DetectorResult, ScanOptions, ScanResult
from tests import planted
from tests.ingest.masks import scores
from tests.ingest.tiny_models import make_tiny


@cache
def scanned(scheme: Scheme, seed: int) -> tuple[PlantedModel, ScanResult]:
    built = build_planted(scheme, seed=seed)
    loaded = wrap_language_model(
        built.model, planted_tokenizer(), hub_id="planted", revision="sha256:0", weights_sha256="0" * 64
    )
    return built, scan(loaded, [retrieval], ScanOptions(n_prompts=16, seed=seed, length=120))


def of_kind(built: PlantedModel, result: DetectorResult, kind: str) -> list[float]:
    return [result.scores.score[head.layer, head.head] for head, each in built.kinds.items() if each.name == kind]


@pytest.mark.parametrize("scheme", ["gpt2", "llama"])
def test_the_planted_induction_head_is_the_retrieval_head_and_no_other_is(scheme: Scheme) -> None:
    built, result = scanned(scheme, 0)
    (found,) = result.detectors
    assert found.gate is not None
    assert found.gate.passed
    assert set(result.positive(found)) == built.of_type("induction")
    assert of_kind(built, found, "induction") == [1.0]
    # The silent head looks where the other looks and writes nothing: it is measured and not named.
    assert of_kind(built, found, "silent_induction") == [1.0]
    assert max(of_kind(built, found, "uniform")) == 0
    # One before the place that is written: the needle, and never the right token of it.
    assert of_kind(built, found, "duplicate_token") == [0.0]


def test_every_run_has_a_score_of_its_own() -> None:
    _, result = scanned("llama", 0)
    assert result.detectors[0].scores.n_prompts == 16
    assert result.detectors[0].scores.n_counted == 16 * 8


def test_by_mass_a_head_beside_the_right_token_is_on_the_needle_too() -> None:
    built, result = scanned("llama", 0)
    for metric in ("needle_mass_while_writing", "needle_mass_answer_given"):
        found = result.detectors[0].definitions[metric]
        assert of_kind(built, found, "induction")[0] > 0.9
        # From the second step on it looks at the token just written: seven of eight.
        assert of_kind(built, found, "duplicate_token")[0] == pytest.approx(7 / 8, abs=0.02)
        assert of_kind(built, found, "attention_sink")[0] < 0.05


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_a_language_model_that_cannot_retrieve_has_no_scores_but_a_gate_with_its_numbers(family: str) -> None:
    result = scan(make_tiny(family), [retrieval], ScanOptions(n_prompts=8, length=80))
    found = result.detectors[0]
    for each in (
        found,
        found.definitions["needle_copy_share_all_runs"],
        found.definitions["needle_mass_while_writing"],
    ):
        assert each.scores is None
        assert not each.is_failure
        assert each.gate is not None
        assert not each.gate.passed
        assert each.gate.value < each.gate.required
        assert (
            "of the needles' tokens on average, and more than half of the needle in 0 of 8 runs" in each.absent_reason
        )
    record = result.head_record(found, result.heads[0])
    assert record.score is None
    # With the answer given there is nothing to decode, and nothing to gate.
    assert np.isfinite(found.definitions["needle_mass_answer_given"].scores.score).all()


def test_prompts_that_fill_the_context_leave_no_room_and_say_so() -> None:
    found = scan(make_tiny("gpt2"), [retrieval], ScanOptions(n_prompts=4, length=30)).detectors[0]
    assert found.scores is None
    assert "longer by" in found.absent_reason


def test_with_the_answer_given_the_tokens_that_should_write_the_needle_count() -> None:
    batch = make_answered(Vocabulary(120, 0, frozenset({0})), 6, 90, 0)
    found = scores(
        planted.as_heads(batch.tokens, planted.induction, planted.attention_sink, planted.previous_token),
        answer_tokens(batch),
        batch,
    )
    # Two of the six needles end the haystack, so that the token before the question is theirs: 2 of 6 · 8 queries.
    assert found.tolist() == pytest.approx([1, 0, 2 / 48])


def test_the_english_runs_are_a_definition_with_prompts_and_steps_of_their_own() -> None:
    english = next(each for each in retrieval.as_definitions() if each.metric == "needle_copy_share_english")
    assert english.evidence is Evidence.DECODING
    assert english.prompts.name == "english_needles"
    assert english.n_tokens == 32
