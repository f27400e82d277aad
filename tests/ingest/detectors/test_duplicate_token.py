import pytest
import torch

from ingest.detectors.duplicate_token import duplicate_token
from ingest.errors import NoTargetError
from tests import planted
from tests.ingest.masks import as_batch, as_mask, scores

TOKENS = planted.repeated_tokens(12)


def test_the_planted_head_scores_one_and_no_decoy_comes_near() -> None:
    kinds = (
        planted.duplicate_token,
        planted.uniform,
        planted.attention_sink,
        planted.current_token,
        planted.induction,
        planted.previous_token,
    )
    batch = as_batch(TOKENS)
    found = scores(planted.as_heads(TOKENS, *kinds), duplicate_token.targets(batch), batch)
    # Uniform attention, the second copies at positions 13 … 24: mean of 1 / (pos + 1) = (H(25) − H(13)) / 12 = 0.0530.
    assert found.tolist() == pytest.approx([1.0, 0.0530, 0.0, 0.0, 0.0, 0.0], abs=1e-4)


def test_all_earlier_copies_count_and_the_token_itself_does_not() -> None:
    batch = as_batch(torch.tensor([[0, 7, 8, 7, 7]]))
    mask = as_mask(duplicate_token.targets(batch), batch)[0]
    assert mask.nonzero().tolist() == [[3, 1], [4, 1], [4, 3]]


def test_prompts_without_repetition_are_refused() -> None:
    with pytest.raises(NoTargetError, match="repeats"):
        duplicate_token.targets(as_batch(torch.tensor([[0, 7, 8, 9]])))
