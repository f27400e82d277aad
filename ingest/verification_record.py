"""The record of one verification: all that was claimed, measured and judged, as plain JSON.

It is frozen with its hash (`frozen_form.py`). `replay/` reads it and judges it again, so that anybody can: by the rules
of its own version, from the values of prompts that it keeps.
"""

from dataclasses import asdict, dataclass
from typing import Any

from catalog import models
from catalog.notation import HeadRef
from catalog.vocabulary import Polarity
from ingest.detector import rule_of
from ingest.frozen_form import RECORD_VERSION
from ingest.head_breadth import breadth_record
from ingest.head_values import adjustments, values_by_prompt
from ingest.plain_numbers import number
from ingest.protocol import protocol_settings, standing_of
from ingest.provenance import detector_sha256
from ingest.scan_result import DetectorResult, ScanResult
from ingest.verdict import PROTOCOL_VERSION, HeadRecord, Judgement, judge


@dataclass(frozen=True)
class Rerun:
    """One claim, what a scan says of its head, and the verdict."""

    accession: str
    claim: models.Finding
    result: ScanResult
    detector_result: DetectorResult
    measured_on: models.LanguageModel
    measured: HeadRecord
    judgement: Judgement

    @property
    def head(self) -> HeadRef:
        """The head that the claim is about."""
        return HeadRef(self.claim.layer, self.claim.head)

    @property
    def rank(self) -> int | None:
        """Place of the head among all heads."""
        return self.result.rank(self.detector_result, self.head)

    @property
    def p_value(self) -> float | None:
        """p before it is adjusted for the number of heads."""
        scores = self.detector_result.scores
        if scores is None or scores.statistics is None:
            return None
        return number(scores.statistics.p[self.head.layer, self.head.head])


def make_rerun(
    result: ScanResult,
    detector_result: DetectorResult,
    claim: models.Finding,
    measured_on: models.LanguageModel,
    accession: str,
) -> Rerun:
    """Judge one claim by a scan."""
    measured = result.head_record(detector_result, HeadRef(claim.layer, claim.head), Polarity(claim.polarity))
    return Rerun(accession, claim, result, detector_result, measured_on, measured, judge(measured))


def verification_record(
    rerun: Rerun, *, frozen: dict[str, Any] | None = None, repeats: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The whole record.

    Args:
        rerun: What was measured and judged.
        frozen: Settings that were frozen before the run began, and that it followed.
        repeats: Accession and hash of the verification that it repeats.
    """
    claim, detector, measured_on = rerun.claim, rerun.detector_result.detector, rerun.measured_on
    place = (rerun.head.layer, rerun.head.head)
    provenance = rerun.result.provenance
    return {
        "accession": rerun.accession,
        "record_version": RECORD_VERSION,
        "protocol_version": PROTOCOL_VERSION,
        "protocol": protocol_settings(),
        "frozen_settings": frozen,
        "standing": standing_of(frozen, provenance["started_at"]),
        "repeats": repeats,
        "finding": {
            "accession": claim.accession,
            "version": claim.version,
            "head": str(rerun.head),
            "head_type": claim.head_type.slug if claim.head_type else None,
            "polarity": str(claim.polarity),
            "language_model": claim.language_model.slug,
        },
        "language_model": {
            "slug": measured_on.slug,
            "id": measured_on.hub_id,
            "revision": measured_on.revision,
            "weights_sha256": rerun.result.loaded.weights_sha256,
        },
        "detector": {
            "name": detector.name,
            "version": detector.version,
            "metric": detector.metric,
            "code_sha256": detector_sha256(detector.source_file),
        },
        "tested_with": [
            {"name": each.detector.name, "version": each.detector.version} for each in rerun.result.detectors
        ],
        "measured": asdict(rerun.measured) | {"polarity": rerun.measured.polarity.value},
        "by_prompt": values_by_prompt(rerun.detector_result, place),
        "adjustments": adjustments(rerun.result, rerun.detector_result, place),
        "breadth": None
        if rerun.detector_result.breadth is None
        else breadth_record(rerun.result, rerun.detector_result, rerun.head, rerun.measured.polarity),
        "rank": rerun.rank,
        "published_rule": None if detector.rule is None else asdict(detector.rule),
        "null_rule": rule_of(detector),
        "judgement": asdict(rerun.judgement) | {"verdict": rerun.judgement.verdict.value},
        "provenance": provenance,
    }
