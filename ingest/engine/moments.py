"""Entropy, distance and squared distance of each head's attention, summed over queries, in memory linear in length.

Attention is computed in blocks of queries, once, and each block gives the head's output, its log-sum-exp and the three
sums; so the moments cost a few more looks at a block and no second product with the keys. Distances are summed as they
are, and not expanded into powers of positions: at position 2,000 these are a million times larger than the squared
distance of a previous-token head, and float32 would lose it.

Entropy is that of the attention that keys get, in nats. What a learned sink takes is no key's and adds nothing.
"""

from collections.abc import Iterator, Mapping

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingest.engine.kernels import BLOCK_ELEMENTS, Attended, AttentionCall, block_logits
from ingest.engine.visible import LayerVisibility
from ingest.errors import DetectorDefinitionError, LanguageModelError
from ingest.loaded_model import LoadedModel
from ingest.measure import Measurement, MomentTargets
from ingest.prompts.batch import PromptBatch

# The sums of a moment target, in this order.
SUMS = ("entropy", "distance", "squared_distance")
_BLOCK_QUERIES = 128


class MomentPlan:
    """Sums of moments over the counted queries of some prompts, from one computation of each layer."""

    def __init__(self, targets: Mapping[str, MomentTargets], device: torch.device) -> None:
        self._sets: list[Tensor] = []
        self._set_of: dict[str, int] = {}
        for name, target in targets.items():
            counted = target.is_counted.to(device)
            same = [place for place, known in enumerate(self._sets) if torch.equal(known, counted)]
            self._set_of[name] = same[0] if same else len(self._sets)
            if not same:
                self._sets.append(counted)
        self._counts_all = [bool(counted.all()) for counted in self._sets]

    def attend(self, call: AttentionCall) -> tuple[Attended, dict[str, Float[Tensor, "batch head 3"]]]:
        """Attention of one layer, and the sums of each target."""
        batch, n_heads, n_pos, _ = call.query.shape
        output = call.query.new_empty(batch, n_heads, n_pos, call.value.shape[-1])
        lse = torch.empty(batch, n_heads, n_pos, device=call.query.device)
        sums = lse.new_zeros(len(self._sets), batch, n_heads, len(SUMS))
        key, value = call.key.float(), call.value.float()
        for prompts, rows in _blocks(call):
            columns = slice(0, n_pos) if call.mask is None else call.mask.columns(rows, n_pos)
            logits = block_logits(call, key, rows, columns, prompts)
            log_pattern, lse[prompts, :, rows] = _normalised(logits, call.sinks)
            pattern = log_pattern.exp()
            grouped = pattern.reshape(len(pattern), value.shape[1], -1, pattern.shape[-1])
            block = grouped @ value[prompts, :, columns]
            output[prompts, :, rows] = block.reshape(*pattern.shape[:3], -1)
            weights = _distances(rows, columns, lse.device)
            for place, counted in enumerate(self._sets):
                part = pattern if self._counts_all[place] else pattern * counted[prompts, None, rows, None]
                sums[place, prompts] += _summed(part, log_pattern, weights)
        attended = Attended(output.transpose(1, 2).contiguous(), lse, is_fused=False)
        return attended, {name: sums[place] for name, place in self._set_of.items()}


