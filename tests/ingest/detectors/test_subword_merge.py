import pytest
import torch

from ingest.detectors.subword_merge import subword_merge
from ingest.errors import NoTargetError
from tests import planted
from tests.ingest.masks import as_mask, scores
from tests.ingest.texts import text_batch, where

# BOS, "A", " long", "ish", " word", "," and BOS, " unqu", "esti", "onab", "le", " so".
BATCH = text_batch("A longish word,", "unquestionable s")


def null_of(batch=BATCH):
    return subword_merge.null(subword_merge.targets(batch), batch, torch.Generator())


def test_the_planted_head_scores_one_and_nothing_where_it_should_not() -> None:
    merging = where(BATCH.continues_word, planted.previous_token(BATCH.tokens), planted.attention_sink(BATCH.tokens))
    assert scores(merging[:, None], subword_merge.targets(BATCH), BATCH).item() == pytest.approx(1)
    assert scores(merging[:, None], null_of(), BATCH).item() == pytest.approx(0)


@pytest.mark.parametrize("kind", [planted.previous_token, planted.uniform, planted.current_token])
def test_heads_that_look_a_distance_back_give_first_pieces_as_much(kind) -> None:
    pattern = planted.as_heads(BATCH.tokens, kind)
    found = scores(pattern, subword_merge.targets(BATCH), BATCH).item()
    null = scores(pattern, null_of(), BATCH).item()
    # Previous token 1 and 1; current token 0 and 0; uniform attention depends on the positions alone:
    # 1/4 at position 3 and (1/3 + 1/4 + 1/5) / 3 = 0.2611 against (1/3 + 1/5) / 2 = 0.2667 and 1/6.
    expected = {"previous_token": (1, 1), "current_token": (0, 0), "uniform": (0.2556, 0.2167)}[kind.__name__]
    assert (found, null) == pytest.approx(expected, abs=1e-4)


def test_only_further_pieces_count_and_only_in_prompts_with_first_pieces_to_compare() -> None:
    assert as_mask(subword_merge.targets(BATCH), BATCH).nonzero().tolist() == [
        [0, 3, 2],
        [1, 2, 1],
        [1, 3, 2],
        [1, 4, 3],
    ]
    # In the second prompt the first piece after BOS has no token of the text before it, and " s" has.
    assert as_mask(null_of(), BATCH).nonzero().tolist() == [[0, 2, 1], [0, 4, 3], [1, 5, 4]]
    lonely = text_batch("unquestionable")
    with pytest.raises(NoTargetError, match="several pieces"):
        subword_merge.targets(lonely)


def test_whole_words_are_refused_with_the_numbers() -> None:
    with pytest.raises(NoTargetError, match="None of the 1 prompts of 5 tokens"):
        subword_merge.targets(text_batch("all of us do"))
