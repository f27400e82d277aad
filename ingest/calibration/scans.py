"""Scans of language models whose heads are known: planted ones, and ones with random weights.

All detectors run in every scan, whichever are asked for: adjusted p depends on how many are tested together, and a head
that is found among all is found among fewer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import get_args

from ingest.calibration.random_models import FAMILIES, random_model
from ingest.detector import Detector
from ingest.loaded_model import LoadedModel
from ingest.loading import wrap_language_model
from ingest.planted.build import build_planted
from ingest.planted.head_kinds import CALIBRATION_PLAN, TEXT_PLAN
from ingest.planted.planted_model import PlantedModel, Scheme
from ingest.planted.tokenizer import planted_tokenizer
from ingest.scan import scan
from ingest.scan_result import ScanOptions, ScanResult

PLANS = (CALIBRATION_PLAN, TEXT_PLAN)


@dataclass(frozen=True)
class CalibrationOptions:
    """How much to measure; the defaults are those of the command."""

    n_seeds: int = 20
    """Planted language models of each scheme and plan."""
    n_random: int = 20
    """Randomly initialised language models of each family."""
    n_prompts: int = 24
    """Fewer than the 32 of a scan, which makes heads harder to find and the whole a matter of minutes. With 16, the
    half that scores positional heads would be too few to reach significance among so many tests."""


def planted_scans(
    detectors: Sequence[Detector], options: CalibrationOptions
) -> Iterator[tuple[PlantedModel, ScanResult]]:
    """Both plans of both schemes in turn, seed after seed; prompts have the seed of the weights."""
    schemes: tuple[Scheme, ...] = get_args(Scheme)
    for seed in range(options.n_seeds):
        for scheme, plan in product(schemes, PLANS):
            planted = build_planted(scheme, seed=seed, plan=plan)
            loaded = wrap_language_model(
                planted.model,
                planted_tokenizer(with_answers=planted.reads_text),
                hub_id=f"planted/{scheme}",
                revision=f"seed {seed}",
                weights_sha256="0" * 64,
            )
            yield planted, _scan(loaded, detectors, seed, options)


def random_scans(detectors: Sequence[Detector], options: CalibrationOptions) -> Iterator[tuple[str, ScanResult]]:
    """All families in turn, seed after seed, each with the name of its family."""
    for seed in range(options.n_random):
        for family in FAMILIES:
            yield family, _scan(random_model(family, seed), detectors, seed, options)


def _scan(loaded: LoadedModel, detectors: Sequence[Detector], seed: int, options: CalibrationOptions) -> ScanResult:
    # What is found rests on scores alone: definitions and ablations would add nothing but time.
    bare = ScanOptions(n_prompts=options.n_prompts, seed=seed, with_definitions=False, with_ablation=False)
    return scan(loaded, detectors, bare)
