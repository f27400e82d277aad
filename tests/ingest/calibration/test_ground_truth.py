"""What planted heads are to each head type agrees with how they were built."""

import pytest
import torch

from ingest.calibration.ground_truth import heads_of, truth_of
from ingest.evidence import Evidence
from ingest.planted.build import build_planted
from ingest.planted.head_kinds import CALIBRATION_PLAN, HEAD_KINDS, TEXT_PLAN
from ingest.planted.planted_model import PlantedModel
from ingest.planted.text_kinds import TEXT_KINDS
from ingest.registry import load_detectors

PLANTED_TYPES = ("previous_token", "duplicate_token", "induction", "attention_sink", "positional")


@pytest.fixture(scope="module")
def planted() -> PlantedModel:
    return build_planted("llama", seed=0, plan=CALIBRATION_PLAN)


@pytest.mark.parametrize("head_type", PLANTED_TYPES)
def test_planted_types_have_the_heads_that_the_model_names(planted: PlantedModel, head_type: str) -> None:
    truth = truth_of(head_type, Evidence.PATTERN)
    assert truth is not None
    heads = heads_of(truth, planted)
    assert heads.positive == planted.of_type(head_type) != frozenset()
    assert not heads.negative & planted.excused(head_type)
    everything = heads.positive | heads.negative | heads.weak | planted.excused(head_type)
    assert everything == planted.kinds.keys()


@pytest.mark.parametrize("name", sorted({kind.head_type for kind in TEXT_KINDS if kind.head_type is not None}))
def test_heads_planted_in_text_are_what_their_detector_must_find(name: str) -> None:
    truth = truth_of(name, load_detectors()[name].evidence)
    assert truth is not None
    assert truth.positive == {name}
    assert name in {kind for layer in TEXT_PLAN for kind in layer}


@pytest.mark.parametrize("name", load_detectors())
def test_no_head_is_two_things_to_one_type(name: str) -> None:
    truth = truth_of(name, load_detectors()[name].evidence)
    if truth is not None:
        assert not truth.positive & truth.negative
        assert not truth.weak & (truth.positive | truth.negative)
        assert truth.positive | truth.negative | truth.weak <= HEAD_KINDS.keys()


def test_the_weak_head_is_set_apart(planted: PlantedModel) -> None:
    truth = truth_of("previous_token", Evidence.PATTERN)
    assert truth is not None
    (weak,) = heads_of(truth, planted).weak
    assert planted.kinds[weak].name == "weak_previous_token"


def test_nothing_is_claimed_of_weights_that_nobody_thought_through() -> None:
    assert truth_of("relation_operation", Evidence.WEIGHTS) is None


def test_heads_that_match_tokens_are_excused_from_types_about_tokens(planted: PlantedModel) -> None:
    truth = truth_of("spacing", Evidence.PATTERN)
    assert truth is not None
    heads = heads_of(truth, planted)
    assert heads.positive == frozenset()
    assert not heads.negative & (planted.of_type("induction") | planted.of_type("duplicate_token"))


def test_heads_blind_to_tokens_attend_alike_whatever_the_tokens(planted: PlantedModel) -> None:
    truth = truth_of("spacing", Evidence.PATTERN)
    assert truth is not None
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(2, 130, (2, 24), generator=generator)
    tokens[:, 0] = 0  # BOS
    planted.model.set_attn_implementation("eager")
    with torch.no_grad():
        patterns = planted.model(tokens, output_attentions=True).attentions
    blind = heads_of(truth, planted).negative
    differences = {
        head: (patterns[head.layer][0, head.head] - patterns[head.layer][1, head.head]).abs().max().item()
        for head in planted.kinds
    }
    assert max(differences[head] for head in blind) < 0.1  # the errors of the weights
    # The others do look at tokens: the claim above is not true of any head.
    assert max(differences[head] for head in planted.of_type("induction")) > 0.2
