import pytest
import torch

from ingest.detectors.local import local, recent_window
from ingest.errors import NoTargetError
from tests import planted
from tests.ingest.masks import as_batch, as_mask, scores

TOKENS = planted.random_tokens(20)


def in_band(tokens: torch.Tensor) -> torch.Tensor:
    return planted.spread(planted.visible(tokens).triu(-2))


def test_the_planted_head_scores_one_and_no_decoy_comes_near() -> None:
    kinds = (
        in_band,
        planted.previous_token,
        planted.current_token,
        planted.uniform,
        planted.attention_sink,
        lambda tokens: planted.at_offset(tokens, 3),
    )
    batch = as_batch(TOKENS)
    found = scores(planted.as_heads(TOKENS, *kinds), local.targets(batch), batch)
    # Previous-token and current-token heads are local heads. Uniform attention over 21 positions, queries 3 … 20: mean
    # of 3 / (pos + 1) = 3 (H(21) − H(3)) / 18 = 0.3020.
    assert found.tolist() == pytest.approx([1.0, 1.0, 1.0, 0.3020, 0.0, 0.0], abs=1e-4)


def test_the_band_never_reaches_the_first_token() -> None:
    batch = as_batch(TOKENS)
    mask = as_mask(local.targets(batch), batch)[0]
    assert not mask[:, 0].any()
    assert mask[3].nonzero().flatten().tolist() == [1, 2, 3]


def test_of_long_prompts_sixty_four_queries_count() -> None:
    assert local.targets(as_batch(planted.random_tokens(300))).is_counted.sum(dim=-1).tolist() == [64, 64]


def test_prompts_within_the_band_are_refused_with_the_length() -> None:
    with pytest.raises(NoTargetError, match="prompts of 4 tokens or more, not of 3"):
        local.targets(as_batch(TOKENS[:, :3]))


def test_the_wider_definition_takes_in_heads_a_few_tokens_back() -> None:
    batch = as_batch(TOKENS)
    kinds = (in_band, lambda tokens: planted.at_offset(tokens, 7), lambda tokens: planted.at_offset(tokens, 8))
    found = scores(planted.as_heads(TOKENS, *kinds), recent_window(batch), batch)
    assert found.tolist() == pytest.approx([1.0, 1.0, 0.0])
    assert not as_mask(recent_window(batch), batch)[:, :, :4].any()
    with pytest.raises(NoTargetError, match="prompts of 13 tokens or more, not of 12"):
        recent_window(as_batch(TOKENS[:, :12]))
