"""Parts of jobs: each measures one language model and stores what it found once, however often it is begun.

A part that was interrupted goes on from the checkpoint of its scan, pass by pass (`ingest/checkpoint.py`), where the
worker has the same disk; elsewhere it measures again. What it stores carries the part's name, which the database keeps
unique: a part whose rows are there is only read.
"""

from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from catalog.db import make_reader, transaction
from catalog.models import ScanRun, Verification
from ingest.checkpoint import open_checkpoint
from ingest.detector import Detector
from ingest.device_map import placement
from ingest.errors import IngestError
from ingest.group_pass import Groups
from ingest.loaded_model import LoadedModel
from ingest.loading import load_language_model
from ingest.own_treebank import with_treebank
from ingest.progress import Progress
from ingest.registry import select as detectors_named
from ingest.scan import scan
from ingest.scan_command import store_scan
from ingest.scan_result import ScanOptions, ScanResult
from ingest.settings import IngestSettings
from ingest.verify import groups_of, plan, record_verifications
from ingest.verify_command import detectors_of, find_claims, load_claimed, make_shelf


def plan_verification(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    """Which findings of which language models this machine can re-run.

    Returns:
        `parts`: accessions of findings by slug of the language model; `set_aside`: reason → number of findings.

    Raises:
        IngestError: Nothing was named.
        NotFoundError: There is no finding of that accession.
    """
    named = tuple(request["accessions"])
    if not (named or request["language_model"] or request["head_type"] or request["all"]):
        raise IngestError("Name findings, a language model, a head type, or all.")
    wanted = find_claims(engine, named, request["language_model"], request["head_type"])
    todo = plan(
        wanted,
        {each.name: each for each in detectors_named(["all"])},
        make_shelf(IngestSettings()),
        ask_hub=request["language_model"] is not None,
    )
    parts = {row.slug: [claim.accession for claim in group] for row, _, group in todo.by_language_model}
    return {"parts": parts, "set_aside": dict(todo.set_aside)}


def verify_part(
    engine: Engine, job_part: str, accessions: list[str], request: dict[str, Any], progress: Progress
) -> dict[str, Any]:
    """Re-run findings of one language model.

    Returns:
        `verifications`: accessions; `verdicts`: verdict → number; `refused`: why the language model cannot be used.
    """
    found = _verified(engine, job_part)
    if found is not None:
        return found
    claims = find_claims(engine, tuple(accessions), None, None)
    row = claims[0].language_model
    settings = IngestSettings()
    arguments = {**request, "dtype": request["dtype"] or settings.dtype, **placement(None, None, settings)}
    try:
        loaded = load_claimed(row, make_shelf(settings).find(row), arguments)
        result = _scanned(
            loaded, detectors_of(claims), arguments, progress, groups=groups_of(claims), with_breadth=True
        )
    except IngestError as problem:
        return {"verifications": [], "verdicts": {}, "refused": [str(problem)]}
    try:
        with transaction(engine) as session:
            record_verifications(session, result, row, claims, job_part=job_part)
    except IntegrityError:
        # Another worker stored this part in the meantime, which its unique name tells.
        if _verified(engine, job_part) is None:
            raise
    stored = _verified(engine, job_part)
    assert stored is not None, "it was just committed"
    return stored


def scan_part(engine: Engine, job_part: str, request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Score one language model and store the run.

    Returns:
        `run`: number of the scan run.

    Raises:
        IngestError: The language model or a detector cannot be used.
    """
    found = _run_of(engine, job_part)
    if found is not None:
        return {"run": found}
    settings = IngestSettings()
    chosen = detectors_named([name.strip() for name in request["detectors"].split(",") if name.strip()])
    arguments = {**request, "dtype": request["dtype"] or settings.dtype, **placement(None, None, settings)}
    progress.tell(f"loading {request['model']}")
    loaded = load_language_model(
        request["model"],
        revision=request["revision"],
        device=arguments["device"] or "auto",
        dtype=arguments["dtype"],
        device_map=arguments["device_map"],
    )
    detectors = with_treebank(chosen, settings.treebank)
    result = _scanned(loaded, detectors, arguments, progress)
    try:
        run = store_scan(engine, result, Path(request["model"]).expanduser().is_dir(), job_part=job_part)
    except IntegrityError:
        stored = _run_of(engine, job_part)
        if stored is None:
            raise
        run = stored
    return {"run": run}


def _scanned(
    loaded: LoadedModel,
    detectors: list[Detector],
    arguments: dict[str, Any],
    progress: Progress,
    *,
    with_breadth: bool = False,
    groups: Groups | None = None,
) -> ScanResult:
    settings = IngestSettings()
    options = ScanOptions(
        n_prompts=arguments["prompts"],
        seed=arguments["seed"],
        batch_size=settings.batch_size,
        with_breadth=with_breadth,
    )
    checkpoint = open_checkpoint(settings.data, loaded, detectors, options, progress.tell)
    result = scan(
        loaded, detectors, options, groups=groups, arguments=arguments, progress=progress, checkpoint=checkpoint
    )
    checkpoint.clear()
    return result


def _run_of(engine: Engine, job_part: str) -> int | None:
    with make_reader(engine)() as session:
        return session.scalar(select(ScanRun.id).where(ScanRun.job_part == job_part))


def _verified(engine: Engine, job_part: str) -> dict[str, Any] | None:
    run = _run_of(engine, job_part)
    if run is None:
        return None
    with make_reader(engine)() as session:
        rows = session.scalars(select(Verification).where(Verification.scan_run_id == run).order_by(Verification.id))
        made = list(rows)
    verdicts = Counter(each.verdict.value if hasattr(each.verdict, "value") else each.verdict for each in made)
    return {"verifications": [each.accession for each in made], "verdicts": dict(verdicts), "refused": []}
