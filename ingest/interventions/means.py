"""Means that a prompt has no part in: what the same head did on other prompts of the same kind."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ingest.errors import PromptError


def mean_of_others(values: Float[Tensor, "batch *rest"], group: Int[Tensor, " batch"]) -> Float[Tensor, "batch *rest"]:
    """For each prompt the mean over the other prompts of its group.

    Raises:
        PromptError: A prompt is alone in its group.
    """
    members = torch.nn.functional.one_hot(group).to(values)  # [batch, group]
    n_others = members.sum(dim=0)[group] - 1
    if bool((n_others < 1).any()):
        raise PromptError(
            "A mean over other prompts needs at least two of each kind, and one kind has a single prompt: ask for more "
            "prompts."
        )
    flat = values.flatten(1)
    sums = members @ (members.T @ flat) - flat
    return (sums / n_others[:, None]).reshape(values.shape)
