"""A verification repeated: the same weights, detectors, prompts and seed, on this machine.

What the record says of the run is taken from it, never from defaults: a record whose hash does not match, or whose
provenance is incomplete, is refused before anything is loaded.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog import models
from catalog.queries.reverification import claims_by_accession
from catalog.queries.verification import get_verification
from ingest.comparison import Comparison, compare
from ingest.errors import LanguageModelError
from ingest.loaded_model import LoadedModel
from ingest.loading import load_language_model
from ingest.local_models import ModelShelf
from ingest.registry import select as select_detectors
from ingest.replay.checks import check
from ingest.replay.stored import Stored
from ingest.scan import Report, scan
from ingest.scan_result import ScanOptions, ScanResult
from ingest.verify import Stamp, Verified, groups_of, record_verifications

_WITHOUT_ARMS = ("1", "2")
"""Versions of the protocol whose runs ablated no heads; records do not say it otherwise."""


def find_verification(session: Session, accession: str) -> models.Verification:
    """The verification to repeat, whole and unchanged.

    Raises:
        NotFoundError: There is none of this accession.
        RecordRefusedError: Its record does not match its hash, or lacks what a repetition needs.
    """
    found = get_verification(session, accession)
    check(Stored(found.record, found.accession, found.record_sha256, found.signature))
    return found


def detectors_of(session: Session, verification: models.Verification) -> list[str]:
    """Names of the detectors that ran together: p was adjusted over all their heads."""
    tested_with = verification.record.get("tested_with")
    if tested_with is not None:
        return [each["name"] for each in tested_with]
    # Earlier records do not name them; `verify` ran the detectors that its claims asked for, and no others.
    statement = (
        select(models.Detector.slug)
        .join(models.Verification, models.Verification.detector_id == models.Detector.id)
        .where(models.Verification.scan_run_id == verification.scan_run_id)
    )
    return sorted(set(session.scalars(statement)))


def load_again(verification: models.Verification, shelf: ModelShelf, *, path: Path | None, device: str) -> LoadedModel:
    """The weights that were measured, from this machine or from the hub.

    Args:
        verification: The one to repeat.
        shelf: Where language models are looked for.
        path: The folder that the user named; None looks on the shelf.
        device: Where to run.

    Raises:
        LanguageModelError: They are not here, or are others.
    """
    measured_on, record = verification.scan_run.language_model, verification.record
    folder = path or shelf.find(measured_on) or shelf.find(verification.finding.language_model)
    revision = record["language_model"]["revision"]
    if folder is None and revision.startswith("sha256:"):
        raise LanguageModelError(
            f"{measured_on.hub_id} is not on this machine: name its folder with --model-path DIR, or the folder above "
            "it in HEADCAT_MODEL_FOLDERS."
        )
    loaded = load_language_model(
        str(folder or measured_on.hub_id),
        revision=None if folder is not None else revision,
        device=device,
        dtype=record["provenance"]["machine"]["dtype"],
    )
    wanted = record["language_model"]["weights_sha256"]
    if loaded.weights_sha256 != wanted:
        raise LanguageModelError(
            f"The weights of {loaded.hub_id} hash to {loaded.weights_sha256[:12]}…, and those of "
            f"{verification.accession} to {wanted[:12]}…: another language model repeats nothing."
        )
    return replace(loaded, hub_id=measured_on.hub_id)


def scan_again(
    verification: models.Verification,
    loaded: LoadedModel,
    names: list[str],
    *,
    report: Report = lambda line: None,
) -> ScanResult:
    """The scan of the record, with its own number, length and seed of prompts."""
    provenance, accession = verification.record["provenance"], verification.accession
    stated: dict[str, Any] = provenance["options"]
    has_arms = verification.record["protocol_version"] not in _WITHOUT_ARMS
    options = ScanOptions(
        n_prompts=stated["n_prompts"],
        length=stated.get("length"),
        seed=provenance["seed"],
        batch_size=provenance.get("batch_size_used") or stated.get("batch_size") or ScanOptions.batch_size,
        with_statistics=stated.get("statistics", True),
        with_ablation=stated.get("ablation", has_arms),
        with_breadth=stated.get("breadth", False),
    )
    groups = groups_of([verification.finding])
    detectors = select_detectors(names)
    return scan(loaded, detectors, options, groups=groups, arguments={"rerun": accession}, report=report)


def record_again(
    session: Session, accession: str, result: ScanResult, key: Ed25519PrivateKey | None = None
) -> tuple[Verified, Comparison]:
    """Add the new verification, which names the one that it repeats, and compare the two; the caller commits.

    Args:
        session: Of the catalog.
        accession: Of the verification that was repeated.
        result: The new scan.
        key: Whose signature the new record gets; None signs nothing.

    Raises:
        WithdrawnError: The claim was withdrawn.
    """
    before = get_verification(session, accession)
    claim = claims_by_accession(session, [before.finding.accession])[0]
    named = {"accession": before.accession, "record_sha256": before.record_sha256}
    stamp = Stamp(repeats={claim.accession: named}, key=key)
    verified = record_verifications(session, result, claim.language_model, [claim], stamp)[0]
    tolerance = before.detector.metric.tolerance
    return verified, compare(before.record, verified.verification.record, tolerance)
