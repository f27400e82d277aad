import pytest
import torch

from ingest.detectors.global_retrieval import global_retrieval
from ingest.errors import NoTargetError
from tests import planted
from tests.ingest.masks import as_batch, as_mask, scores

TWICE = planted.repeated_tokens(10)
TOKENS = torch.cat([TWICE, TWICE[:, 11:], TWICE[:, 11:]], dim=1)
BATCH = as_batch(TOKENS)


def latest_only(tokens: torch.Tensor) -> torch.Tensor:
    return planted.at_offset(tokens, 10)


def test_echo_and_induction_heads_score_one_by_their_own_reading_alone() -> None:
    kinds = (
        planted.duplicate_token,
        planted.induction,
        planted.uniform,
        planted.attention_sink,
        planted.previous_token,
        latest_only,
    )
    pattern = planted.as_heads(TOKENS, *kinds)
    found = {name: scores(pattern, each, BATCH).tolist() for name, each in global_retrieval.targets(BATCH).items()}
    # Uniform attention: positions 11 … 40 have 1, 2 and 3 earlier copies in turn, so the mean of copies / (pos + 1) is
    # (H(21) − H(11) + 2 (H(31) − H(21)) + 3 (H(41) − H(31))) / 30 = 0.0739. In segments of ten, ten back is a copy.
    assert found["echo"] == pytest.approx([1, 0, 0.0739, 0, 0, 1], abs=1e-4)
    assert found["induction"] == pytest.approx([0, 1, 0.0739, 0, 0, 0], abs=1e-4)


def test_all_copies_count_near_and_far() -> None:
    mask = as_mask(global_retrieval.targets(BATCH)["echo"], BATCH)[0]
    assert mask[33].nonzero().flatten().tolist() == [3, 13, 23]


def test_prompts_without_repetition_are_refused() -> None:
    with pytest.raises(NoTargetError, match="repeats"):
        global_retrieval.targets(as_batch(torch.arange(9)[None]))
