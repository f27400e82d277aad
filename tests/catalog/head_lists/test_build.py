"""Which heads are on a list by which rule, and the shapes in which tools read it."""

import json
from typing import Any

import pytest

from catalog.errors import InvalidQueryError
from catalog.head_lists.build import Claim, build_head_list
from catalog.head_lists.convert import Conversion, Shape, convert, unit_to_read
from catalog.head_lists.shapes import duo_attention_tsv, retrieval_head_json
from catalog.notation import HeadRef
from catalog.vocabulary import HeadListBasis, Polarity, Status, Unit, Verdict

# 2 layers of 4 query heads in 2 groups: heads 0 and 1 are group 0, heads 2 and 3 are group 1.
SHAPE = Shape(2, 4, 2)


def claim(accession: str, head: str, **changes: Any) -> Claim:
    values = {
        "polarity": Polarity.IS,
        "status": Status.PUBLISHED,
        "paper": "a-paper",
        "source_kind": "paper_text",
        "metric": None,
        "value": None,
        "verdict": None,
        "grade": None,
    }
    return Claim(accession=f"{accession}.v1", head=HeadRef.parse(head), **(values | changes))


CLAIMS = [
    claim("AHF-000001", "L1H3", metric="mass", value=0.5, verdict=Verdict.REPRODUCED, grade=2),
    claim("AHF-000002", "L0H0", metric="mass", value=0.25, verdict=Verdict.NOT_REPRODUCED, grade=0),
    claim("AHF-000003", "L0H1"),
    claim("AHF-000004", "L1H2", metric="rank", value=3.0, verdict=Verdict.INCONCLUSIVE),
    claim("AHF-000005", "L1H0"),
    claim("AHF-000006", "L1H0", polarity=Polarity.IS_NOT, metric="mass", value=0.0),
    claim("AHF-000007", "L1H1", polarity=Polarity.IS_NOT),
    claim("AHF-000008", "L0H2", status=Status.WITHDRAWN),
]


def names(heads: list[dict[str, Any]]) -> list[str]:
    return [head["name"] for head in heads]


@pytest.mark.parametrize(
    ("basis", "listed"),
    [
        (HeadListBasis.CLAIMED, ["L0H0", "L0H1", "L1H0", "L1H2", "L1H3"]),
        (HeadListBasis.UNDISPUTED, ["L0H1", "L1H2", "L1H3"]),
        (HeadListBasis.REPRODUCED, ["L1H3"]),
    ],
)
def test_each_rule_lists_its_heads_and_says_why_it_leaves_out_the_others(
    basis: HeadListBasis, listed: list[str]
) -> None:
    built = build_head_list(CLAIMS, basis)
    assert names(built["heads"]) == listed
    # Every head that a standing claim speaks of is in one of the two; a withdrawn claim speaks of none.
    every = ["L0H0", "L0H1", "L1H0", "L1H1", "L1H2", "L1H3"]
    assert sorted(names(built["heads"]) + names(built["left_out"])) == every
    assert all(each["reason"].endswith(".") for each in built["left_out"])


def test_reasons_name_the_claims_that_they_rest_on() -> None:
    left_out = build_head_list(CLAIMS, HeadListBasis.REPRODUCED)["left_out"]
    assert {each["name"]: each["reason"] for each in left_out} == {
        "L0H0": "The latest re-run of AHF-000002.v1 did not reproduce it.",
        "L0H1": "Nobody re-ran the claim here.",
        "L1H0": "AHF-000006.v1 denies it.",
        "L1H1": "No source claims it; AHF-000007.v1 denies it.",
        "L1H2": "The latest verdict is inconclusive.",
    }


def test_order_of_the_claims_does_not_matter() -> None:
    for basis in HeadListBasis:
        assert build_head_list(CLAIMS, basis) == build_head_list(CLAIMS[::-1], basis)


def test_withdrawn_claims_leave_an_empty_list() -> None:
    built = build_head_list([claim("AHF-000001", "L0H0", status=Status.WITHDRAWN)], HeadListBasis.CLAIMED)
    assert (built["heads"], built["left_out"]) == ([], [])


@pytest.mark.parametrize(
    ("rule", "made"),
    [
        # Layer 0 lists heads 0 and 1, all of group 0; layer 1 lists heads 0, 2 and 3: one of group 0, all of group 1.
        (Conversion.GROUP_OF_ANY_HEAD, ["L0H0", "L1H0", "L1H1"]),
        (Conversion.GROUP_OF_ALL_HEADS, ["L0H0", "L1H1"]),
    ],
)
def test_query_heads_become_groups_by_the_rule_that_was_named(rule: Conversion, made: list[str]) -> None:
    heads = build_head_list(CLAIMS, HeadListBasis.CLAIMED)["heads"]
    converted = convert(heads, rule, SHAPE)
    assert names(converted) == made
    last = converted[-1]
    assert last["stands_for"] == ["L1H2", "L1H3"]
    assert [each["accession"] for each in last["claims"]] == ["AHF-000004.v1", "AHF-000001.v1"]


