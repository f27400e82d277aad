"""Means over the other prompts of a group."""

import pytest
import torch

from ingest.errors import PromptError
from ingest.interventions.means import mean_of_others


def test_a_prompt_has_no_part_in_its_own_mean() -> None:
    values = torch.tensor([[1.0], [3.0], [8.0], [10.0], [20.0]])
    group = torch.tensor([0, 0, 1, 1, 1])
    # 3 and 1; (10 + 20) / 2, (8 + 20) / 2, (8 + 10) / 2
    assert mean_of_others(values, group)[:, 0].tolist() == [3.0, 1.0, 15.0, 14.0, 9.0]


def test_any_shape_behind_the_prompts_is_kept() -> None:
    values = torch.randn(4, 2, 3, generator=torch.Generator().manual_seed(0))
    found = mean_of_others(values, torch.zeros(4, dtype=torch.long))
    assert torch.allclose(found[2], values[[0, 1, 3]].mean(dim=0), atol=1e-6)


def test_a_prompt_that_is_alone_in_its_group_is_refused() -> None:
    with pytest.raises(PromptError, match="at least two of each kind"):
        mean_of_others(torch.ones(3, 1), torch.tensor([0, 0, 1]))
