import pytest
import torch

from ingest.detectors.semantic_induction import attention_to_head_word, semantic_induction
from ingest.errors import NoTargetError
from ingest.measure import NO_KEY
from ingest.prompts.related_words import make
from ingest.prompts.word_pairs import word_pairs
from ingest.registry import select
from ingest.scan import scan
from ingest.scan_result import ScanOptions
from tests.ingest.toy_tokenizer import text_vocabulary
from tests.ingest.word_models import make_word_model

CAPITALS = dict(word_pairs("country_capital"))
FRAME = ["The", "capital", "of", "is", "She", "flew", "to", "and", "landed", "in", "In", "most", "roads", "lead"]
WORDS = list(dict.fromkeys([*CAPITALS, *CAPITALS.values(), *FRAME]))


def test_a_head_that_maps_countries_to_capitals_is_found_and_no_other() -> None:
    # Uniform attention: each of the heads hands on all words seen, and the first turns countries into capitals. One
    # that raises one capital whatever the country, and one that lowers the capital, carry out no relation.
    any_capital = dict.fromkeys(CAPITALS, "Paris")
    loaded = make_word_model(WORDS, [(CAPITALS, 1), (any_capital, 1), (CAPITALS, -1), ({}, 0)])
    result = scan(loaded, select(["semantic_induction"]), ScanOptions(n_prompts=12, length=30))
    (found,) = result.detectors
    assert found.scores is not None
    # Asked for is the capital of one of at most five countries seen, all of which are raised; the best get all.
    assert found.scores.score[0, 0] > 0.97
    assert found.scores.score[0, 2] < 0.03
    assert found.scores.score[0, 3] == 0.5
    assert [str(head) for head in result.positive(found) or ()] == ["L0H0"]


def test_the_query_is_asked_for_the_related_word_and_looks_at_the_word_before() -> None:
    batch = make(text_vocabulary(), 4, 40, 0)
    targets = semantic_induction.targets(batch)
    attended = attention_to_head_word(batch)
    assert torch.equal(targets.is_counted, attended.is_counted)
    for prompt, query in targets.is_counted.nonzero().tolist():
        if query + 1 < batch.tokens.shape[1]:
            assert targets.token[prompt, query] == batch.tokens[prompt, query + 1]
        assert NO_KEY < attended.keys[prompt, query, 0] <= query


def test_prompts_too_short_for_a_sentence_are_refused() -> None:
    batch = make(text_vocabulary(), 4, 40, 0)
    nothing = torch.zeros_like(batch.is_asked)
    cut = type(batch)(batch.tokens, batch.is_real, batch.has_bos, nothing, batch.head_word, batch.tail, batch.tail)
    with pytest.raises(NoTargetError, match="no whole sentence"):
        semantic_induction.targets(cut)
