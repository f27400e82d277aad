"""What an interrupted scan has measured, kept so that the same scan goes on where it stopped.

A scan stores each part of a pass (some prompts of one family) and each finished pass in a folder of its own, named
after everything that can change a number: weights, code, detectors, options, device, library versions. A scan with
anything else has another folder, so nothing measured by other code or on other weights is ever read. What was stored
for other prompts, or was damaged, is measured again. A finished scan removes its folder.

Numbers are stored as safetensors, to the last bit; sentences and counts as JSON in the same file. Nothing is pickled.
"""

import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from ingest.causal_arm import CausalArm
from ingest.detector import Detector
from ingest.effects import EffectStatistics
from ingest.loaded_model import LoadedModel
from ingest.provenance import code_sha256, detector_sha256, machine, versions
from ingest.scan_result import DetectorResult, ScanOptions
from ingest.scoring import DetectorScores, HeadStatistics
from ingest.statistics.unit_statistics import UnitValues
from ingest.verdict import GateOutcome

Arrays = dict[str, np.ndarray]


@dataclass
class Checkpoint:
    """The folder of one scan."""

    folder: Path
    tell: Callable[[str], None] = lambda line: None
    n_found: int = 0
    """Parts and passes that were read instead of measured."""
    _is_writable: bool = field(default=True, repr=False)

    def save(self, name: str, arrays: Arrays, facts: Mapping[str, Any]) -> None:
        """Store one part or pass, all of it or nothing.

        A disk that is full or closed costs the chance to resume and not the scan; the user is told once.
        """
        if not self._is_writable:
            return
        file = self.folder / f"{name}.safetensors"
        part = file.with_suffix(f".{os.getpid()}.part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            save_file(arrays or {"nothing": np.zeros(1)}, part, metadata={"facts": json.dumps(facts)})
            part.replace(file)
        except (OSError, SafetensorError) as problem:
            self._is_writable = False
            with contextlib.suppress(OSError):
                part.unlink()
            self.tell(f"this scan cannot be resumed if it stops: {self.folder} cannot be written ({problem})")

    def load(self, name: str, facts: Mapping[str, Any]) -> tuple[Arrays, dict[str, Any]] | None:
        """What was stored under this name, if its facts include these; None otherwise, and where it is damaged."""
        file = self.folder / f"{name}.safetensors"
        try:
            with safe_open(file, framework="numpy") as opened:
                found = json.loads((opened.metadata() or {}).get("facts", "{}"))
                arrays = {key: opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118 – not a dict
        except (OSError, SafetensorError, ValueError):
            return None
        if any(found.get(name) != value for name, value in facts.items()):
            return None
        self.n_found += 1
        return arrays, found

    def clear(self) -> None:
        """Forget everything: the scan is finished, or is to start anew."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def is_begun(self) -> bool:
        """Whether an earlier scan left something."""
        return any(self.folder.glob("*.safetensors"))


def open_checkpoint(
    data: Path, loaded: LoadedModel, detectors: Sequence[Detector], options: ScanOptions, tell: Callable[[str], None]
) -> Checkpoint:
    """The checkpoint of exactly this scan."""
    identity = {
        "weights": loaded.weights_sha256,
        "revision": loaded.revision,
        "corpus": None if loaded.corpus is None else loaded.corpus.sha256,
        "code": code_sha256(),
        "detectors": [(each.key, each.version, detector_sha256(each.source_file)) for each in detectors],
        "options": dataclasses.asdict(options),
        "machine": machine(loaded),
        "versions": versions(),
    }
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    return Checkpoint(data.expanduser() / "scans" / digest[:32], tell)


def pack_results(results: Sequence[DetectorResult]) -> tuple[Arrays, dict[str, Any]]:
    """Results of one pass as arrays and plain values."""
    arrays: Arrays = {}
    plain = {}
    for each in results:
        scores = each.scores
        statistics = scores.statistics if scores else None
        plain[each.detector.key] = {
            "absent_reason": each.absent_reason,
            "is_failure": each.is_failure,
            "gate": None if each.gate is None else dataclasses.asdict(each.gate),
            "scores": _split(scores, f"{each.detector.key}/scores", arrays),
            "statistics": _split(statistics, f"{each.detector.key}/statistics", arrays),
            "units": _split(scores.units if scores else None, f"{each.detector.key}/units", arrays),
            "effect": _split(each.effect, f"{each.detector.key}/effect", arrays),
            "arm": _split_arm(each.arm, f"{each.detector.key}/arm", arrays),
        }
    return arrays, plain


def unpack_results(arrays: Arrays, plain: Mapping[str, Any], detectors: Sequence[Detector]) -> list[DetectorResult]:
    """The results again."""
    results = []
    for each in detectors:
        found = plain[each.key]
        scores = None
        if found["scores"] is not None:
            statistics, units = found["statistics"], found["units"]
            scores = DetectorScores(
                **_joined(found["scores"], f"{each.key}/scores", arrays),
                statistics=None
                if statistics is None
                else HeadStatistics(**_joined(statistics, f"{each.key}/statistics", arrays)),
                units=None if units is None else UnitValues(**_joined(units, f"{each.key}/units", arrays)),
            )
        gate = None if found["gate"] is None else GateOutcome(**found["gate"])
        effect = _joined_effect(found["effect"], f"{each.key}/effect", arrays)
        arm = _joined_arm(found["arm"], f"{each.key}/arm", arrays)
        results.append(
            DetectorResult(each, scores, found["absent_reason"], found["is_failure"], gate=gate, effect=effect, arm=arm)
        )
    return results


def _split_arm(arm: CausalArm | None, prefix: str, arrays: Arrays) -> dict[str, Any] | None:
    if arm is None:
        return None
    parts = {kind: _split(getattr(arm, kind), f"{prefix}/{kind}", arrays) for kind in ("mean", "resample")}
    return {**(_split(arm, f"{prefix}/own", arrays) or {}), **parts}


def _joined_arm(plain: dict[str, Any] | None, prefix: str, arrays: Arrays) -> CausalArm | None:
    if plain is None:
        return None
    parts = {kind: _joined_effect(plain[kind], f"{prefix}/{kind}", arrays) for kind in ("mean", "resample")}
    return CausalArm(**_joined(plain, f"{prefix}/own", arrays) | parts)


def _joined_effect(plain: dict[str, Any] | None, prefix: str, arrays: Arrays) -> EffectStatistics | None:
    return None if plain is None else EffectStatistics(**_joined(plain, prefix, arrays))


def _split(record: Any, prefix: str, arrays: Arrays) -> dict[str, Any] | None:
    """Plain values of a record; its arrays go to the others under `prefix/name`."""
    if record is None:
        return None
    plain = {}
    for each in dataclasses.fields(record):
        value = getattr(record, each.name)
        if isinstance(value, np.ndarray):
            arrays[f"{prefix}/{each.name}"] = np.ascontiguousarray(value)
        elif not dataclasses.is_dataclass(value):
            plain[each.name] = value
    for record_of_its_own in ("statistics", "units"):
        plain.pop(record_of_its_own, None)
    return plain


def _joined(plain: Mapping[str, Any], prefix: str, arrays: Arrays) -> dict[str, Any]:
    own = {name.removeprefix(f"{prefix}/"): value for name, value in arrays.items() if name.startswith(f"{prefix}/")}
    return {**plain, **own}
