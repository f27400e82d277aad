import pytest
import torch

from ingest.baselines import neighbouring_keys
from ingest.detectors.positional import OFFSETS, positional
from ingest.errors import NoTargetError
from ingest.measure import RelationalTargets
from tests import planted
from tests.ingest.masks import as_batch, scores

TOKENS = planted.random_tokens(40, batch=4)


@pytest.mark.parametrize("offset", OFFSETS)
def test_the_planted_head_scores_one_at_its_own_offset_alone(offset: int) -> None:
    batch = as_batch(TOKENS)
    pattern = planted.as_heads(TOKENS, lambda tokens: planted.at_offset(tokens, offset))
    found = {name: scores(pattern, targets, batch).item() for name, targets in positional.targets(batch).items()}
    assert found == {f"offset_{k}": pytest.approx(float(k == offset)) for k in OFFSETS}


def test_no_decoy_comes_near_at_any_offset() -> None:
    kinds = (planted.uniform, planted.attention_sink, planted.current_token, planted.previous_token)
    batch = as_batch(TOKENS)
    for targets in positional.targets(batch).values():
        found = scores(planted.as_heads(TOKENS, *kinds), targets, batch)
        # Uniform over 41 positions, queries 10 … 40: (H(41) − H(10)) / 31 = 0.0443.
        assert found.tolist() == pytest.approx([0.0443, 0.0, 0.0, 0.0], abs=1e-4)


def test_a_head_that_attends_nearby_gives_neighbouring_offsets_as_much() -> None:
    # Attention that falls to 0.7 of itself from key to key is convex in the distance: neighbours have on average
    # (1 / 0.7 + 0.7) / 2 = 1.064 of what lies between them.
    batch = as_batch(TOKENS)
    distance = torch.arange(41)[:, None] - torch.arange(41)[None]
    local = torch.where(distance >= 0, 0.7**distance, 0.0)
    local = (local / local.sum(dim=-1, keepdim=True)).expand(4, 1, -1, -1)
    for seed, targets in enumerate(positional.targets(batch).values()):
        null = neighbouring_keys(targets, batch, torch.Generator().manual_seed(seed))
        ratio = scores(local, null, batch).item() / scores(local, targets, batch).item()
        # 124 queries draw one neighbour each: 0.364 / √124 = 0.033 is one standard error.
        assert ratio == pytest.approx(1.064, abs=0.1)


def test_prompts_too_short_for_every_offset_are_refused_with_the_length() -> None:
    with pytest.raises(NoTargetError, match="10 tokens are too short for offset 8: use 11"):
        positional.targets(as_batch(torch.arange(10)[None]))
    assert all(isinstance(t, RelationalTargets) for t in positional.targets(as_batch(torch.arange(11)[None])).values())