def test_groups_become_all_their_query_heads() -> None:
    heads = build_head_list([claim("AHF-000001", "L1H1")], HeadListBasis.CLAIMED)["heads"]
    assert names(convert(heads, Conversion.HEADS_OF_GROUP, SHAPE)) == ["L1H2", "L1H3"]


def test_groups_of_a_model_whose_groups_are_unknown_are_refused() -> None:
    with pytest.raises(InvalidQueryError, match="is not recorded"):
        convert([], Conversion.GROUP_OF_ANY_HEAD, Shape(2, 4, None))


@pytest.mark.parametrize(
    ("held", "unit", "conversion", "problem"),
    [
        ([Unit.QUERY_HEAD], Unit.KV_GROUP, None, "about query heads.*Name a conversion"),
        ([Unit.KV_GROUP], Unit.QUERY_HEAD, None, "about key-value groups.*heads_of_group"),
        ([Unit.QUERY_HEAD, Unit.KV_GROUP], None, None, "two lists: name a unit"),
        ([Unit.KV_GROUP], None, Conversion.GROUP_OF_ANY_HEAD, "reads a list of query heads"),
        ([Unit.QUERY_HEAD], Unit.QUERY_HEAD, Conversion.GROUP_OF_ANY_HEAD, "makes key-value groups"),
    ],
)
def test_units_are_never_mixed_up(
    held: list[Unit], unit: Unit | None, conversion: Conversion | None, problem: str
) -> None:
    with pytest.raises(InvalidQueryError, match=problem):
        unit_to_read(held, unit, conversion)


def test_unit_is_that_of_the_claims_unless_a_conversion_is_named() -> None:
    assert unit_to_read([Unit.KV_GROUP], None, None) == Unit.KV_GROUP
    assert unit_to_read([Unit.QUERY_HEAD, Unit.KV_GROUP], Unit.KV_GROUP, None) == Unit.KV_GROUP
    assert unit_to_read([Unit.QUERY_HEAD], Unit.KV_GROUP, Conversion.GROUP_OF_ANY_HEAD) == Unit.QUERY_HEAD


def test_retrieval_head_shape_is_read_as_those_tools_do() -> None:
    heads = build_head_list(CLAIMS, HeadListBasis.CLAIMED)["heads"]
    text, without = retrieval_head_json(heads, Unit.QUERY_HEAD, "mass")
    scored = [([int(part) for part in key.split("-")], sum(each) / len(each)) for key, each in json.loads(text).items()]
    assert sorted(scored, key=lambda item: -item[1]) == [([1, 3], 0.5), ([0, 0], 0.25)]
    # L1H0 has a mass, measured by the source that denies the claim.
    assert without == ["L0H1", "L1H0", "L1H2"]
    membership, none = retrieval_head_json(heads, Unit.QUERY_HEAD, "membership")
    assert json.loads(membership) == {key: [1.0] for key in ("0-0", "0-1", "1-0", "1-2", "1-3")}
    assert none == []


@pytest.mark.parametrize(
    ("claims", "unit", "score", "problem"),
    [
        (CLAIMS, Unit.QUERY_HEAD, None, "these claims carry mass, rank"),
        (CLAIMS, Unit.QUERY_HEAD, "mas", "these claims carry mass, rank"),
        (CLAIMS[2:3], Unit.QUERY_HEAD, None, "these claims carry no numbers, and score=membership"),
        (CLAIMS, Unit.KV_GROUP, "mass", "this is a list of key-value groups"),
    ],
)
def test_numbers_that_are_not_settled_are_refused(
    claims: list[Claim], unit: Unit, score: str | None, problem: str
) -> None:
    heads = build_head_list(claims, HeadListBasis.CLAIMED)["heads"]
    with pytest.raises(InvalidQueryError, match=problem):
        retrieval_head_json(heads, unit, score)


def test_one_metric_needs_no_naming() -> None:
    heads = build_head_list(CLAIMS[:2], HeadListBasis.CLAIMED)["heads"]
    assert json.loads(retrieval_head_json(heads, Unit.QUERY_HEAD, None)[0]) == {"0-0": [0.25], "1-3": [0.5]}


def test_duo_attention_shape_has_a_line_for_each_layer_and_a_column_for_each_group() -> None:
    heads = build_head_list([claim("AHF-000001", "L1H1")], HeadListBasis.CLAIMED)["heads"]
    assert duo_attention_tsv(heads, Unit.KV_GROUP, SHAPE) == "0\t0\n0\t1\n"
    with pytest.raises(InvalidQueryError, match="a list of query heads; name a conversion"):
        duo_attention_tsv(heads, Unit.QUERY_HEAD, SHAPE)
