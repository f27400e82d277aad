import pytest
import torch

from ingest.detectors.block import before_the_segment, block
from ingest.errors import NoTargetError
from ingest.prompts.batch import Vocabulary
from ingest.prompts.segments import SegmentBatch, make
from tests import planted
from tests.ingest.masks import as_mask, scores

BATCH = make(Vocabulary(60, 0, frozenset({0})), 8, 121, seed=0)


def in_own_segment(tokens: torch.Tensor) -> torch.Tensor:
    same = BATCH.segment[:, :, None] == BATCH.segment[:, None, :]
    return planted.spread(same & planted.visible(tokens).tril(-1))


def last_eight(tokens: torch.Tensor) -> torch.Tensor:
    return planted.spread(planted.visible(tokens).triu(-7))


def latest_delimiter(tokens: torch.Tensor) -> torch.Tensor:
    is_end = (tokens == 1)[:, None, :] & planted.visible(tokens).tril(-1)
    last = torch.where(is_end, torch.arange(tokens.shape[1]), 0).amax(dim=-1)
    return torch.nn.functional.one_hot(last, tokens.shape[1]).float()


KINDS = (in_own_segment, planted.previous_token, last_eight, latest_delimiter, planted.attention_sink)
PATTERN = planted.as_heads(BATCH.tokens, *KINDS)
TARGETS = block.targets(BATCH)


def test_block_heads_and_local_heads_attend_within_the_segment_and_others_do_not() -> None:
    found = scores(PATTERN, TARGETS, BATCH).tolist()
    assert found[:2] == pytest.approx([1, 1])
    assert 0.3 < found[2] < 0.8
    assert found[3:] == pytest.approx([0, 0])


def test_across_the_boundary_only_local_heads_attend_as_much() -> None:
    null = before_the_segment(TARGETS, BATCH, torch.Generator().manual_seed(0))
    inside, outside = scores(PATTERN, TARGETS, BATCH), scores(PATTERN, null, BATCH)
    # A block head has nothing of its segment before the first token; the head of the last eight gives equal distances
    # equal mass, wherever the boundary is.
    assert outside[:2].tolist() == pytest.approx([0, 1])
    assert outside[2].item() == pytest.approx(inside[2].item(), abs=0.08)


def test_the_null_model_names_keys_outside_the_segment_at_distances_of_the_targets() -> None:
    null = as_mask(before_the_segment(TARGETS, BATCH, torch.Generator().manual_seed(1)), BATCH)
    prompt, query, key = null.nonzero().T
    assert (BATCH.segment[prompt, query] != BATCH.segment[prompt, key]).all()
    assert (key >= 1).all()
    prompt, query, key = as_mask(TARGETS, BATCH).nonzero().T
    assert (BATCH.segment[prompt, query] == BATCH.segment[prompt, key]).all()
    assert (query - key).min() == 1


def test_long_segments_count_sixteen_keys() -> None:
    segment = torch.tensor([[-1] + [0] * 30 + [1] * 5])
    batch = SegmentBatch(torch.zeros_like(segment), torch.ones_like(segment, dtype=torch.bool), True, segment)
    mask = as_mask(block.targets(batch), batch)[0]
    assert mask[30].nonzero().flatten().tolist() == list(range(14, 30))
    assert mask[31].sum() == 0


def test_segments_of_one_token_are_refused() -> None:
    segment = torch.tensor([[-1, 0, 1, 2]])
    batch = SegmentBatch(torch.zeros_like(segment), torch.ones_like(segment, dtype=torch.bool), True, segment)
    with pytest.raises(NoTargetError, match="single token"):
        block.targets(batch)
