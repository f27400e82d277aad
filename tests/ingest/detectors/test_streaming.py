import pytest
import torch

from ingest.detectors.streaming import streaming
from ingest.errors import NoTargetError
from tests import planted
from tests.ingest.masks import as_batch, as_mask, scores

TOKENS = planted.random_tokens(40)


def test_sinks_and_local_heads_score_one_and_heads_that_read_in_between_do_not() -> None:
    def half_and_half(tokens: torch.Tensor) -> torch.Tensor:
        return (planted.attention_sink(tokens) + planted.current_token(tokens)) / 2

    kinds = (
        planted.attention_sink,
        planted.previous_token,
        half_and_half,
        planted.uniform,
        lambda tokens: planted.at_offset(tokens, 8),
    )
    batch = as_batch(TOKENS)
    found = scores(planted.as_heads(TOKENS, *kinds), streaming.targets(batch), batch)
    # Uniform attention over 41 positions, queries 12 … 40: mean of 12 / (pos + 1) = 12 (H(41) − H(12)) / 29 = 0.4964.
    # Eight back is one further than the window; for query 12 to 40 it never lies among the first four.
    assert found.tolist() == pytest.approx([1.0, 1.0, 1.0, 0.4964, 0.0], abs=1e-4)


def test_the_window_and_the_first_four_never_meet() -> None:
    batch = as_batch(TOKENS)
    mask = as_mask(streaming.targets(batch), batch)[0]
    assert mask[12].nonzero().flatten().tolist() == [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12]
    assert not mask[:12].any()


def test_prompts_that_fit_into_the_cache_are_refused_with_the_length() -> None:
    with pytest.raises(NoTargetError, match="prompts of 12 tokens hold nothing else, use 13"):
        streaming.targets(as_batch(TOKENS[:, :12]))
