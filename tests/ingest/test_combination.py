"""Detectors whose score is made from several masses: what is measured goes through `combine`, the null model too."""

from collections.abc import Mapping
from dataclasses import replace

from catalog.vocabulary import Tier
from ingest.detector import Definition, Detector, detector
from ingest.detectors.previous_token import previous_token
from ingest.measure import Measurement, RelationalTargets, previous_positions
from ingest.prompt_pass import run_pass
from ingest.prompts.batch import PromptBatch, Vocabulary
from ingest.prompts.random_tokens import random_tokens
from ingest.scan_result import ScanOptions
from tests.ingest.tiny_models import make_tiny

VOCABULARY = Vocabulary(97, None, frozenset({0}))


def near(batch: PromptBatch) -> Mapping[str, RelationalTargets]:
    n_prompts, n_pos = batch.tokens.shape
    return {
        name: RelationalTargets(previous_positions(n_pos, offset).expand(n_prompts, n_pos).unsqueeze(-1))
        for name, offset in (("one", 1), ("itself", 0))
    }


def halved_sum(measured: Mapping[str, Measurement]) -> Mapping[str, Measurement]:
    one, itself = measured["one"], measured["itself"]
    return {
        "half": Measurement((one.mass + itself.mass) / 2, one.n_counted, (one.chance + itself.chance) / 2),
    }


def scored(detector: Detector, *, with_statistics: bool = True):
    batch = detector.prompts.make(VOCABULARY, 4, 20, 0)
    options = ScanOptions(n_prompts=4, length=20, with_statistics=with_statistics)
    return run_pass(make_tiny("llama"), batch, [detector], options, 8).results[0]


def test_the_score_is_the_combination_of_the_masses_and_not_a_choice_among_them() -> None:
    apart = replace(previous_token, function=near)
    together = replace(apart, combine=halved_sum)
    singles = [
        scored(replace(apart, function=lambda batch, name=name: near(batch)[name])) for name in ("one", "itself")
    ]
    found = scored(together)
    expected = sum(each.scores.score for each in singles) / 2
    assert abs(found.scores.score - expected).max() < 1e-6
    assert found.scores.reading is None
    assert found.scores.n_prompts == 4
    assert found.scores.statistics is not None
    assert scored(together, with_statistics=False).scores.statistics is None


def test_a_definition_has_its_own_combination_or_none() -> None:
    shared = replace(previous_token, definitions={"a": Definition(near, combine=halved_sum), "b": Definition(near)})
    first, second = shared.as_definitions()
    assert first.combine is halved_sum
    assert second.combine is None


def test_the_decorator_takes_a_combination_and_bare_definitions_share_it() -> None:
    def test_combination(batch: PromptBatch) -> Mapping[str, RelationalTargets]:
        """The same two keys."""
        return near(batch)

    made = detector(
        version=1,
        tier=Tier.V1,
        metric="of_two",
        prompts=random_tokens,
        combine=halved_sum,
        definitions={"again": near},
    )(test_combination)
    assert made.combine is halved_sum
    assert made.as_definitions()[0].combine is halved_sum
