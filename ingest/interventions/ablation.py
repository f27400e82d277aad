"""What takes the place of a head's z when the head is ablated: nothing, its mean, or what it gave on another prompt."""

from enum import StrEnum

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from catalog.vocabulary import AblationKind
from ingest.errors import PromptError


class MeanOver(StrEnum):
    """Over what a mean ablation takes its mean."""

    POSITION = "position"
    """All prompts at the same position, counted from the first real token."""
    ALL = "all"
    """All real tokens of all prompts."""


def ablated_z(
    z: Float[Tensor, "batch pos head d_head"],
    is_real: Bool[Tensor, "batch pos"],
    kind: AblationKind,
    *,
    group: Int[Tensor, " batch"] | None = None,
    mean_over: MeanOver = MeanOver.POSITION,
    seed: int = 0,
) -> Float[Tensor, "batch pos head d_head"]:
    """z of one layer as it is after ablation of every head.

    Args:
        z: What the heads gave.
        is_real: False on padding.
        kind: Zero, mean or resample.
        group: Prompts that may stand for each other, of one template for one; all of them where None.
        mean_over: Of a mean ablation.
        seed: Of a resample ablation: which other prompt of its group stands for each.

    Raises:
        PromptError: A group of one prompt has neither a mean of its own nor another prompt to draw from.
    """
    if kind is AblationKind.ZERO:
        return torch.zeros_like(z)
    group = torch.zeros(len(z), dtype=torch.long) if group is None else group
    _check_groups(group, kind)
    if kind is AblationKind.MEAN:
        return _mean(z, is_real.to(z.device), group.to(z.device), mean_over)
    return _of_others(z, is_real, donors(group, seed))


def donors(group: Int[Tensor, " batch"], seed: int) -> Int[Tensor, " batch"]:
    """For each prompt another one of its group: each group in a random order, every prompt after the one before it."""
    generator = torch.Generator().manual_seed(seed)
    found = torch.empty_like(group)
    for each in torch.unique(group).tolist():
        members = (group == each).nonzero().flatten()
        order = members[torch.randperm(len(members), generator=generator)]
        found[order] = order.roll(1)
    return found


def _check_groups(group: Int[Tensor, " batch"], kind: AblationKind) -> None:
    alone = [int(each) for each, n in zip(*torch.unique(group, return_counts=True), strict=True) if n < 2]
    if alone:
        raise PromptError(
            f"{kind.value.capitalize()} ablation needs at least two prompts of each template, and template "
            f"{alone[0]} has one: ask for more prompts."
        )


def places(is_real: Bool[Tensor, "batch pos"]) -> Int[Tensor, "batch pos"]:
    """Position of each token, counted from the first real one; 0 on padding before it."""
    return (is_real.long().cumsum(dim=1) - 1).clamp(min=0)


def _mean(
    z: Float[Tensor, "batch pos head d_head"],
    is_real: Bool[Tensor, "batch pos"],
    group: Int[Tensor, " batch"],
    mean_over: MeanOver,
) -> Float[Tensor, "batch pos head d_head"]:
    n_pos = z.shape[1]
    place = places(is_real) if mean_over is MeanOver.POSITION else torch.zeros_like(is_real, dtype=torch.long)
    cell = (group[:, None] * n_pos + place)[is_real]
    n_cells = (int(group.max()) + 1) * n_pos
    flat = z[is_real].flatten(1).float()
    sums = flat.new_zeros(n_cells, flat.shape[1]).index_add_(0, cell, flat)
    means = sums / cell.bincount(minlength=n_cells).clamp(min=1)[:, None]
    found = z.clone()
    found[is_real] = means[cell].to(z.dtype).reshape(-1, *z.shape[2:])
    return found


def _of_others(
    z: Float[Tensor, "batch pos head d_head"], is_real: Bool[Tensor, "batch pos"], donor: Int[Tensor, " batch"]
) -> Float[Tensor, "batch pos head d_head"]:
    # Position by position from the first real token on; a donor that is shorter gives its last token for the rest.
    first = is_real.long().argmax(dim=1)
    last = is_real.shape[1] - 1 - is_real.long().flip(1).argmax(dim=1)
    column = torch.minimum(first[donor][:, None] + places(is_real), last[donor][:, None])
    other = z[donor.to(z.device)[:, None], column.to(z.device)]
    return torch.where(is_real.to(z.device)[:, :, None, None], other, z)
