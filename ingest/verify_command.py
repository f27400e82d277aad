"""`headcat verify`: find claims, find their language models, re-run, store, report."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine

from catalog.db import make_engine, make_reader, transaction
from catalog.models import Finding, LanguageModel
from catalog.places import name_of_folder
from catalog.queries.reverification import claims, claims_by_accession
from catalog.schema import require_current
from catalog.settings import CatalogSettings
from catalog.vocabulary import Polarity, Verdict
from ingest.command_output import check_writable, read_json, report, report_loading, write_json
from ingest.detector import Detector
from ingest.device_map import placement
from ingest.errors import IngestError, LanguageModelNotFoundError
from ingest.loaded_model import LoadedModel
from ingest.loading import load_language_model
from ingest.local_models import ModelShelf, check_agrees
from ingest.protocol import check_frozen
from ingest.provenance import code_sha256
from ingest.registry import select
from ingest.scan import scan
from ingest.scan_result import ScanOptions
from ingest.settings import IngestSettings
from ingest.signature import read_private_key
from ingest.verify import Plan, Stamp, Verified, groups_of, plan, record_verifications


@dataclass
class _Outcome:
    """What the command did."""

    verified: list[Verified] = field(default_factory=list)
    set_aside: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)


def run_verify(
    *,
    accessions: tuple[str, ...],
    language_model: str | None,
    model_path: Path | None,
    head_type: str | None,
    is_all: bool,
    seed: int,
    n_prompts: int,
    dtype: str | None,
    device: str | None,
    device_map: str | None,
    frozen_file: Path | None,
    sign_file: Path | None,
    json_file: str | None,
) -> None:
    """Run the command; one transaction for each language model."""
    if not (accessions or language_model or head_type or is_all or model_path):
        raise click.UsageError("Name findings (AHF-000123), a --language-model, a --head-type, or --all.")
    check_writable(json_file)
    settings = IngestSettings()
    run = {"prompts": n_prompts, "seed": seed, "dtype": dtype or settings.dtype}
    stamp = Stamp(
        frozen=None if frozen_file is None else check_frozen(read_json(frozen_file), run, code_sha256()),
        key=None if sign_file is None else read_private_key(sign_file),
    )
    engine = make_engine(CatalogSettings().database_url)
    require_current(engine)
    wanted = find_claims(engine, accessions, language_model, head_type)
    shelf = make_shelf(settings, model_path)
    is_one = len({claim.language_model_id for claim in wanted}) == 1
    only_path = model_path if model_path and is_one else None
    todo = plan(
        wanted,
        {each.name: each for each in select(["all"])},
        shelf,
        ask_hub=language_model is not None and model_path is None,
        only_path=only_path,
    )
    options = ScanOptions(n_prompts=n_prompts, seed=seed, batch_size=settings.batch_size, with_breadth=True)
    arguments: dict[str, Any] = {
        "accessions": list(accessions),
        "language_model": language_model,
        # Where it lies on this machine is in no record.
        "model_path": None if model_path is None else name_of_folder(str(model_path.resolve())),
        "head_type": head_type,
        "all": is_all,
        "seed": seed,
        "prompts": n_prompts,
        "dtype": dtype or settings.dtype,
        **placement(device, device_map, settings),
    }
    # With `--json -` standard output belongs to the JSON.
    outcome = _run(engine, todo, options, arguments, stamp, show=lambda line: click.echo(line, err=json_file == "-"))
    _tell(outcome, json_file)


def make_shelf(settings: IngestSettings, model_path: Path | None = None) -> ModelShelf:
    """Where this machine's language models are.

    Raises:
        LanguageModelNotFoundError: The folder that the user named does not exist.
    """
    if model_path is not None and not model_path.expanduser().is_dir():
        raise LanguageModelNotFoundError(f"There is no folder {model_path}: name the one that holds config.json.")
    folders = [Path(folder) for folder in settings.model_folders.split(":") if folder]
    return ModelShelf(folders, [model_path.expanduser()] if model_path else [], settings.data)


def find_claims(
    engine: Engine, accessions: tuple[str, ...], language_model: str | None, head_type: str | None
) -> list[Finding]:
    """Claims by accession, by language model, by head type, or all of them.

    Raises:
        NotFoundError: There is no finding of that accession.
    """
    with make_reader(engine)() as session:
        if not accessions:
            return claims(session, language_model=language_model, head_type=head_type)
        named = claims_by_accession(session, accessions)
        if language_model is None and head_type is None:
            return named
        kept = {claim.id for claim in claims(session, language_model=language_model, head_type=head_type)}
        return [claim for claim in named if claim.id in kept]


def _run(
    engine: Engine,
    todo: Plan,
    options: ScanOptions,
    arguments: dict[str, Any],
    stamp: Stamp,
    *,
    show: Callable[[str], None],
) -> _Outcome:
    outcome = _Outcome(set_aside=todo.set_aside.copy())
    for row, folder, group in todo.by_language_model:
        try:
            loaded = load_claimed(row, folder, arguments)
            groups = groups_of(group)
            result = scan(loaded, detectors_of(group), options, groups=groups, arguments=arguments, report=report)
        except IngestError as problem:
            # One language model that cannot be used must not keep the others from being verified; alone, it is the
            # answer to what was asked.
            if len(todo.by_language_model) == 1:
                raise
            outcome.refused.append(str(problem))
            outcome.set_aside["language model that cannot be used"] += len(group)
            click.echo(f"headcat: {problem}", err=True)
            continue
        with transaction(engine) as session:
            verified = record_verifications(session, result, row, group, stamp)
        outcome.verified += verified
        show(f"{row.hub_id}, weights {result.loaded.weights_sha256[:12]}:")
        for each in verified:
            show(line_of(each))
    return outcome


def detectors_of(claims: Sequence[Finding]) -> list[Detector]:
    """Only what the claims ask for: `headcat scan` is there for the rest, and each further test costs significance."""
    return select(sorted({claim.head_type.slug for claim in claims if claim.head_type is not None}))


def load_claimed(row: LanguageModel, folder: Path | None, arguments: dict[str, Any]) -> LoadedModel:
    """The language model of a record, checked against it, under the name that the record has.

    Raises:
        IngestError: It cannot be loaded, or is another one.
    """
    report_loading(row.hub_id)
    revision = None if folder is not None or row.revision == "unspecified" else row.revision
    loaded = load_language_model(
        str(folder or row.hub_id),
        revision=revision,
        device=arguments["device"] or "auto",
        dtype=arguments["dtype"],
        device_map=arguments["device_map"],
    )
    check_agrees(loaded, row)
    return replace(loaded, hub_id=row.hub_id)


def line_of(verified: Verified) -> str:
    """One finding on one line."""
    claim, measured = verified.rerun.claim, verified.rerun.measured
    head_type = claim.head_type.slug if claim.head_type else ""
    says = "is" if claim.polarity == Polarity.IS else "is not"
    if measured.score is None:
        numbers = f"not computed: {measured.score_absent_reason}"
    else:
        interval = "" if measured.ci_low is None else f" [{measured.ci_low:.3f}, {measured.ci_high:.3f}]"
        chance = "" if measured.chance is None else f"  chance {measured.chance:.3f}"
        numbers = f"{measured.score:.3f}{interval}{chance}"
    judgement = verified.rerun.judgement
    why = "" if judgement.verdict is Verdict.REPRODUCED or measured.score is None else f" ({judgement.reasons[0]})"
    return f"{claim.accession}  {claim.head_name:<7}  {says:<6} {head_type:<16}  {numbers}  {judgement.verdict}{why}"


def _tell(outcome: _Outcome, json_file: str | None) -> None:
    if json_file is not None:
        content = {
            "verifications": [each.verification.record for each in outcome.verified],
            # A record cannot hold its own hash.
            "frozen": {
                each.verification.accession: {
                    "record_sha256": each.verification.record_sha256,
                    "signature": each.verification.signature,
                }
                for each in outcome.verified
            },
            "not_verified": dict(outcome.set_aside),
            "refused": outcome.refused,
        }
        write_json(content, json_file)
    if json_file == "-":
        return
    verdicts = Counter(each.rerun.judgement.verdict.value for each in outcome.verified)
    counted = ", ".join(f"{n} {verdict}" for verdict, n in verdicts.most_common())
    click.echo(f"{len(outcome.verified)} findings verified{': ' + counted if counted else ''}.")
    for reason, n in outcome.set_aside.most_common():
        click.echo(f"{n} not verified: {reason}.")
    if outcome.refused and not outcome.verified:
        raise click.ClickException("No language model could be used; the reasons stand above.")
