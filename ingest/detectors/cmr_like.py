"""CMR-like (episodic) heads; the rule of the type is in the docstring of the detector."""

from collections.abc import Mapping

import torch
from jaxtyping import Int
from torch import Tensor

from catalog.vocabulary import Tier
from ingest.detector import PublishedRule, detector
from ingest.errors import NoTargetError
from ingest.measure import NO_KEY, Measurement, RelationalTargets, Targets
from ingest.metrics.copy_continuation import copy_continuation
from ingest.metrics.recall_curves import LAGS, MAX_LAG
from ingest.metrics.recall_fit import recall_distance
from ingest.prompts.batch import PromptBatch
from ingest.prompts.copies import latest_earlier_copy
from ingest.prompts.repeated_random_tokens import repeated_random_tokens
from ingest.prompts.windows import spread_evenly

# A curve around the copy and one around the middle between two copies, both clear of the query: 2 (5 + 1) tokens.
_SHORTEST_SEGMENT = 2 * (MAX_LAG + 1)

JI_AN = PublishedRule(
    threshold=0.5,
    text="CMR distance (mean squared error over variance) below 0.5, which is a score above 0.5",
    source="Ji-An et al. 2024, arXiv:2405.14992, their script fit_attn_score.py, mse_thres",
)


def around_another_token(targets: Targets, batch: PromptBatch, generator: torch.Generator) -> RelationalTargets:
    """The same lags around a token half a segment away from the copy: a curve that has nothing to do with recall."""
    assert isinstance(targets, RelationalTargets), "each query has one key"
    copy, first = latest_earlier_copy(batch), _first(batch)
    half = (torch.arange(batch.tokens.shape[1]) - copy) // 2
    # Backwards where the prompt reaches that far, else forwards, where the segment is long enough by selection.
    shift = torch.where(copy - half - MAX_LAG >= first, -half, half)
    keys = targets.keys.squeeze(-1)
    return RelationalTargets(torch.where(keys == NO_KEY, NO_KEY, keys + shift).unsqueeze(-1))


def fit(measured: Mapping[str, Measurement]) -> Mapping[str, Measurement]:
    """1 − CMR distance of each head's curve in each prompt; 0 where no recall curve describes it."""
    parts = [measured[_name(lag)] for lag in LAGS]
    curves = torch.stack([part.mass for part in parts], dim=-1)  # [layer, head, prompt, lag]
    chance = torch.stack([part.chance for part in parts], dim=-1)
    return {"cmr_like": Measurement(_score(curves), parts[0].n_counted, _score(chance))}


def _score(curves: Tensor) -> Tensor:
    distance = recall_distance(curves.reshape(-1, len(LAGS)).double().numpy())
    return torch.from_numpy(1 - distance).clamp(min=0).float().reshape(curves.shape[:-1])


def _name(lag: int) -> str:
    return f"lag_{lag}"


def _first(batch: PromptBatch) -> Int[Tensor, "batch 1"]:
    """First position that a curve may reach: BOS is no part of a list."""
    return batch.is_first.long().argmax(dim=-1, keepdim=True) + int(batch.has_bos)


@detector(
    version=1,
    tier=Tier.V1,
    metric="cmr_fit",
    paper="2405.14992",
    prompts=repeated_random_tokens,
    rule=JI_AN,
    null=around_another_token,
    combine=fit,
    behaviour=copy_continuation,
)
def cmr_like(batch: PromptBatch) -> dict[str, RelationalTargets]:
    """How well attention by lag around the earlier copy of a token follows a curve of human free recall.

    The mass on the keys five before to five after the latest earlier copy of the query's token makes a curve, which is
    compared with the recall curves of the context-maintenance-and-retrieval model (`metrics/recall_curves.py`). The
    CMR distance is the mean squared error of the best of them, both stretched to one height, divided by the variance
    of the attention curve; the score is 1 minus that distance, and 0 where the distance is 1 or more.

    Stretching takes out how much attention the curve holds: a head with next to none of it there can be CMR-like, as
    in the paper. Induction heads (a peak at lag 1) and duplicate-token heads (at lag 0) are CMR-like; both are corners
    of the model. Queries count whose eleven keys lie clear of BOS and of the query, at most 64 in a prompt.

    Causal arm: what the continuation of copies loses when the head is ablated.

    Returns:
        For each lag the key of every counted query. Uniform attention makes a flat curve, which scores 0.

    Raises:
        NoTargetError: No repeated segment is long enough for eleven lags.

    Source:
        Ji-An et al. 2024, arXiv:2405.14992, CMR distance; their scripts est_cmr_crp.py and fit_attn_score.py. They fit
        the curve averaged over prompts; here each prompt is fitted, and the score is the mean. That adds the noise of
        single prompts to the distance, so the line of 0.5 is harder to meet. They ablate the heads of least distance
        together and find less learning in context than without as many random heads: the loss late in a text above that
        early in it. Here the loss is that of copies of random tokens, where learning in context is all there is.
    """
    copy, first = latest_earlier_copy(batch), _first(batch)
    queries = torch.arange(batch.tokens.shape[1])
    reaches = (copy != NO_KEY) & (copy - MAX_LAG >= first)
    is_counted = spread_evenly(batch.is_real & reaches & (queries - copy >= _SHORTEST_SEGMENT))
    if not is_counted.any():
        raise NoTargetError(
            f"A curve of lags up to {MAX_LAG} needs a repeated segment of {_SHORTEST_SEGMENT} tokens or more: use "
            "longer prompts, or a language model with a larger vocabulary."
        )
    return {_name(lag): RelationalTargets(torch.where(is_counted, copy + lag, NO_KEY).unsqueeze(-1)) for lag in LAGS}