def _blocks(call: AttentionCall) -> Iterator[tuple[slice, slice]]:
    batch, n_heads, n_pos, _ = call.query.shape
    room = BLOCK_ELEMENTS["cuda" if call.query.is_cuda else "cpu"]
    n_rows = max(1, min(_BLOCK_QUERIES, n_pos, room // (n_heads * n_pos)))
    n_prompts = max(1, min(batch, room // (n_heads * n_rows * n_pos)))
    for first in range(0, batch, n_prompts):
        for start in range(0, n_pos, n_rows):
            yield slice(first, min(first + n_prompts, batch)), slice(start, min(start + n_rows, n_pos))


def _normalised(
    logits: Float[Tensor, "prompt head query key"], sinks: Float[Tensor, " head"] | None
) -> tuple[Float[Tensor, "prompt head query key"], Float[Tensor, "prompt head query"]]:
    """Log of the pattern, and log-sum-exp of the logits."""
    log_pattern = logits.log_softmax(dim=-1)
    # Any key gives the same difference; the largest logit is the one that surely is not hidden.
    best = logits.argmax(dim=-1, keepdim=True)
    lse = (logits.gather(-1, best) - log_pattern.gather(-1, best)).squeeze(-1)
    if sinks is not None:
        with_sink = torch.logaddexp(lse, sinks.float()[:, None])
        log_pattern += (lse - with_sink).unsqueeze(-1)
        lse = with_sink
    return log_pattern, lse


def _distances(rows: slice, columns: slice, device: torch.device) -> Float[Tensor, "pair 2"]:
    """Distance and its square for each pair of a block, row after row."""
    query = torch.arange(rows.start, rows.stop, device=device)[:, None]
    key = torch.arange(columns.start, columns.stop, device=device)
    distance = (query - key).abs().float().reshape(-1)
    return torch.stack([distance, distance.square()], dim=-1)


def _summed(
    pattern: Float[Tensor, "prompt head query key"],
    log_pattern: Float[Tensor, "prompt head query key"],
    weights: Float[Tensor, "pair 2"],
) -> Float[Tensor, "prompt head 3"]:
    flat = pattern.flatten(start_dim=2)
    # A hidden key has a pattern of exactly 0 and a finite logarithm, so it adds 0.
    entropy = -torch.linalg.vecdot(flat, log_pattern.flatten(start_dim=2))
    return torch.cat([entropy.unsqueeze(-1), flat @ weights], dim=-1)


def sums_of_pattern(
    pattern: Float[Tensor, "batch head query key"], is_counted: Bool[Tensor, "batch query"]
) -> Float[Tensor, "batch head 3"]:
    """The same sums, read off a full pattern."""
    counted = pattern * is_counted[:, None, :, None]
    position = torch.arange(pattern.shape[-1], dtype=torch.float32)
    distance = (position[:, None] - position).abs()
    entropy = torch.special.entr(counted).sum(dim=(-1, -2))
    return torch.stack(
        [entropy, (counted * distance).sum(dim=(-1, -2)), (counted * distance.square()).sum(dim=(-1, -2))], dim=-1
    )


def check_moment_targets(targets: Mapping[str, MomentTargets], batch: PromptBatch) -> None:
    """Refuse targets that do not fit the prompts.

    Raises:
        DetectorDefinitionError: Another shape, or a counted query on padding.
    """
    for name, target in targets.items():
        if target.is_counted.shape != batch.tokens.shape:
            raise DetectorDefinitionError(f"{name}: counted queries do not have the prompts' shape.")
        if bool((target.is_counted & ~batch.is_real).any()):
            raise DetectorDefinitionError(f"{name}: a query on padding counts.")


def moment_measurement(
    sums: Float[Tensor, "attending batch head 3"],
    target: MomentTargets,
    loaded: LoadedModel,
    visibility: LayerVisibility,
) -> Measurement:
    """The moment of each prompt, and that of attention spread evenly over what each query sees in its layer.

    Raises:
        LanguageModelError: A sum is not a number, so the language model itself broke down on the prompts.
    """
    counts = target.is_counted.sum(dim=-1)
    if not bool(sums[:, counts > 0].isfinite().all()):
        raise LanguageModelError(
            f"The attention of {loaded.hub_id} is not finite on these prompts in {str(loaded.dtype).split('.')[-1]}; "
            "try float32, and check the weights."
        )
    # 0 / 0 is NaN where no query counts: not measured, which is not the same as 0.
    means = loaded.spread(sums.transpose(1, 2).double() / counts[:, None])
    even = visibility.chance(lambda visible: visible.even_moments(target), loaded)
    return Measurement(_moment(means, target).float(), counts, _moment(even, target).float())


def _moment(means: Float[Tensor, "*head batch 3"], target: MomentTargets) -> Float[Tensor, "*head batch"]:
    if target.moment == "distance_variance":
        return means[..., 2] - means[..., 1].square()
    return means[..., SUMS.index(target.moment)]
