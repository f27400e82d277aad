"""`headcat rerun`: repeat a verification, store the repetition, say what became of it."""

from dataclasses import asdict
from pathlib import Path

import click

from catalog.db import make_engine, make_reader, transaction
from catalog.schema import require_current
from catalog.settings import CatalogSettings
from ingest.command_output import check_writable, report, report_loading, write_json
from ingest.comparison import Comparison, Outcome
from ingest.rerun import detectors_of, find_verification, load_again, record_again, scan_again
from ingest.settings import IngestSettings
from ingest.signature import read_private_key
from ingest.verify_command import make_shelf

EXIT_CODES = {Outcome.EQUAL: 0, Outcome.DRIFT: 3, Outcome.CONTRADICTION: 4}


def run_rerun(
    accession: str, *, model_path: Path | None, device: str | None, sign_file: Path | None, json_file: str | None
) -> None:
    """Run the command; exit code 0 for equal, 3 for drift, 4 for a contradiction."""
    check_writable(json_file)
    key = None if sign_file is None else read_private_key(sign_file)
    settings = IngestSettings()
    shelf = make_shelf(settings, model_path)
    engine = make_engine(CatalogSettings().database_url)
    require_current(engine)
    with make_reader(engine)() as session:
        before = find_verification(session, accession)
        names = detectors_of(session, before)
    report_loading(before.scan_run.language_model.hub_id)
    folder = None if model_path is None else model_path.expanduser()
    loaded = load_again(before, shelf, path=folder, device=device or settings.device)
    result = scan_again(before, loaded, names, report=report)
    with transaction(engine) as session:
        verified, comparison = record_again(session, before.accession, result, key)
        made = verified.verification.accession
    if json_file is not None:
        content = asdict(comparison) | {"difference": comparison.difference, "repeats": before.accession}
        write_json(content | {"accession": made}, json_file)
    if json_file != "-":
        for line in lines_of(before.accession, made, comparison):
            click.echo(line)
    click.get_current_context().exit(EXIT_CODES[comparison.outcome])


def lines_of(repeated: str, made: str, found: Comparison) -> list[str]:
    """The comparison for a reader."""
    scores = " and ".join("no score" if each is None else f"{each:.6f}" for each in (found.before, found.after))
    apart = "" if found.difference is None else f", {abs(found.difference):.2g} apart"
    changed = found.changed or ["nothing that the records name"]
    return [
        f"{repeated} repeated as {made}: {found.outcome}",
        f"  scores    {scores}{apart}, where {found.tolerance:g} is tolerated",
        f"  verdicts  {found.verdict_before}, then {found.verdict_after}",
        f"  changed   {'; '.join(changed)}",
    ]
