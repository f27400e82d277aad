"""The record of one verification: all that was claimed, measured and judged, as plain JSON.

It is frozen with its hash. `judge_again` reads it and judges it by its own version, so that anybody can.
"""

from dataclasses import asdict, dataclass
from typing import Any

from catalog import models
from catalog.notation import HeadRef
from catalog.vocabulary import Polarity
from ingest.cause import Cause, OtherEffect
from ingest.detector import rule_of
from ingest.plain_numbers import number
from ingest.provenance import detector_sha256
from ingest.scan_result import DetectorResult, ScanResult
from ingest.verdict import PROTOCOL_VERSION, GateOutcome, HeadRecord, Judgement, judge


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


def verification_record(rerun: Rerun) -> dict[str, Any]:
    """The whole record."""
    claim, detector, measured_on = rerun.claim, rerun.detector_result.detector, rerun.measured_on
    return {
        "accession": rerun.accession,
        "protocol_version": PROTOCOL_VERSION,
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
        "measured": asdict(rerun.measured) | {"polarity": rerun.measured.polarity.value},
        "rank": rerun.rank,
        "null_rule": rule_of(detector),
        "judgement": asdict(rerun.judgement) | {"verdict": rerun.judgement.verdict.value},
        "provenance": rerun.result.provenance,
    }


def judge_again(record: dict[str, Any]) -> Judgement:
    """The verdict that a frozen record leads to, by the version of the protocol that it was judged by.

    Raises:
        UnknownProtocolError: This program does not know that version.
    """
    return judge(read_measured(record), record["protocol_version"])


def read_measured(record: dict[str, Any]) -> HeadRecord:
    """What was measured, as the verdict reads it; records of earlier versions of the protocol know no cause."""
    measured = record["measured"]
    gate, cause = measured["gate"], measured.get("cause")
    return HeadRecord(
        **measured
        | {
            "polarity": Polarity(measured["polarity"]),
            "gate": None if gate is None else GateOutcome(**gate),
            "cause": None if cause is None else _read_cause(cause),
        }
    )


def _read_cause(cause: dict[str, Any]) -> Cause:
    other = cause["resample"]
    return Cause(**cause | {"resample": None if other is None else OtherEffect(**other)})
