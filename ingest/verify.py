"""A scan against the catalog's findings: one verification for each, with everything that led to its verdict.

One language model at a time: loaded, checked against its record, scanned once by the detectors of its claims, stored.
The caller commits, once for each language model. Claims that cannot be re-run are named with the reason.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from catalog import models
from catalog.canonical import sha256_of
from catalog.head_lists.freeze import freeze_head_lists
from catalog.models.base import now
from catalog.notation import Accession, HeadRef, parse_group
from catalog.vocabulary import EntryKind, RunStanding, Unit
from ingest.detector import Detector
from ingest.frozen_form import frozen_text
from ingest.group_pass import Groups
from ingest.local_models import ModelShelf
from ingest.scan_result import ScanResult
from ingest.scan_rows import record_scan, upsert_detector, upsert_language_model
from ingest.signature import Signature, sign
from ingest.verdict import PROTOCOL_VERSION
from ingest.verification_record import Rerun, make_rerun, published_rule_of, verification_record


@dataclass(frozen=True)
class Plan:
    """What can be verified here, language model by language model, and why the rest cannot."""

    by_language_model: list[tuple[models.LanguageModel, Path | None, list[models.Finding]]]
    """Folder of the weights; None means that the hub is asked for them."""
    set_aside: Counter[str] = field(default_factory=Counter)
    """Reason → number of claims."""


@dataclass(frozen=True)
class Verified:
    """One claim after its re-run."""

    rerun: Rerun
    verification: models.Verification


@dataclass(frozen=True)
class Stamp:
    """What a record carries beside what was measured."""

    frozen: dict[str, Any] | None = None
    """Settings that were frozen before the run."""
    repeats: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """By accession of the claim: the verification that its new one repeats."""
    key: Ed25519PrivateKey | None = None
    """Whose signature it gets; None signs nothing."""


def plan(
    claims: Iterable[models.Finding],
    detectors: Mapping[str, Detector],
    shelf: ModelShelf,
    *,
    ask_hub: bool = False,
    only_path: Path | None = None,
) -> Plan:
    """Sort claims by what it takes to re-run them.

    Args:
        claims: Claims with language model and head type loaded.
        detectors: By name, which is the slug of the head type that each tests for.
        shelf: Where language models are looked for.
        ask_hub: Whether a language model that is not on this machine is downloaded.
        only_path: The folder that the user named for the one language model asked for.
    """
    set_aside: Counter[str] = Counter()
    grouped: dict[int, tuple[models.LanguageModel, list[models.Finding]]] = {}
    for claim in claims:
        reason = _cannot(claim, detectors)
        if reason:
            set_aside[reason] += 1
        else:
            grouped.setdefault(claim.language_model_id, (claim.language_model, []))[1].append(claim)
    found = []
    for row, group in grouped.values():
        folder = only_path or shelf.find(row)
        if folder is None and not ask_hub:
            set_aside["language model not on this machine"] += len(group)
        else:
            found.append((row, folder, group))
    return Plan(sorted(found, key=lambda each: each[0].slug), set_aside)


def groups_of(claims: Iterable[models.Finding]) -> Groups:
    """Heads that claims speak of together, by detector: what a scan is asked to ablate jointly."""
    found: dict[str, list[tuple[HeadRef, ...]]] = {}
    for claim in claims:
        if claim.group_heads is not None and claim.head_type is not None:
            of_type = found.setdefault(claim.head_type.slug, [])
            if (heads := parse_group(claim.group_heads)) not in of_type:
                of_type.append(heads)
    return found


def _cannot(claim: models.Finding, detectors: Mapping[str, Detector]) -> str | None:
    if claim.head_type is None:
        return "a role in a circuit, not a head type"
    if claim.head_type.slug not in detectors:
        return "no detector for the head type"
    detector = detectors[claim.head_type.slug]
    if claim.unit == Unit.HEAD_GROUP and detector.behaviour is None and detector.task is None:
        return "claimed of several heads together, and nothing is known that they serve"
    if claim.unit == Unit.KV_GROUP:
        return "claimed of a key-value group, and the detectors score query heads"
    if claim.layer >= claim.language_model.n_layers or claim.head >= claim.language_model.n_heads:
        return "the head is outside its language model"
    return None


def record_verifications(
    session: Session,
    result: ScanResult,
    row: models.LanguageModel,
    claims: Sequence[models.Finding],
    stamp: Stamp | None = None,
    *,
    job_part: str | None = None,
) -> list[Verified]:
    """Add the run, its scores and one verification for each claim; the caller commits.

    Args:
        session: Of the catalog.
        result: The scan.
        row: The language model of the claims.
        claims: Those to judge.
        stamp: What their records carry beside what was measured.
        job_part: The part of a job that this is, if any.

    Raises:
        IngestError: The catalog lacks a metric of the detectors.
    """
    measured_on = upsert_language_model(session, result.loaded, row.hub_id)
    run = record_scan(session, result, measured_on, job_part=job_part)
    detectors = {each.detector.name: upsert_detector(session, each.detector) for each in result.detectors}
    results = {each.detector.name: each for each in result.detectors}
    number = _next_number(session)
    verified = []
    for claim in claims:
        assert claim.head_type is not None, "claims without a head type were set aside"
        accession = Accession(EntryKind.VERIFICATION, number).base
        rerun = make_rerun(result, results[claim.head_type.slug], claim, measured_on, accession)
        made = _verification(rerun, stamp or Stamp())
        made.scan_run_id, made.detector_id = run.id, detectors[claim.head_type.slug].id
        session.add_all([made, _frozen(made)])
        verified.append(Verified(rerun, made))
        number += 1
    session.flush()
    # Lists for inference engines count verdicts.
    freeze_head_lists(session)
    return verified


def _next_number(session: Session) -> int:
    if session.get_bind().dialect.name == "postgresql":
        # Two writers would otherwise count to the same number; SQLite lets only one write at a time.
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext('headcat.verifications'))"))
    # Accessions are padded with zeros, so the greatest text is the greatest number as long as lengths agree.
    longest = func.length(models.Verification.accession)
    last = session.scalars(
        select(models.Verification.accession).order_by(longest.desc(), models.Verification.accession.desc()).limit(1)
    ).first()
    return 1 if last is None else Accession.parse(last).number + 1


def _verification(rerun: Rerun, stamp: Stamp) -> models.Verification:
    measured, judgement, rule = rerun.measured, rerun.judgement, published_rule_of(rerun)
    record = verification_record(rerun, frozen=stamp.frozen, repeats=stamp.repeats.get(rerun.claim.accession))
    text = frozen_text(record)
    signature = None if stamp.key is None else sign(text, stamp.key)
    return models.Verification(
        accession=rerun.accession,
        finding_id=rerun.claim.id,
        score=measured.score,
        score_absent_reason=measured.score_absent_reason,
        chance=measured.chance,
        ci_low=measured.ci_low,
        ci_high=measured.ci_high,
        p_value=rerun.found.p_value,
        p_adjusted=measured.p_adjusted,
        rank=rerun.found.rank,
        published_rule=rule.text if rule else None,
        published_rule_met=judgement.published_rule_met,
        null_rule=rerun.found.rule,
        null_rule_met=judgement.null_rule_met,
        verdict=judgement.verdict,
        reasons=judgement.reasons,
        grade=judgement.grade,
        protocol_version=PROTOCOL_VERSION,
        record=record,
        record_sha256=sha256_of(text),
        signature=signature,
        signer=None if signature is None else Signature.parse(signature).signer,
        standing=RunStanding(record["standing"]),
        repeats=None if record["repeats"] is None else record["repeats"]["accession"],
        **_breadth(record),
        created_at=now(),
    )


def _breadth(record: dict[str, Any]) -> dict[str, Any]:
    breadth = record["breadth"]
    if breadth is None:
        return {"broad_verdict": None, "broad_share": None}
    return {"broad_verdict": breadth["judgement"]["verdict"], "broad_share": breadth["measured"]["share"]}


def _frozen(made: models.Verification) -> models.EntryVersion:
    return models.EntryVersion(
        kind=EntryKind.VERIFICATION,
        accession=made.accession,
        version=1,
        content=frozen_text(made.record),
        content_sha256=made.record_sha256,
    )
