"""`headcat verdict`: stored records judged again, as text or JSON."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from ingest.command_output import check_writable, write_json
from ingest.errors import RecordRefusedError
from ingest.replay.recompute import STATED
from ingest.replay.replay import Replayed, replay
from ingest.replay.stored import read_file
from ingest.signature import Signature, read_public_key

_SHOWN_WHOLE = 20
"""More records than these are shown as one line each only where something is wrong."""


def run_verdict(file: str, *, key_file: Path | None, json_file: str | None) -> None:
    """Run the command; exit code 1 where a verdict differs, 2 where a record is refused."""
    check_writable(json_file)
    public_key = None if key_file is None else read_public_key(key_file)
    verdicts: Counter[str] = Counter()
    refused: list[RecordRefusedError] = []
    differing = 0
    replayed: list[dict[str, Any]] = []
    shown: list[Replayed] = []
    for each in replay(read_file(file), public_key):
        if isinstance(each, RecordRefusedError):
            refused.append(each)
            click.echo(f"headcat: {each}", err=True)
            continue
        verdicts[each.judgement.verdict.value] += 1
        differing += not each.is_equal
        if json_file is not None:
            replayed.append(_as_json(each))
        elif len(shown) <= _SHOWN_WHOLE:
            shown.append(each)
        if not each.is_equal and json_file is None:
            click.echo(f"{each.stored.where} differs: {'; '.join(each.differing)}.")
    if json_file is not None:
        refusals = [{"record": each.name, "field": each.field, "problem": each.problem} for each in refused]
        write_json({"verdicts": replayed, "refused": refusals}, json_file)
    if json_file != "-":
        _tell(shown if len(shown) <= _SHOWN_WHOLE else [], verdicts, differing, len(refused))
    if refused:
        click.get_current_context().exit(2)
    if differing:
        click.get_current_context().exit(1)


def _tell(shown: Iterable[Replayed], verdicts: Counter[str], differing: int, n_refused: int) -> None:
    for each in shown:
        for line in lines_of(each):
            click.echo(line)
    n = verdicts.total()
    if n != 1 or n_refused:
        counted = ", ".join(f"{count:,} {verdict}" for verdict, count in verdicts.most_common())
        click.echo(
            f"{n:,} records judged again{': ' + counted if counted else ''}; {n - differing:,} equal, {differing:,} "
            f"differ, {n_refused:,} refused."
        )


def lines_of(each: Replayed) -> list[str]:
    """One record for a reader: verdict, both rules side by side, reasons, and what was checked."""
    record, judgement = each.stored.record, each.judgement
    finding = record["finding"]
    published = record.get("published_rule")
    says = "is" if finding["polarity"] == "is" else "is not"
    return [
        f"{each.stored.where}  {finding['accession']}: {finding['head']} of {record['language_model']['id']} {says} "
        f"{finding.get('head_type')}",
        f"  verdict         {judgement.verdict}, grade {judgement.grade} (protocol {record['protocol_version']}, "
        f"{record.get('standing') or 'frozen settings unknown'})",
        f"  published rule  {_standing(judgement.published_rule_met)}: "
        f"{published['text'] if published else _no_rule(record)}",
        f"  null rule       {_standing(judgement.null_rule_met)}: {record.get('null_rule')}",
        *(f"  - {reason}" for reason in judgement.reasons),
        f"  numbers         {_checked(each)}",
        f"  hash            {each.sha256} ({_said(each.stored.sha256)})",
        f"  signature       {_signed(each.stored.signature)}",
        f"  replayed        {'equal' if each.is_equal else 'differs: ' + '; '.join(each.differing)}",
    ]


def _standing(is_met: bool | None) -> str:
    return {True: "met", False: "unmet", None: "open or none"}[is_met]


def _no_rule(record: dict[str, Any]) -> str:
    line = record["measured"].get("published_threshold")
    return "the source drew no line that applies" if line is None else f"a score of at least {line:g}"


def _checked(each: Replayed) -> str:
    if not each.is_recomputed:
        return "as stated: this record keeps no values of prompts"
    return f"computed again from its prompts; as stated: {STATED}"


def _said(sha256: str | None) -> str:
    return "computed; this form states none to compare with" if sha256 is None else "as stated"


def _signed(line: str | None) -> str:
    return "none" if line is None else f"fits the record, by key {Signature.parse(line).signer}"


def _as_json(each: Replayed) -> dict[str, Any]:
    record = each.stored.record
    return {
        "accession": record["accession"],
        "finding": record["finding"],
        **asdict(each.judgement),
        "verdict": each.judgement.verdict.value,
        "published_rule": record.get("published_rule"),
        "null_rule": record.get("null_rule"),
        "protocol_version": record["protocol_version"],
        "standing": record.get("standing"),
        "record_sha256": each.sha256,
        "has_stated_sha256": each.stored.sha256 is not None,
        "signer": None if each.stored.signature is None else Signature.parse(each.stored.signature).signer,
        "is_recomputed": each.is_recomputed,
        "is_equal": each.is_equal,
        "differing": each.differing,
    }
