"""The fast engine: mass on targets from queries, keys and log-sum-exp, in one forward pass and linear memory.

mass(i, t) = exp(q_i · k_t · scale − lse_i), so nothing needs the pattern. All targets of a scan share the pass.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from ingest.engine.capture import attention_through, count_captures
from ingest.engine.forward import check_prompts, forward
from ingest.engine.kernels import Attended, AttentionCall, attend
from ingest.engine.mask import KeyMask
from ingest.engine.moments import MomentPlan, check_moment_targets, moment_measurement
from ingest.engine.plan import MassPlan
from ingest.engine.result import EngineResult, collect_measurement
from ingest.engine.targets import check_targets
from ingest.engine.visible import LayerVisibility, VisibleKeys
from ingest.errors import UnsupportedAttentionError
from ingest.loaded_model import LoadedModel
from ingest.measure import AttentionTargets, KeyProperty, MomentTargets, RelationalTargets, Targets
from ingest.prompts.batch import PromptBatch


def measure(
    loaded: LoadedModel,
    batch: PromptBatch,
    targets: Mapping[str, AttentionTargets],
    *,
    batch_size: int = 8,
    after_batch: Callable[[int], None] = lambda n_prompts: None,
) -> EngineResult:
    """Mass on each target, and each moment, for every head and prompt, without any pattern.

    Args:
        loaded: A language model whose attention goes through transformers' attention interface.
        batch: Prompts; padding may be on either side.
        targets: What to measure, by name.
        batch_size: Prompts in one forward pass.
        after_batch: Told after each forward pass how many prompts it read.

    Raises:
        UnsupportedAttentionError: A layer's attention does not reach the engine, or cannot be followed exactly.
        PromptError: Prompts that this language model cannot read.
        DetectorDefinitionError: Targets that do not fit the prompts.
    """
    check_prompts(loaded, batch)
    masses, moments = split_targets(targets)
    check_targets(masses, batch, is_causal=loaded.is_causal)
    check_moment_targets(moments, batch)
    n_captures = count_captures(loaded)
    if n_captures != len(loaded.attention_layers):
        raise UnsupportedAttentionError(
            f"{n_captures} of the {len(loaded.attention_layers)} layers with heads of this {loaded.architecture} model "
            "attend through transformers' attention interface, and streaming needs all; use the reference engine."
        )
    scans: list[_Scan] = []

    def observe(call: AttentionCall) -> Tensor:
        return scans[-1].observe(call)

    with torch.no_grad(), attention_through(loaded, observe) as layers:
        for start in range(0, batch.tokens.shape[0], batch_size):
            rows = slice(start, start + batch_size)
            scans.append(
                _Scan(
                    batch.is_real[rows],
                    {name: _rows_of(target, rows) for name, target in masses.items()},
                    {name: replace(target, is_counted=target.is_counted[rows]) for name, target in moments.items()},
                )
            )
            layers.clear()
            forward(loaded, batch.tokens[rows], batch.is_real[rows])
            if sorted(layers) != list(loaded.attention_layers):
                raise UnsupportedAttentionError(
                    f"This {loaded.architecture} model attended in the layers {layers} instead of once in each of "
                    f"the {len(loaded.attention_layers)} that have heads; use the reference engine."
                )
            after_batch(len(batch.tokens[rows]))
    visibility = LayerVisibility.joined([scan.visible(loaded) for scan in scans])
    measurements = {
        name: collect_measurement(
            torch.cat([scan.totals(name, loaded) for scan in scans], dim=-1), target, loaded, visibility
        )
        for name, target in masses.items()
    } | {
        name: moment_measurement(
            torch.cat([scan.moment_sums(name, loaded) for scan in scans], dim=1), target, loaded, visibility
        )
        for name, target in moments.items()
    }
    is_fused = all(scan.is_fused for scan in scans)
    return EngineResult(measurements, "streaming_fused" if is_fused else "streaming_blocked", n_captures)


def split_targets(targets: Mapping[str, AttentionTargets]) -> tuple[dict[str, Targets], dict[str, MomentTargets]]:
    """Targets of mass, and moments."""
    moments = {name: target for name, target in targets.items() if isinstance(target, MomentTargets)}
    masses = {name: target for name, target in targets.items() if not isinstance(target, MomentTargets)}
    return masses, moments


class _Scan:
    """Sums of one forward pass."""

    def __init__(self, is_real: Tensor, targets: Mapping[str, Targets], moments: Mapping[str, MomentTargets]) -> None:
        self._is_real = is_real
        self._targets = targets
        self._moments = moments
        self._moment_plans: dict[torch.device, MomentPlan] = {}
        self._moment_sums: dict[int, dict[str, Tensor]] = {}
        self._visible: dict[int, VisibleKeys] = {}
        # transformers makes one mask for all layers of a kind; kept with it, so that no id is used twice.
        self._visible_under: dict[int, tuple[KeyMask, VisibleKeys]] = {}
        self._plans: dict[torch.device, MassPlan] = {}
        self._sums: dict[int, dict[str, Tensor]] = {}
        self.is_fused = True

    def observe(self, call: AttentionCall) -> Tensor:
        """Attend, measure, and hand back z."""
        attended = self._attend(call)
        device = attended.lse.device
        if device not in self._plans:
            is_causal = call.mask is None or call.mask.is_causal
            self._plans[device] = MassPlan(self._targets, device, is_causal=is_causal)
        self._sums[call.layer] = self._plans[device].sums(call, attended.lse)
        self._visible[call.layer] = self._what_is_visible(call)
        self.is_fused &= attended.is_fused
        return attended.z

    def _what_is_visible(self, call: AttentionCall) -> VisibleKeys:
        known = self._visible_under.get(id(call.mask))
        if call.mask is not None and known is not None:
            return known[1]
        found = VisibleKeys.of(call, self._is_real)
        found = next((each for each in self._visible.values() if each.equals(found)), found)
        if call.mask is not None:
            self._visible_under[id(call.mask)] = (call.mask, found)
        return found

    def visible(self, loaded: LoadedModel) -> list[VisibleKeys]:
        """What the queries of each layer with heads saw."""
        return [self._visible[layer] for layer in loaded.attention_layers]

    def _attend(self, call: AttentionCall) -> Attended:
        if not self._moments:
            return attend(call)
        device = call.query.device
        if device not in self._moment_plans:
            self._moment_plans[device] = MomentPlan(self._moments, device)
        attended, self._moment_sums[call.layer] = self._moment_plans[device].attend(call)
        return attended

    def moment_sums(self, name: str, loaded: LoadedModel) -> Float[Tensor, "attending batch head 3"]:
        """Sums of one target's moments on the CPU."""
        return torch.stack([self._moment_sums[layer][name].cpu() for layer in loaded.attention_layers])

    def totals(self, name: str, loaded: LoadedModel) -> Float[Tensor, "attending head batch"]:
        """Sums of one target on the CPU; 0 where nothing was there to sum."""
        nothing = torch.zeros(len(self._is_real), loaded.n_heads)
        by_layer = [self._sums[layer].get(name, nothing).cpu() for layer in loaded.attention_layers]
        return torch.stack(by_layer).transpose(1, 2)


def _rows_of(target: Targets, rows: slice) -> Targets:
    if isinstance(target, RelationalTargets):
        counted = None if target.counted is None else target.counted[rows]
        return replace(target, keys=target.keys[rows], counted=counted)
    return KeyProperty(target.is_target[rows], target.is_counted[rows])
