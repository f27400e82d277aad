import pytest

from ingest.detectors.relation_operation import relation_operation, suppressed
from ingest.errors import NoTargetError
from ingest.prompts.word_pairs import word_pairs
from ingest.registry import select
from ingest.scan import scan
from ingest.scan_result import ScanOptions
from ingest.weights import WeightView
from tests.ingest.word_models import make_word_model

CAPITALS, PLURALS = dict(word_pairs("country_capital")), dict(word_pairs("noun_plural"))
WORDS = list(dict.fromkeys([*CAPITALS, *CAPITALS.values(), *PLURALS, *PLURALS.values()]))
ANY_CAPITAL = dict.fromkeys(CAPITALS, "Paris")


def test_each_head_carries_out_its_own_relation() -> None:
    loaded = make_word_model(WORDS, [(CAPITALS, 1), (PLURALS, 1), (CAPITALS, -1), (ANY_CAPITAL, 1)])
    found = relation_operation.function(WeightView(loaded))
    assert set(found) == {"country_capital", "noun_plural"}
    assert found["country_capital"].value.mean(dim=-1)[0].tolist() == pytest.approx([1, 0, 0, 1 / len(CAPITALS)])
    assert found["noun_plural"].value.mean(dim=-1)[0].tolist() == pytest.approx([0, 1, 0, 0])
    assert found["country_capital"].chance[0].item() == pytest.approx(10 / (len(WORDS) + 2))
    assert found["country_capital"].null[0, 0].max() == 0


def test_with_the_sign_turned_the_head_that_lowers_the_target_is_found() -> None:
    loaded = make_word_model(WORDS, [(CAPITALS, 1), (PLURALS, 1), (CAPITALS, -1), ({}, 0)])
    found = suppressed(WeightView(loaded))["country_capital"]
    assert found.value.mean(dim=-1)[0].tolist() == [0, 0, 1, 0]


def test_a_scan_names_the_relation_of_each_head_and_finds_no_other() -> None:
    loaded = make_word_model(WORDS, [(CAPITALS, 1), (PLURALS, 1), (CAPITALS, -1), (ANY_CAPITAL, 1)])
    result = scan(loaded, select(["relation_operation"]), ScanOptions(n_prompts=4, length=8))
    (found,) = result.detectors
    assert found.scores is not None
    assert found.scores.reading is not None
    assert found.scores.reading[0][:2] == ["country_capital", "noun_plural"]
    assert [str(head) for head in result.positive(found) or ()] == ["L0H0", "L0H1"]
    suppression = found.definitions["relation_suppression_bottom10"].scores
    assert suppression is not None
    assert suppression.score[0].tolist() == pytest.approx([0, 0, 1, 0], abs=0.05)


def test_too_few_pairs_are_refused_with_numbers() -> None:
    few = make_word_model(["France", "Paris", "Italy", "Rome"], [({}, 0)])
    with pytest.raises(NoTargetError, match=r"None of \d+ relations has 30 pairs of single tokens"):
        relation_operation.function(WeightView(few))
