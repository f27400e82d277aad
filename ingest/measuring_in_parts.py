"""A pass over many prompts, part by part: told as it goes on, and kept so that it need not begin again."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch

from ingest.checkpoint import Arrays, Checkpoint
from ingest.engine.result import EngineResult
from ingest.loaded_model import LoadedModel
from ingest.measure import AnyTargets, Measurement
from ingest.progress import Progress
from ingest.prompt_pass import Targeted, measure_with_room
from ingest.prompts.batch import PromptBatch

# What is lost when a scan is killed: on a large language model a batch takes a second or so.
_BATCHES_IN_A_PART = 16
_PATHS = ("streaming_fused", "streaming_blocked", "reference")


@dataclass(frozen=True)
class MeasuringInParts:
    """Measures like `measure_with_room`, and its numbers are the same to the last bit wherever it was interrupted.

    Parts begin at the same prompts whatever was stored, and every number belongs to one prompt.
    """

    name: str
    """Of the pass; names its files."""
    label: str
    """Of the pass, for the user."""
    n_in_batch: int
    """Prompts in a batch as the user asked for it, so that parts begin where they began before."""
    progress: Progress
    checkpoint: Checkpoint | None

    def __call__(
        self, loaded: LoadedModel, batch: PromptBatch, targets: Targeted, batch_size: int
    ) -> tuple[EngineResult, int]:
        """All prompts, from what is stored and from the language model."""
        n_prompts, n_part = len(batch.tokens), self.n_in_batch * _BATCHES_IN_A_PART
        self.progress.start(self.label, n_prompts)
        facts = {"prompts": batch.sha256, "targets": sorted(targets)}
        parts = []
        for start in range(0, n_prompts, n_part):
            rows = slice(start, start + n_part)
            found = None if self.checkpoint is None else self.checkpoint.load(f"{self.name}-{start}", facts)
            if found is None:
                part, batch_size = measure_with_room(
                    loaded,
                    replace_prompts(batch, rows),
                    {name: prompts_of(target, rows) for name, target in targets.items()},
                    batch_size,
                    self.progress.advance,
                )
                # A pass of one part is stored whole when it is done.
                if self.checkpoint is not None and n_prompts > n_part:
                    arrays, known = _pack(part)
                    self.checkpoint.save(f"{self.name}-{start}", arrays, {**facts, **known, "batch_size": batch_size})
            else:
                part, batch_size = _unpack(*found), min(batch_size, found[1]["batch_size"])
                self.progress.advance(len(batch.tokens[rows]))
            parts.append(part)
        return _merged(parts), batch_size


def replace_prompts(batch: PromptBatch, rows: slice) -> PromptBatch:
    """Some of the prompts, as the engine reads them."""
    return PromptBatch(batch.tokens[rows], batch.is_real[rows], batch.has_bos)


def prompts_of(target: AnyTargets, rows: slice) -> AnyTargets:
    """The targets of some of the prompts: every tensor of a target has one row for each prompt."""
    values = {each.name: getattr(target, each.name) for each in fields(target)}
    own: dict[str, Any] = {name: value[rows] for name, value in values.items() if isinstance(value, torch.Tensor)}
    return replace(target, **own)


def _merged(parts: list[EngineResult]) -> EngineResult:
    if len(parts) == 1:
        return parts[0]
    measurements = {}
    for name in parts[0].measurements:
        each = [part.measurements[name] for part in parts]
        measurements[name] = Measurement(
            torch.cat([one.mass for one in each], dim=-1),
            torch.cat([one.n_counted for one in each]),
            torch.cat([one.chance for one in each], dim=-1),
        )
    slowest = max((part.attention_path for part in parts), key=_PATHS.index)
    return EngineResult(measurements, slowest, parts[0].n_captures)


def _pack(part: EngineResult) -> tuple[Arrays, dict[str, Any]]:
    arrays: Arrays = {}
    for name, measured in part.measurements.items():
        for each in fields(measured):
            arrays[f"{name}#{each.name}"] = np.ascontiguousarray(getattr(measured, each.name).numpy())
    return arrays, {"attention_path": part.attention_path, "n_captures": part.n_captures}


def _unpack(arrays: Arrays, facts: dict[str, Any]) -> EngineResult:
    names = dict.fromkeys(key.rpartition("#")[0] for key in arrays)
    measurements = {
        name: Measurement(
            **{each.name: torch.from_numpy(arrays[f"{name}#{each.name}"]) for each in fields(Measurement)}
        )
        for name in names
    }
    return EngineResult(measurements, facts["attention_path"], facts["n_captures"])
