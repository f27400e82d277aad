"""Finds the detectors: every module of `ingest.detectors`, and what other packages add.

A package adds a detector through the entry-point group `headcat.detectors`; the entry point's name is the detector's,
its object the decorated function. Nothing is registered by hand and nothing happens on import.
"""

import difflib
import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from importlib.metadata import EntryPoint, entry_points

import ingest.detectors
from catalog.vocabulary import Tier
from ingest.detector import Detector
from ingest.errors import DetectorDefinitionError, UnknownDetectorError

GROUP = "headcat.detectors"


def load_detectors() -> dict[str, Detector]:
    """Every detector by name, in alphabetical order.

    Raises:
        DetectorDefinitionError: Two detectors of one name, a name unlike its file, or an object that is no detector.
    """
    return _by_name([*_of_package(), *_of_entry_points(entry_points(group=GROUP))])


def get_detector(name: str) -> Detector:
    """One detector.

    Raises:
        UnknownDetectorError: There is none of this name; carries near names.
    """
    return select([name])[0]


def select(names: Iterable[str]) -> list[Detector]:
    """Detectors by name; `all` stands for all of them and a tier, as `v1`, for those of that tier.

    Raises:
        UnknownDetectorError: There is no detector, and no tier, of one of the names.
    """
    known = load_detectors()
    chosen: dict[str, Detector] = {}
    for name in names:
        if name.lower() == "all":
            chosen |= known
        elif name.upper() in Tier.__members__:
            chosen |= {found.name: found for found in known.values() if found.tier == name.upper()}
        elif name in known:
            chosen[name] = known[name]
        else:
            raise UnknownDetectorError(name, difflib.get_close_matches(name, known, n=3, cutoff=0.6))
    return list(chosen.values())


def _of_package() -> Iterator[tuple[str, object]]:
    for module in pkgutil.iter_modules(ingest.detectors.__path__):
        loaded = importlib.import_module(f"{ingest.detectors.__name__}.{module.name}")
        if not hasattr(loaded, module.name):
            raise DetectorDefinitionError(f"{module.name}.py defines no detector named {module.name!r}.")
        yield module.name, getattr(loaded, module.name)


def _of_entry_points(points: Iterable[EntryPoint]) -> Iterator[tuple[str, object]]:
    for point in points:
        yield point.name, point.load()


def _by_name(found: Iterable[tuple[str, object]]) -> dict[str, Detector]:
    by_name: dict[str, Detector] = {}
    for name, thing in found:
        if not isinstance(thing, Detector):
            raise DetectorDefinitionError(f"{name!r} is no detector: decorate its function with @detector.")
        if thing.name != name:
            raise DetectorDefinitionError(f"The detector {thing.name!r} is offered as {name!r}; name both alike.")
        if name in by_name:
            raise DetectorDefinitionError(
                f"Two detectors are named {name!r}: {by_name[name].source_file} and {thing.source_file}."
            )
        by_name[name] = thing
    return dict(sorted(by_name.items()))
