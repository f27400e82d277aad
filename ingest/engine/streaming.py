"""The fast engine: mass on targets from queries, keys and log-sum-exp, in one forward pass and linear memory.

mass(i, t) = exp(q_i · k_t · scale − lse_i), so nothing needs the pattern. All targets of a scan share the pass.
"""

from collections.abc import Mapping
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from ingest.engine.capture import attention_through, count_captures
from ingest.engine.forward import check_prompts, forward
from ingest.engine.kernels import AttentionCall, attend
from ingest.engine.plan import MassPlan
from ingest.engine.result import EngineResult, collect_measurement
from ingest.engine.targets import check_targets
from ingest.errors import UnsupportedAttentionError
from ingest.loaded_model import LoadedModel
from ingest.measure import KeyProperty, RelationalTargets, Targets
from ingest.prompts.batch import PromptBatch


def measure(
    loaded: LoadedModel, batch: PromptBatch, targets: Mapping[str, Targets], *, batch_size: int = 8
) -> EngineResult:
    """Mass on each target for every head and prompt, without any pattern.

    Args:
        loaded: A decoder whose attention goes through transformers' attention interface.
        batch: Prompts; padding may be on either side.
        targets: What to measure, by name.
        batch_size: Prompts in one forward pass.

    Raises:
        UnsupportedAttentionError: A layer's attention does not reach the engine, or cannot be followed exactly.
        PromptError: Prompts that this language model cannot read.
        DetectorDefinitionError: Targets that do not fit the prompts.
    """
    check_prompts(loaded, batch)
    check_targets(targets, batch)
    n_captures = count_captures(loaded)
    if n_captures != loaded.n_layers:
        raise UnsupportedAttentionError(
            f"{n_captures} of the {loaded.n_layers} layers of this {loaded.architecture} model attend through "
            "transformers' attention interface, and streaming needs all; use the reference engine."
        )
    scans: list[_Scan] = []

    def observe(call: AttentionCall) -> Tensor:
        return scans[-1].observe(call)

    with torch.no_grad(), attention_through(loaded, observe) as layers:
        for start in range(0, batch.tokens.shape[0], batch_size):
            rows = slice(start, start + batch_size)
            scans.append(_Scan({name: _rows_of(target, rows) for name, target in targets.items()}))
            layers.clear()
            forward(loaded, batch.tokens[rows], batch.is_real[rows])
            if sorted(layers) != list(range(loaded.n_layers)):
                raise UnsupportedAttentionError(
                    f"This {loaded.architecture} model attended in the layers {layers} instead of once in each of "
                    f"its {loaded.n_layers}; use the reference engine."
                )
    measurements = {
        name: collect_measurement(
            torch.cat([scan.totals(name, loaded) for scan in scans], dim=-1), target, batch, loaded
        )
        for name, target in targets.items()
    }
    is_fused = all(scan.is_fused for scan in scans)
    return EngineResult(measurements, "streaming_fused" if is_fused else "streaming_blocked", n_captures)


class _Scan:
    """Sums of one forward pass."""

    def __init__(self, targets: Mapping[str, Targets]) -> None:
        self._targets = targets
        self._n_batch = next((target.is_counted.shape[0] for target in targets.values()), 0)
        self._plans: dict[torch.device, MassPlan] = {}
        self._sums: dict[int, dict[str, Tensor]] = {}
        self.is_fused = True

    def observe(self, call: AttentionCall) -> Tensor:
        """Attend, measure, and hand back z."""
        attended = attend(call)
        device = attended.lse.device
        if device not in self._plans:
            self._plans[device] = MassPlan(self._targets, device)
        self._sums[call.layer] = self._plans[device].sums(call, attended.lse)
        self.is_fused &= attended.is_fused
        return attended.z

    def totals(self, name: str, loaded: LoadedModel) -> Float[Tensor, "layer head batch"]:
        """Sums of one target on the CPU; 0 where nothing was there to sum."""
        nothing = torch.zeros(self._n_batch, loaded.n_heads)
        by_layer = [self._sums[layer].get(name, nothing).cpu() for layer in range(loaded.n_layers)]
        return torch.stack(by_layer).transpose(1, 2)


def _rows_of(target: Targets, rows: slice) -> Targets:
    if isinstance(target, RelationalTargets):
        counted = None if target.counted is None else target.counted[rows]
        return replace(target, keys=target.keys[rows], counted=counted)
    return KeyProperty(target.is_target[rows], target.is_counted[rows])
