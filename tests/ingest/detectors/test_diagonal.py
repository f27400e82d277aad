import pytest
import torch

from ingest.baselines import neighbouring_keys
from ingest.detectors.diagonal import diagonal
from ingest.errors import NoTargetError
from tests import planted
from tests.ingest.masks import as_batch, scores

TOKENS = planted.random_tokens(20)


def test_the_planted_head_scores_one_and_no_decoy_comes_near() -> None:
    kinds = (
        planted.current_token,
        planted.uniform,
        planted.attention_sink,
        planted.previous_token,
        planted.duplicate_token,
    )
    batch = as_batch(TOKENS)
    found = scores(planted.as_heads(TOKENS, *kinds), diagonal.targets(batch), batch)
    # Uniform attention over 21 positions, queries 2 … 20: mean of 1 / (pos + 1) = (H(21) − 1.5) / 19 = 0.1129.
    assert found.tolist() == pytest.approx([1.0, 0.1129, 0.0, 0.0, 0.0], abs=1e-4)


def test_a_head_that_attends_nearby_gives_the_token_before_nearly_as_much() -> None:
    # Attention that falls to 0.7 of itself from key to key: the null model, the key before, gets 0.7 of the diagonal.
    batch = as_batch(TOKENS)
    distance = torch.arange(21)[:, None] - torch.arange(21)[None]
    local = torch.where(distance >= 0, 0.7**distance, 0.0)
    local = (local / local.sum(dim=-1, keepdim=True)).expand(2, 1, -1, -1)
    targets = diagonal.targets(batch)
    null = neighbouring_keys(targets, batch, torch.Generator().manual_seed(0))
    assert scores(local, null, batch).item() / scores(local, targets, batch).item() == pytest.approx(0.7)


def test_the_first_two_tokens_do_not_count() -> None:
    assert diagonal.targets(as_batch(TOKENS)).keys[0, :4, 0].tolist() == [-1, -1, 2, 3]
    with pytest.raises(NoTargetError, match="third token"):
        diagonal.targets(as_batch(TOKENS[:, :2]))
