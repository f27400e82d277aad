"""Reads the record files and refuses what has not the shape of `catalog/seed_schema`.

Names that point to other records are checked in `seed_names`; nothing here touches a database.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from catalog.errors import SeedError
from catalog.seed_schema.base import Record
from catalog.seed_schema.benchmark import BenchmarksFile
from catalog.seed_schema.calibration import CalibrationFile
from catalog.seed_schema.circuit import CircuitRecord
from catalog.seed_schema.crosswalk import ExternalTaxonomyRecord
from catalog.seed_schema.finding import FindingsFile
from catalog.seed_schema.head_score import HeadScoreTablesFile
from catalog.seed_schema.head_type import HeadTypeRecord
from catalog.seed_schema.human_analogue import HumanAnaloguesFile
from catalog.seed_schema.language_model import LanguageModelRecord
from catalog.seed_schema.mechanism import MechanismRecord
from catalog.seed_schema.method import MethodsFile
from catalog.seed_schema.metric import MetricRecord
from catalog.seed_schema.paper import PaperRecord
from catalog.seed_schema.stage import StagesFile
from catalog.seed_versions import Ledger, read_ledger

R = TypeVar("R", bound=Record)

CALIBRATION_FILE = "calibration.toml"

_POSITION = re.compile(r" \(at (.+)\)$")


@dataclass(frozen=True)
class Source(Generic[R]):
    """One record file: its place in the folder, the slug that its name gives, and what it holds."""

    file: str
    slug: str
    record: R

    def error(self, where: str, problem: str) -> SeedError:
        """Refusal of something in this file."""
        return SeedError(self.file, where, problem)


@dataclass(frozen=True)
class Seeds:
    """All record files of a folder; a folder or file that is absent holds no records."""

    folder: Path
    papers: list[Source[PaperRecord]] = field(default_factory=list)
    language_models: list[Source[LanguageModelRecord]] = field(default_factory=list)
    metrics: list[Source[MetricRecord]] = field(default_factory=list)
    stages: list[Source[StagesFile]] = field(default_factory=list)
    methods: list[Source[MethodsFile]] = field(default_factory=list)
    head_types: list[Source[HeadTypeRecord]] = field(default_factory=list)
    benchmarks: list[Source[BenchmarksFile]] = field(default_factory=list)
    human_analogues: list[Source[HumanAnaloguesFile]] = field(default_factory=list)
    mechanisms: list[Source[MechanismRecord]] = field(default_factory=list)
    crosswalk: list[Source[ExternalTaxonomyRecord]] = field(default_factory=list)
    circuits: list[Source[CircuitRecord]] = field(default_factory=list)
    head_scores: list[Source[HeadScoreTablesFile]] = field(default_factory=list)
    findings: list[Source[FindingsFile]] = field(default_factory=list)
    calibration: list[Source[CalibrationFile]] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)


def read_seeds(folder: Path) -> Seeds:
    """Read and validate every record file below a folder.

    Raises:
        SeedError: There is no such folder, or a file cannot be read or has the wrong shape.
    """
    if not folder.is_dir():
        raise SeedError(str(folder), "folder", "there is no folder of record files here")
    _refuse_strays(folder)
    return Seeds(
        folder=folder,
        papers=_each(folder, "papers", PaperRecord),
        language_models=_each(folder, "language_models", LanguageModelRecord),
        metrics=_each(folder, "metrics", MetricRecord),
        stages=_single(folder, "stages.toml", StagesFile),
        methods=_single(folder, "methods.toml", MethodsFile),
        head_types=_each(folder, "head_types", HeadTypeRecord),
        benchmarks=_single(folder, "benchmarks.toml", BenchmarksFile),
        human_analogues=_single(folder, "human_analogues.toml", HumanAnaloguesFile),
        mechanisms=_each(folder, "mechanisms", MechanismRecord),
        crosswalk=_each(folder, "crosswalk", ExternalTaxonomyRecord),
        circuits=_each(folder, "circuits", CircuitRecord),
        head_scores=_each(folder, "head_scores", HeadScoreTablesFile),
        findings=_each(folder, "findings", FindingsFile),
        calibration=read_calibration(folder),
        ledger=read_ledger(folder),
    )


def read_calibration(folder: Path) -> list[Source[CalibrationFile]]:
    """The error rates of detectors, alone; nothing where there is no such file.

    Raises:
        SeedError: The file cannot be read or has the wrong shape.
    """
    return _single(folder, CALIBRATION_FILE, CalibrationFile)


_FOLDERS = {
    "papers",
    "language_models",
    "metrics",
    "head_types",
    "mechanisms",
    "crosswalk",
    "circuits",
    "head_scores",
    "findings",
}
_FILES = {"stages.toml", "methods.toml", "benchmarks.toml", "human_analogues.toml", CALIBRATION_FILE}


def _refuse_strays(folder: Path) -> None:
    """A misspelled file would otherwise be skipped in silence."""
    for path in sorted(folder.rglob("*.toml")):
        place = path.relative_to(folder)
        known = _FOLDERS if len(place.parts) == 2 else _FILES if len(place.parts) == 1 else set()
        if place.parts[0] not in known:
            raise SeedError(str(place), "file", f"no kind of record is kept here{near(place.parts[0], known)}")


def _single(folder: Path, name: str, shape: type[R]) -> list[Source[R]]:
    path = folder / name
    return [_read(folder, path, shape)] if path.is_file() else []


def _each(folder: Path, name: str, shape: type[R]) -> list[Source[R]]:
    return [_read(folder, path, shape) for path in sorted((folder / name).glob("*.toml"))]


def _read(folder: Path, path: Path, shape: type[R]) -> Source[R]:
    file = str(path.relative_to(folder))
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as problem:
        found = _POSITION.search(str(problem))
        where = found[1] if found else "file"
        raise SeedError(file, where, f"this is not valid TOML ({_POSITION.sub('', str(problem))})") from problem
    except (OSError, UnicodeDecodeError) as problem:
        raise SeedError(file, "file", f"the file cannot be read ({problem})") from problem
    try:
        return Source(file, path.stem, shape.model_validate(content))
    except ValidationError as problem:
        raise _explain(file, problem, shape) from problem


def _explain(file: str, problem: ValidationError, shape: type[Record]) -> SeedError:
    # An unknown key is often the misspelt form of one that is missing, and says more.
    first, *others = sorted(problem.errors(include_url=False), key=lambda error: error["type"] != "extra_forbidden")
    where = place(*first["loc"]) or "file"
    if first["type"] == "extra_forbidden":
        text = f"the key {first['loc'][-1]!r} is unknown{near(str(first['loc'][-1]), set(_keys(shape)))}"
    elif first["type"] == "missing":
        text = "this key is missing"
    else:
        text = first["msg"].removeprefix("Value error, ").rstrip(".")
        text = text[0].lower() + text[1:]
        if isinstance(first["input"], str | int | float) and str(first["input"]) not in text:
            text += f", not {first['input']!r}"
    more = f" ({len(others)} more in this file)" if others else ""
    return SeedError(file, where, text + more)


def _keys(shape: type[Record]) -> Iterator[str]:
    """Keys that a file of this shape knows, at any depth."""
    pending: list[Any] = [shape]
    seen: set[Any] = set()
    while pending:
        item = pending.pop()
        if isinstance(item, type) and issubclass(item, Record) and item not in seen:
            seen.add(item)
            yield from item.model_fields
            pending.extend(info.annotation for info in item.model_fields.values())
        else:
            pending.extend(getattr(item, "__args__", ()))


def place(*path: str | int) -> str:
    """`groups[3].heads[0]` of a path of keys and indices counted from zero."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def near(name: str, known: set[str]) -> str:
    """A half sentence that names the nearest known names, or nothing."""
    found = difflib.get_close_matches(name, sorted(known), n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(found)}?" if found else ""
