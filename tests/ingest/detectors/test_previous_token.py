import pytest
import torch

from ingest.detectors.previous_token import previous_token
from ingest.prompts.batch import PromptBatch
from tests import planted
from tests.ingest.masks import as_batch, scores

TOKENS = planted.random_tokens(20)


def test_the_planted_head_scores_one_and_no_decoy_comes_near() -> None:
    kinds = (
        planted.previous_token,
        planted.uniform,
        planted.attention_sink,
        planted.current_token,
        lambda tokens: planted.at_offset(tokens, 2),
    )
    batch = as_batch(TOKENS)
    found = scores(planted.as_heads(TOKENS, *kinds), previous_token.targets(batch), batch)
    # Uniform attention over 21 positions, queries 2 … 20: mean of 1 / (pos + 1) = (H(21) − 1.5) / 19 = 0.1129.
    assert found.tolist() == pytest.approx([1.0, 0.1129, 0.0, 0.0, 0.0], abs=1e-4)


def test_the_token_after_bos_does_not_count() -> None:
    targets = previous_token.targets(as_batch(TOKENS))
    assert targets.keys[0, :4, 0].tolist() == [-1, -1, 1, 2]


def test_without_bos_only_the_first_token_does_not_count() -> None:
    targets = previous_token.targets(as_batch(TOKENS, has_bos=False))
    assert targets.keys[0, :4, 0].tolist() == [-1, 0, 1, 2]


def test_padding_on_the_left_is_no_previous_token() -> None:
    is_real = torch.tensor([[False, False, True, True, True]])
    batch = PromptBatch(torch.tensor([[9, 9, 0, 5, 6]]), is_real, has_bos=True)
    assert previous_token.targets(batch).keys[0, :, 0].tolist() == [-1, -1, -1, -1, 3]
