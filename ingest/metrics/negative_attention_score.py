"""Negative attention score: the logarithm of No over Yes, weighed by both masses and summed over queries."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ingest.measure import Measurement

LEAST_MASS = torch.finfo(torch.float32).tiny
"""What a smaller mass counts as, about 1e-38.

The logarithm of 0 has no value, and float32 rounds to 0 what is smaller than this: a head without any mass on one word
has a logarithm of 87 and not of infinity, and a layer whose window shows neither word adds nothing.
"""


def log_ratio_sum(yes: Sequence[Measurement], no: Sequence[Measurement]) -> Measurement:
    """The score of each prompt, in nats weighed by mass; positive where No has more.

    Args:
        yes: Mass on Yes, one measurement for each place of a query; those at which a prompt has no query add nothing.
        no: Mass on No, at the same places.
    """
    counts = torch.stack([each.n_counted for each in no])  # [place, batch]
    mass = _sum([each.mass for each in yes], [each.mass for each in no], counts)
    chance = _sum([each.chance for each in yes], [each.chance for each in no], counts)
    return Measurement(mass, counts.sum(dim=0), chance)


def _sum(
    yes: Sequence[Float[Tensor, "*head batch"]],
    no: Sequence[Float[Tensor, "*head batch"]],
    counts: Int[Tensor, "place batch"],
) -> Float[Tensor, "*head batch"]:
    on_yes, on_no = (torch.stack(list(each)).clamp(min=LEAST_MASS) for each in (yes, no))  # [place, *head, batch]
    terms = (on_yes + on_no) * (on_no.log() - on_yes.log())
    is_counted = (counts > 0).reshape(len(counts), *[1] * (terms.ndim - 2), -1)
    return torch.where(is_counted, terms, 0.0).sum(dim=0)
