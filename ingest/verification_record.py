"""The record of one verification: all that was claimed, measured and judged, as plain JSON.

It is frozen with its hash (`frozen_form.py`). `replay/` reads it and judges it again, so that anybody can: by the rules
of its own version, from the values of prompts that it keeps.
"""

from dataclasses import asdict, dataclass
from typing import Any

from catalog import models
from catalog.notation import HeadRef, parse_group
from catalog.vocabulary import Polarity
from ingest.detector import PublishedRule
from ingest.found import Found, FoundGroup, FoundHead
from ingest.frozen_form import RECORD_VERSION
from ingest.protocol import protocol_settings, standing_of
from ingest.provenance import detector_sha256
from ingest.scan_result import DetectorResult, ScanResult
from ingest.verdict import PROTOCOL_VERSION, HeadRecord, Judgement, judge


@dataclass(frozen=True)
class Rerun:
    """One claim, what a scan says of its head or heads, and the verdict."""

    accession: str
    claim: models.Finding
    result: ScanResult
    found: Found
    measured_on: models.LanguageModel
    measured: HeadRecord
    judgement: Judgement


def make_rerun(
    result: ScanResult,
    of_detector: DetectorResult,
    claim: models.Finding,
    measured_on: models.LanguageModel,
    accession: str,
) -> Rerun:
    """Judge one claim by a scan, which has ablated the heads of a group together."""
    polarity = Polarity(claim.polarity)
    found: FoundHead | FoundGroup
    if claim.group_heads is None:
        found = FoundHead(result, of_detector, HeadRef(claim.layer, claim.head), polarity)
        measured = result.head_record(of_detector, found.head, polarity)
    else:
        found = FoundGroup(result, result.group_of(of_detector.detector, parse_group(claim.group_heads)))
        measured = result.group_record(found.group, polarity)
    return Rerun(accession, claim, result, found, measured_on, measured, judge(measured))


def published_rule_of(rerun: Rerun) -> PublishedRule | None:
    """The line that a source drew on this score; none was drawn on what heads do together."""
    return rerun.found.detector.rule if rerun.claim.group_heads is None else None


def verification_record(
    rerun: Rerun, *, frozen: dict[str, Any] | None = None, repeats: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The whole record.

    Args:
        rerun: What was measured and judged.
        frozen: Settings that were frozen before the run began, and that it followed.
        repeats: Accession and hash of the verification that it repeats.
    """
    claim, detector, measured_on = rerun.claim, rerun.found.detector, rerun.measured_on
    provenance, published = rerun.result.provenance, published_rule_of(rerun)
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
            "head": claim.head_name,
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
            "metric": rerun.found.metric,
            "code_sha256": detector_sha256(detector.source_file),
        },
        "tested_with": [
            {"name": each.detector.name, "version": each.detector.version} for each in rerun.result.detectors
        ],
        "measured": asdict(rerun.measured) | {"polarity": rerun.measured.polarity.value},
        **rerun.found.as_record(),
        "rank": rerun.found.rank,
        "published_rule": None if published is None else asdict(published),
        "null_rule": rerun.found.rule,
        "judgement": asdict(rerun.judgement) | {"verdict": rerun.judgement.verdict.value},
        "provenance": provenance,
    }
