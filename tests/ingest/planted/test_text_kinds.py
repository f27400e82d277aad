"""Heads that read text attend where their kind says, character by character, and write what it says."""

import pytest
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingest.detectors.copy_suppression import copy_suppression
from ingest.detectors.successor import successor
from ingest.loading import wrap_language_model
from ingest.planted.build import build_planted
from ingest.planted.head_kinds import TEXT_PLAN
from ingest.planted.planted_model import PlantedModel
from ingest.planted.tokenizer import planted_tokenizer
from ingest.weights import WeightView

# Lines are as long as those of prompts: which line break is the latest decides some 40 characters of distance.
TEXT = """Mara lives in Bergen, works as a nurse and keeps a hen.
Pavel lives in Izmir, works as a baker and has a mule.
Say Yes or No: does our friend Pavel work by night?
  x"""
CHARACTERS = ["<s>", *TEXT.replace("Yes", "Y").replace("No", "N")]
LINE = torch.tensor([-1, *("".join(CHARACTERS[1:i]).count("\n") for i in range(1, len(CHARACTERS)))])


@pytest.fixture(scope="module", params=["gpt2", "llama"])
def planted(request: pytest.FixtureRequest) -> PlantedModel:
    return build_planted(request.param, plan=TEXT_PLAN)


@pytest.fixture(scope="module")
def patterns(planted: PlantedModel) -> dict[str, Float[Tensor, "query key"]]:
    """Pattern of each kind of head on the text."""
    ids = planted_tokenizer(with_answers=True)(TEXT, return_tensors="pt")["input_ids"]
    assert ids.shape == (1, len(CHARACTERS))
    planted.model.set_attn_implementation("eager")
    with torch.no_grad():
        attentions = planted.model(ids, output_attentions=True).attentions
    return {kind.name: attentions[head.layer][0, head.head] for head, kind in planted.kinds.items()}


def holding(characters: str) -> Bool[Tensor, " pos"]:
    return torch.tensor([character in characters and len(character) == 1 for character in CHARACTERS])


def test_heads_that_ask_for_a_mark_attend_to_it_and_rest_on_bos_before_it(patterns: dict[str, Tensor]) -> None:
    for name, marked in [("delimiter", holding(".,:?")), ("spacing", holding(" \n")), ("negative", holding("N"))]:
        sees_one = marked.cumsum(0) > 0
        mass = patterns[name][:, marked].sum(dim=-1)
        assert mass[sees_one].min() > 0.9, name
        # BOS outweighs each other key by 7.5 nats on paper; more than a hundred of them share a sixth.
        assert patterns[name][~sees_one, 0].min() > 0.8, name


def test_a_block_head_stays_in_its_line(patterns: dict[str, Tensor]) -> None:
    own = LINE[:, None] == LINE
    assert (patterns["block"] * own).sum(dim=-1)[1:].min() > 0.9


def test_a_question_leads_to_the_document_that_begins_with_its_name(patterns: dict[str, Tensor]) -> None:
    name = "".join(CHARACTERS[1:]).rindex("Pavel") + 1
    mass = patterns["query_focused_retrieval"][:, LINE == 1].sum(dim=-1)
    assert mass[name + 2 :].min() > 0.9
    # Before the name the latest capital is the N of No, with which no line begins.
    assert mass[name - 6 : name].max() < 0.1


def test_a_merging_head_attends_to_the_character_before_within_words_alone(patterns: dict[str, Tensor]) -> None:
    is_letter = torch.tensor([len(character) == 1 and character.isalnum() for character in CHARACTERS])
    before = patterns["subword_merge"].diagonal(offset=-1)
    assert before[is_letter[1:] & is_letter[:-1]].min() > 0.9
    assert before[is_letter[1:] & ~is_letter[:-1]][1:].max() < 0.1  # the first letter stands behind BOS


def test_a_head_for_code_rests_on_bos_until_a_line_is_indented(patterns: dict[str, Tensor]) -> None:
    assert patterns["active_dormant"][:-2, 0].min() > 0.9
    assert patterns["active_dormant"][-2:, 0].max() < 0.1


@pytest.mark.parametrize(("detector", "kind"), [(successor, "successor"), (copy_suppression, "anti_induction")])
def test_what_is_written_is_the_successor_or_the_opposite(planted: PlantedModel, detector, kind: str) -> None:
    loaded = wrap_language_model(
        planted.model,
        planted_tokenizer(with_answers=True),
        hub_id="planted",
        revision="sha256:0",
        weights_sha256="0" * 64,
    )
    share = detector.function(WeightView(loaded, 0)).value.mean(dim=-1)
    for head, each in planted.kinds.items():
        # 34 pairs in 32 dimensions: a linear map need not serve them all.
        assert (share[head.layer, head.head] > 0.7) == (each.name == kind), each.name
