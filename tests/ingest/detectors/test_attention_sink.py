import pytest
import torch

from ingest.detectors.attention_sink import attention_sink
from ingest.prompts.batch import PromptBatch
from tests import planted
from tests.ingest.masks import as_batch, scores

TOKENS = planted.random_tokens(63)


def test_the_planted_head_scores_one_and_no_decoy_comes_near() -> None:
    kinds = (planted.attention_sink, planted.uniform, planted.current_token, planted.previous_token)
    batch = as_batch(TOKENS)
    found = scores(planted.as_heads(TOKENS, *kinds), attention_sink.targets(batch), batch)
    # Uniform over 64 positions, queries 1 … 63: (H(64) − 1) / 63 = 0.0594. The previous-token head reaches the first
    # token from the second alone: 1 / 63 = 0.0159.
    assert found.tolist() == pytest.approx([1.0, 0.0594, 0.0, 0.0159], abs=1e-4)


def test_the_sink_is_the_first_real_token() -> None:
    batch = PromptBatch(torch.tensor([[9, 9, 0, 5]]), torch.tensor([[False, False, True, True]]), has_bos=True)
    targets = attention_sink.targets(batch)
    assert targets.is_target.tolist() == [[False, False, True, False]]
    assert targets.is_counted.tolist() == [[False, False, False, True]]
