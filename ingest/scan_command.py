"""`headcat scan`: load, scan, show, and store where asked."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine

from catalog.db import make_engine, transaction
from catalog.places import name_of_folder
from catalog.schema import require_current
from catalog.settings import CatalogSettings
from ingest.checkpoint import Checkpoint, open_checkpoint
from ingest.command_output import (
    check_writable,
    check_writable_folder,
    console,
    report,
    report_loading,
    write_json,
    write_text,
)
from ingest.detectors_command import describe
from ingest.device_map import placement
from ingest.headvis.measuring import measure_headvis
from ingest.loaded_model import LoadedModel
from ingest.loading import load_language_model
from ingest.own_treebank import with_treebank
from ingest.progress import Progress, progress_for_stderr
from ingest.prompts.corpus import read_corpus
from ingest.registry import select
from ingest.report.methods import ErrorRates
from ingest.report.page import report_page
from ingest.scan import scan
from ingest.scan_record import scan_record
from ingest.scan_result import ScanOptions, ScanResult
from ingest.scan_rows import find_by_weights, record_scan, upsert_detector, upsert_language_model
from ingest.scan_table import print_scan
from ingest.settings import IngestSettings


def run_scan(
    model: str,
    *,
    revision: str | None,
    names: str,
    length: int | None,
    no_statistics: bool,
    no_ablation: bool = False,
    save: bool,
    seed: int,
    n_prompts: int,
    dtype: str | None,
    device: str | None,
    device_map: str | None,
    json_file: str | None,
    html_file: str | None = None,
    resume: bool = True,
    headvis_folder: Path | None = None,
    text: Path | None = None,
) -> None:
    """Run the command; what can be refused is refused before weights are loaded."""
    settings = IngestSettings()
    chosen = select([name.strip() for name in names.split(",") if name.strip()] or ["v1"])
    detectors = with_treebank(chosen, settings.treebank)
    corpus = None if text is None else read_corpus(text)
    check_writable(json_file)
    check_writable(html_file, "--html")
    if headvis_folder is not None:
        check_writable_folder(headvis_folder, "--headvis")
    engine = _open_catalog() if save else None
    arguments: dict[str, Any] = {
        # Where it lies on this machine is in no record.
        "model": name_of_folder(str(Path(model).expanduser().resolve())) if _is_folder(model) else model,
        "revision": revision,
        "detectors": names,
        "length": length,
        "no_statistics": no_statistics,
        "no_ablation": no_ablation,
        "seed": seed,
        "prompts": n_prompts,
        "dtype": dtype or settings.dtype,
        "text": None if corpus is None else corpus.name,
        **placement(device, device_map, settings),
    }
    report_loading(model)
    loaded = load_language_model(
        model,
        revision=revision,
        device=arguments["device"] or "auto",
        dtype=arguments["dtype"],
        device_map=arguments["device_map"],
    )
    if corpus is not None:
        loaded = replace(loaded, corpus=corpus)
    options = ScanOptions(
        n_prompts, length, seed, settings.batch_size, not no_statistics, with_ablation=not no_ablation
    )
    checkpoint = open_checkpoint(settings.data, loaded, detectors, options, report)
    with progress_for_stderr() as progress:
        checkpoint.tell = progress.tell
        _begin(checkpoint, progress, resume)
        result = scan(loaded, detectors, options, arguments=arguments, progress=progress, checkpoint=checkpoint)
        if checkpoint.n_found:
            progress.tell(f"{checkpoint.n_found} parts of this scan were read instead of measured again")
    if engine is not None:
        report(f"stored as run {store_scan(engine, result, _is_folder(model))}")
    if json_file is not None:
        write_json(scan_record(result), json_file)
    if html_file is not None:
        write_text(report_page(result, _error_rates(result)), Path(html_file))
        report(f"report written to {html_file}")
    if json_file != "-":
        print_scan(result, console())
    if headvis_folder is not None:
        _export(loaded, options, headvis_folder, arguments, checkpoint)
    checkpoint.clear()
    if all(each.is_failure for each in result.detectors):
        raise click.ClickException(f"Nothing could be measured. {result.detectors[0].absent_reason}")


def _export(
    loaded: LoadedModel, options: ScanOptions, folder: Path, arguments: dict[str, Any], checkpoint: Checkpoint
) -> None:
    with progress_for_stderr() as progress:
        run = measure_headvis(loaded, options, folder, arguments, progress=progress, checkpoint=checkpoint)
    report(f"HeadVis's folder written to {run}")


def _begin(checkpoint: Checkpoint, progress: Progress, resume: bool) -> None:
    if not resume:
        checkpoint.clear()
    elif checkpoint.is_begun:
        progress.tell("going on where a scan with the same arguments was interrupted; --no-resume begins anew")


def _open_catalog() -> Engine:
    engine = make_engine(CatalogSettings().database_url)
    require_current(engine)
    return engine


def _error_rates(result: ScanResult) -> ErrorRates:
    return {each.detector.name: describe(each.detector)["error_rates"] for each in result.detectors}


def _is_folder(model: str) -> bool:
    return Path(model).expanduser().is_dir()


def store_scan(engine: Engine, result: ScanResult, is_folder: bool, *, job_part: str | None = None) -> int:
    """Store run, scores and detectors; the number of the run.

    Args:
        engine: Of the catalog.
        result: The scan.
        is_folder: Whether the language model was named by its folder.
        job_part: The part of a job that this is, if any.
    """
    with transaction(engine) as session:
        known = find_by_weights(session, result.loaded)
        row = known or upsert_language_model(session, result.loaded, _hub_id(result.loaded, is_folder))
        for each in result.detectors:
            upsert_detector(session, each.detector)
        return record_scan(session, result, row, job_part=job_part).id


def _hub_id(loaded: LoadedModel, is_folder: bool) -> str:
    """Its id on the hub; a folder that the catalog does not know is named after itself."""
    return f"local/{Path(loaded.hub_id).expanduser().resolve().name}" if is_folder else loaded.hub_id
