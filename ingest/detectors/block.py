"""Block heads; the rule of the type is in the docstring of the detector."""

import torch
from jaxtyping import Int
from torch import Tensor

from catalog.vocabulary import Tier
from ingest.detector import detector
from ingest.errors import NoTargetError
from ingest.measure import NO_KEY, RelationalTargets, Targets
from ingest.prompts.batch import PromptBatch
from ingest.prompts.segments import SegmentBatch, segments
from ingest.prompts.windows import spread_evenly

FURTHEST = 16
"""Keys further back than this are left out, so that a long segment costs no more than a short one."""


def before_the_segment(targets: Targets, batch: PromptBatch, generator: torch.Generator) -> RelationalTargets:
    """As many keys back, from the first token of a segment, where all of them lie outside it.

    Each first token gets the distances of a counted query drawn at random from its prompt, so that inside and outside
    are compared at the same distances.
    """
    assert isinstance(batch, SegmentBatch), "made by segments"
    assert isinstance(targets, RelationalTargets), "each query has its own keys"
    n_keys = (targets.keys != NO_KEY).sum(dim=-1)  # [batch, pos]
    drawn = torch.multinomial((n_keys > 0).double(), n_keys.shape[1], replacement=True, generator=generator)
    reach = n_keys.gather(1, drawn)
    offset, number = _offset(batch), batch.segment
    is_opening = spread_evenly((offset == 0) & (number > 0))
    available = torch.arange(number.shape[1]) - _first(batch)
    return _keys_back(torch.where(is_opening, reach.minimum(available), 0))


def _keys_back(reach: Int[Tensor, "batch pos"]) -> RelationalTargets:
    """The keys 1, 2, … reach positions before each query."""
    distance = torch.arange(1, FURTHEST + 1)
    keys = torch.arange(reach.shape[1])[:, None] - distance
    return RelationalTargets(torch.where(distance <= reach[..., None], keys, NO_KEY))


def _offset(batch: SegmentBatch) -> Int[Tensor, "batch pos"]:
    """Tokens of the same segment before each token."""
    position = torch.arange(batch.segment.shape[1]).expand_as(batch.segment)
    is_first = torch.ones_like(batch.is_real)
    is_first[:, 1:] = batch.segment[:, 1:] != batch.segment[:, :-1]
    start = torch.where(is_first, position, 0).cummax(dim=1).values
    return position - start


def _first(batch: SegmentBatch) -> Int[Tensor, "batch 1"]:
    """First position of the first segment."""
    return (batch.segment == 0).long().argmax(dim=1, keepdim=True)


@detector(
    version=2,
    tier=Tier.V1,
    metric="segment_mass",
    paper="2101.09115",
    prompts=segments,
    null=before_the_segment,
    no_behaviour="No causal arm: its source describes where such heads look and names no function of the output.",
)
def block(batch: SegmentBatch) -> RelationalTargets:
    """Attention to the earlier tokens of the query's own segment, here a sentence on a line of its own.

    The query itself and keys more than sixteen back are no targets. Tokens that open a segment have no target and do
    not count; of the others 64 of each prompt do, at even distances.

    A head that attends nearby stays within its segment most of the time. The null model is therefore attention at the
    same distances from tokens that open a segment, where those keys lie in other segments: a block head gives its own
    segment more than that, a local head does not.

    Returns:
        For each counted query the earlier tokens of its segment. Uniform attention scores the mean of their number
        over pos + 1.

    Raises:
        NoTargetError: No segment has two tokens.

    Source:
        Pande et al. 2021, arXiv:2101.09115, block heads of BERT: attention within one sentence of a pair, against its
        share of the positions (p < 0.05). A decoder sees the part of the segment before the query, and the prompts
        hold several sentences instead of two. No line on the mass itself is drawn.
    """
    reach = torch.where(batch.segment >= 0, _offset(batch), 0).clamp(max=FURTHEST)
    if not (reach > 0).any():
        raise NoTargetError("Every segment of the prompts is a single token: use longer prompts.")
    return _keys_back(torch.where(spread_evenly(reach > 0), reach, 0))
