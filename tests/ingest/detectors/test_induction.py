import pytest
import torch

from ingest.detectors.induction import induction
from ingest.errors import NoTargetError
from tests import planted
from tests.ingest.masks import as_batch, as_mask, scores

TOKENS = planted.repeated_tokens(12)


def test_the_planted_head_scores_one_and_no_decoy_comes_near() -> None:
    kinds = (
        planted.induction,
        planted.uniform,
        planted.attention_sink,
        planted.current_token,
        planted.duplicate_token,
        planted.previous_token,
    )
    batch = as_batch(TOKENS)
    found = scores(planted.as_heads(TOKENS, *kinds), induction.targets(batch), batch)
    # Uniform attention, the second copies at positions 13 … 24: mean of 1 / (pos + 1) = (H(25) − H(13)) / 12 = 0.0530.
    assert found.tolist() == pytest.approx([1.0, 0.0530, 0.0, 0.0, 0.0, 0.0], abs=1e-4)


def test_only_what_followed_the_latest_copy_counts() -> None:
    batch = as_batch(torch.tensor([[0, 7, 8, 7, 9, 7]]))
    # Position 3 repeats position 1, which 2 follows; position 5 repeats 1 and 3, and 4 follows the later of them.
    assert as_mask(induction.targets(batch), batch)[0].nonzero().tolist() == [[3, 2], [5, 4]]


def test_a_weaker_head_scores_its_share() -> None:
    batch = as_batch(TOKENS)
    pattern = planted.diluted(planted.induction(TOKENS), TOKENS, 0.5)
    # Half its attention, and uniform attention's 0.0530 from the other half.
    assert scores(pattern[:, None], induction.targets(batch), batch).item() == pytest.approx(0.5265, abs=1e-4)


def test_prompts_without_repetition_are_refused() -> None:
    with pytest.raises(NoTargetError, match="repeats"):
        induction.targets(as_batch(torch.tensor([[0, 7, 8, 9]])))
