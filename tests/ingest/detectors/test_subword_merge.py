import pytest
import torch

from ingest.detectors.subword_merge import beyond_first_pieces, further_pieces, subword_merge
from ingest.errors import NoTargetError
from ingest.measure import Measurement
from tests import planted
from tests.ingest.masks import as_mask, scores
from tests.ingest.texts import text_batch, where

# BOS, "A", " long", "ish", " word", "," and BOS, "unqu", "esti", "onab", "le", " s".
BATCH = text_batch("A longish word,", "unquestionable s")


def masses(pattern) -> tuple[float, float]:
    """Mean over prompts of the mass from further and from first pieces."""
    found = subword_merge.targets(BATCH)
    further, first = (scores(pattern, found[name], BATCH).item() for name in ("further_pieces", "first_pieces"))
    return further, first


def test_the_planted_head_attends_within_words_and_not_between_them() -> None:
    merging = where(BATCH.continues_word, planted.previous_token(BATCH.tokens), planted.attention_sink(BATCH.tokens))
    assert masses(merging[:, None]) == pytest.approx((1, 0))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (planted.previous_token, (1, 1)),
        (planted.current_token, (0, 0)),
        # 1/4 at position 3 and (1/3 + 1/4 + 1/5) / 3 = 0.2611, against (1/3 + 1/5) / 2 = 0.2667 and 1/6.
        (planted.uniform, (0.2556, 0.2167)),
    ],
)
def test_heads_that_look_a_distance_back_have_both(kind, expected) -> None:
    assert masses(planted.as_heads(BATCH.tokens, kind)) == pytest.approx(expected, abs=1e-4)


def test_the_score_is_the_difference_where_a_prompt_has_both() -> None:
    found = beyond_first_pieces(
        {
            "further_pieces": Measurement(torch.tensor([[[0.9, 0.5]]]), torch.tensor([3, 2]), torch.tensor([0.1, 0.2])),
            "first_pieces": Measurement(torch.tensor([[[0.2, 0.6]]]), torch.tensor([5, 0]), torch.tensor([0.3, 0.1])),
        }
    )["subword_merge"]
    assert found.mass.flatten().tolist() == pytest.approx([0.7, -0.1])
    assert found.n_counted.tolist() == [3, 0]
    assert found.chance.tolist() == pytest.approx([-0.2, 0.1])


def test_pieces_are_told_by_the_text_and_bos_is_no_piece() -> None:
    found = subword_merge.targets(BATCH)
    assert as_mask(found["further_pieces"], BATCH).nonzero().tolist() == [[0, 3, 2], [1, 2, 1], [1, 3, 2], [1, 4, 3]]
    # In the second prompt the first piece after BOS has no token of the text before it, and " s" has.
    assert as_mask(found["first_pieces"], BATCH).nonzero().tolist() == [[0, 2, 1], [0, 4, 3], [1, 5, 4]]
    assert further_pieces(BATCH).keys.equal(found["further_pieces"].keys)


def test_words_without_others_to_compare_and_whole_words_are_refused() -> None:
    with pytest.raises(NoTargetError, match="several pieces"):
        subword_merge.targets(text_batch("unquestionable"))
    with pytest.raises(NoTargetError, match="None of the 1 prompts of 5 tokens"):
        subword_merge.targets(text_batch("all of us do"))
