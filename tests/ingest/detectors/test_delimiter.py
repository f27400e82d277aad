import pytest
import torch

from ingest.detectors.delimiter import delimiter
from ingest.errors import NoTargetError
from tests import planted
from tests.ingest.masks import scores
from tests.ingest.texts import on_keys, text_batch

# BOS "One", ",", " two", ",", " thre", "e", "." : delimiters at 2, 4 and 7.
BATCH = text_batch("One, two, three.")


def test_the_planted_head_scores_one_and_no_decoy_comes_near() -> None:
    targets = delimiter.targets(BATCH)
    kinds = (planted.uniform, planted.attention_sink, planted.current_token)
    pattern = torch.cat([on_keys(BATCH, BATCH.is_delimiter)[:, None], planted.as_heads(BATCH.tokens, *kinds)], dim=1)
    # Queries 3, 5 and 6 see 1 of 4, 2 of 6 and 2 of 7 tokens: (1/4 + 2/6 + 2/7) / 3 = 0.2897.
    assert scores(pattern, targets, BATCH).tolist() == pytest.approx([1, 0.2897, 0, 0], abs=1e-4)


def test_queries_that_are_or_see_no_delimiter_do_not_count() -> None:
    assert delimiter.targets(BATCH).is_counted[0].nonzero().flatten().tolist() == [3, 5, 6]


def test_the_null_is_as_many_keys_beside() -> None:
    targets = delimiter.targets(BATCH)
    null = delimiter.null(targets, BATCH, torch.Generator().manual_seed(0))
    (keys,) = null.is_target
    assert keys.sum() == 3
    assert not (keys & BATCH.is_delimiter[0]).any()
    assert not keys[0]
    # Of the delimiters at 2, 4 and 7 each neighbour but the last token's is free.
    assert set(keys.nonzero().flatten().tolist()) <= {1, 3, 5, 6}
    assert null.is_counted.equal(targets.is_counted)


def test_the_first_token_of_a_prompt_is_a_place_to_rest_and_no_delimiter() -> None:
    batch = text_batch("(a b, c")
    without_bos = type(batch)(**{**vars(batch), "has_bos": False})
    assert not delimiter.targets(without_bos).is_target[:, 0].any()


def test_text_without_punctuation_is_refused() -> None:
    with pytest.raises(NoTargetError, match="no punctuation"):
        delimiter.targets(text_batch("no such thing in here"))
