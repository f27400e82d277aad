"""A scan as rows of the catalog: the run, one table of scores for each detector, and the detectors themselves."""

from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from catalog import models
from catalog.models.head_score import LAYERS_WITHOUT_HEADS
from catalog.notation import language_model_slug
from catalog.vocabulary import Unit
from ingest.calibration.bar import BAR
from ingest.calibration.error_rates import shipped_error_rates, upsert_error_rates
from ingest.calibration.unmeasured import why_absent
from ingest.detector import Detector, rule_of
from ingest.errors import IngestError
from ingest.loaded_model import LoadedModel
from ingest.plain_numbers import grid, number
from ingest.provenance import detector_sha256
from ingest.scan_record import absent_heads
from ingest.scan_result import DetectorResult, ScanResult
from ingest.stated_cause import stated_cause


def record_scan(
    session: Session, result: ScanResult, language_model: models.LanguageModel, *, job_part: str | None = None
) -> models.ScanRun:
    """Add the run and its scores; the caller commits.

    Args:
        session: Of the catalog.
        result: The scan.
        language_model: Whose it is.
        job_part: The part of a job that this is; a second run of the same part is refused by the database.

    Raises:
        IngestError: A metric of a detector is not in the catalog.
    """
    provenance = result.provenance
    run = models.ScanRun(
        language_model_id=language_model.id,
        started_at=result.started_at,
        finished_at=result.finished_at,
        device=provenance["machine"]["device"],
        dtype=provenance["machine"]["dtype"],
        attention_path=provenance["attention_path"],
        torch_version=provenance["versions"]["torch"],
        transformers_version=provenance["versions"]["transformers"],
        headcat_version=provenance["versions"]["headcat"],
        code_sha256=provenance["code_sha256"],
        weights_sha256=provenance["weights_sha256"],
        prompts_sha256=provenance["prompts_sha256"],
        seed=provenance["seed"],
        arguments=provenance["arguments"],
        job_part=job_part,
        provenance=provenance,
    )
    session.add(run)
    session.flush()
    for each in result.detectors:
        for scored in (each, *each.definitions.values()):
            if scored.scores is not None:
                _record_scores(session, result, scored, run, language_model)
    return run


def upsert_language_model(session: Session, loaded: LoadedModel, hub_id: str) -> models.LanguageModel:
    """The row of these weights: the one with this revision, or a further one beside other revisions.

    Sources seldom name a revision, and a measurement always does; so a claim on `gpt2` and the run that tests it may
    point to two rows with one hub id.
    """
    found = session.scalar(
        select(models.LanguageModel).where(
            models.LanguageModel.hub_id == hub_id, models.LanguageModel.revision == loaded.revision
        )
    )
    if found is not None:
        return found
    sibling = session.scalars(
        select(models.LanguageModel).where(models.LanguageModel.hub_id == hub_id).order_by(models.LanguageModel.id)
    ).first()
    row = models.LanguageModel(
        slug=language_model_slug(hub_id, loaded.revision),
        hub_id=hub_id,
        revision=loaded.revision,
        name=sibling.name if sibling else hub_id.rpartition("/")[2],
        architecture=loaded.architecture,
        family=sibling.family if sibling else loaded.architecture,
        n_layers=loaded.n_layers,
        n_heads=loaded.n_heads,
        n_kv_heads=loaded.n_kv_heads,
        d_model=loaded.d_model,
        d_head=loaded.d_head,
        source="configuration and weights as loaded for a scan",
    )
    session.add(row)
    session.flush()
    return row


def find_by_weights(session: Session, loaded: LoadedModel) -> models.LanguageModel | None:
    """The language model whose revision is the hash of these weights."""
    statement = select(models.LanguageModel).where(models.LanguageModel.revision == f"sha256:{loaded.weights_sha256}")
    return session.scalars(statement.order_by(models.LanguageModel.id)).first()


def upsert_detector(session: Session, detector: Detector) -> models.Detector:
    """The row of this version of a detector, brought up to date with its file and its shipped error rates.

    Raises:
        IngestError: Its metric is not in the catalog.
    """
    paper = None
    if detector.paper:
        paper = session.scalar(select(models.Paper).where(models.Paper.arxiv_id == detector.paper))
    rule = detector.rule
    values: dict[str, Any] = {
        "tier": detector.tier,
        "summary": detector.summary,
        "methods_text": detector.methods_text,
        "spec": {
            "evidence": detector.evidence.value,
            "prompts": detector.prompts.name if detector.prompts else None,
            "prompts_description": detector.prompts.description if detector.prompts else None,
            "null_model": detector.null.__name__ if detector.null else None,
            "definitions": list(detector.definitions),
            "null_rule": rule_of(detector),
            **{name: said for name, said in stated_cause(detector).items() if said is not None},
            "calibration_bar": BAR,
            "absent": why_absent(detector, shipped_error_rates()),
        },
        "code_sha256": detector_sha256(detector.source_file),
        "metric_id": _metric(session, detector.metric).id,
        "paper_id": paper.id if paper else None,
        "published_rule": rule.text if rule else None,
        "published_threshold": rule.threshold if rule else None,
        "published_rule_source": rule.source if rule else None,
    }
    row = session.scalar(
        select(models.Detector).where(
            models.Detector.slug == detector.name, models.Detector.version == detector.version
        )
    )
    if row is None:
        row = models.Detector(slug=detector.name, version=detector.version, **values)
        session.add(row)
    else:
        for name, value in values.items():
            setattr(row, name, value)
    session.flush()
    _link_head_type(session, row)
    upsert_error_rates(session, row, shipped_error_rates())
    return row


def _link_head_type(session: Session, row: models.Detector) -> None:
    head_type = session.scalar(select(models.HeadType).where(models.HeadType.slug == row.slug))
    if head_type is None:
        return
    key = {"detector_id": row.id, "head_type_id": head_type.id}
    if session.get(models.DetectorHeadType, key) is None:
        session.add(models.DetectorHeadType(**key))
        session.flush()


def _metric(session: Session, slug: str) -> models.Metric:
    statement = select(models.Metric).where(models.Metric.slug == slug).order_by(models.Metric.version.desc())
    found = session.scalars(statement).first()
    if found is None:
        raise IngestError(f"The catalog has no metric {slug!r}: run `headcat seed`, which loads the shipped records.")
    return found


def _record_scores(
    session: Session,
    result: ScanResult,
    each: DetectorResult,
    run: models.ScanRun,
    language_model: models.LanguageModel,
) -> None:
    scores = each.scores
    assert scores is not None, "only detectors with scores are recorded"
    rows = _score_rows(result, each)
    loaded = result.loaded
    table = models.HeadScoreTable(
        slug=f"run{run.id}--{each.detector.key.replace(':', '--')}--{language_model.slug}"[:200],
        language_model_id=language_model.id,
        metric_id=_metric(session, each.detector.metric).id,
        unit=Unit.QUERY_HEAD,
        scan_run_id=run.id,
        n_rows=len(rows),
        is_complete=len(rows) == len(loaded.attention_layers) * loaded.n_heads,
        details={
            "detector": each.detector.name,
            "detector_version": each.detector.version,
            "is_definition": each.detector.is_definition,
            "chance": number(scores.chance),
            "chance_by_head": None if scores.head_chance is None else grid(scores.head_chance),
            "absent": absent_heads(result, each),
            "n_prompts": scores.n_prompts,
            **_without_heads(loaded),
        },
    )
    session.add(table)
    session.flush()
    if rows:
        session.execute(insert(models.HeadScore), [row | {"table_id": table.id} for row in rows])


def _without_heads(loaded: LoadedModel) -> dict[str, list[int]]:
    without = [layer for layer in range(loaded.n_layers) if layer not in loaded.attention_layers]
    return {LAYERS_WITHOUT_HEADS: without} if without else {}


def _score_rows(result: ScanResult, each: DetectorResult) -> list[dict[str, Any]]:
    scores = each.scores
    assert scores is not None, "only detectors with scores are recorded"
    positive = set(result.positive(each) or ())
    statistics = scores.statistics
    columns = (
        {}
        if statistics is None
        else {
            "ci_low": grid(statistics.ci_low),
            "ci_high": grid(statistics.ci_high),
            "p": grid(statistics.p),
            "null_score": grid(statistics.null_score),
        }
    )
    if each.p_adjusted is not None:
        columns["p_adjusted"] = grid(each.p_adjusted)
    rows = []
    for head in result.heads:
        score = number(scores.score[head.layer, head.head])
        if score is None:
            continue
        details: dict[str, Any] = {name: values[head.layer][head.head] for name, values in columns.items()}
        # A competing definition makes no finding of its own.
        if result.options.with_statistics and not each.detector.is_definition:
            details["is_positive"] = head in positive
        if scores.reading is not None:
            details["reading"] = scores.reading[head.layer][head.head]
        rows.append({"layer": head.layer, "head": head.head, "score": score, "n": scores.n_counted, "details": details})
    return rows
