"""The ledger of versions: which frozen form of a shipped entry is which version, in every installation.

`versions/versions.csv` beside the records lists each form with its hash and its date; the bytes of the latest one
follow from the record, those of earlier ones are kept in `versions/AHF-000001.v1.json`. Loading checks all of them, so
that `AHF-000001.v1` names the same bytes wherever these records were loaded. `headcat freeze` writes the ledger.
"""

import csv
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path

from catalog.canonical import sha256_of
from catalog.errors import InvalidNotationError, SeedError
from catalog.notation import Accession

FOLDER = "versions"
LEDGER = f"{FOLDER}/versions.csv"
_COLUMNS = ["accession", "version", "frozen_on", "sha256"]
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class FrozenForm:
    """One version of one entry, as the ledger lists it."""

    accession: str
    version: int
    frozen_on: date
    sha256: str

    @property
    def name(self) -> str:
        """`AHF-000001.v1`."""
        return f"{self.accession}.v{self.version}"

    @property
    def moment(self) -> datetime:
        """When the form counts as frozen, the same in every installation."""
        return datetime.combine(self.frozen_on, time(), UTC)


@dataclass(frozen=True)
class Ledger:
    """All forms of a folder of records; empty where the folder keeps no ledger."""

    forms: Mapping[str, list[FrozenForm]] = field(default_factory=dict)
    """By accession, oldest first, without a gap."""
    superseded: Mapping[str, str] = field(default_factory=dict)
    """Contents of earlier forms, by name."""

    def content(self, form: FrozenForm, present: str, present_sha256: str) -> str:
        """Bytes of a form: those of the record where it is still at this version, else those that were kept.

        Raises:
            SeedError: Neither the record nor a kept file has them.
        """
        if form.sha256 == present_sha256:
            return present
        kept = self.superseded.get(form.name)
        if kept is None and form is self.forms[form.accession][-1]:
            raise SeedError(LEDGER, form.name, "the record differs from this frozen form; run `headcat freeze`")
        if kept is None or sha256_of(kept) != form.sha256:
            raise SeedError(f"{FOLDER}/{form.name}.json", "file", "it is missing or is not what was frozen")
        return kept


def read_ledger(folder: Path) -> Ledger:
    """The ledger of a folder of records.

    Raises:
        SeedError: It cannot be read, or a line of it cannot be.
    """
    path = folder / LEDGER
    if not path.is_file():
        return Ledger()
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        kept = {each.stem: each.read_text("utf-8") for each in path.parent.glob("*.json")}
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise SeedError(LEDGER, "file", f"the file cannot be read ({problem})") from problem
    if not rows or rows[0] != _COLUMNS:
        raise SeedError(LEDGER, "line 1", f"the columns are {','.join(_COLUMNS)}")
    forms: dict[str, list[FrozenForm]] = {}
    for number, row in enumerate(rows[1:], start=2):
        form = _read(row, number)
        earlier = forms.setdefault(form.accession, [])
        if form.version != len(earlier) + 1:
            raise SeedError(LEDGER, f"line {number}", f"{form.name} does not follow version {len(earlier)}")
        earlier.append(form)
    return Ledger(forms, kept)


def _read(row: list[str], number: int) -> FrozenForm:
    try:
        accession, version, frozen_on, sha256 = row
        if Accession.parse(accession).base != accession or not _SHA256.fullmatch(sha256):
            raise ValueError
        return FrozenForm(accession, int(version), date.fromisoformat(frozen_on), sha256)
    except (ValueError, InvalidNotationError) as problem:
        raise SeedError(LEDGER, f"line {number}", f"{','.join(row)!r} is no frozen form") from problem


def freeze(
    folder: Path,
    ledger: Ledger,
    contents: Iterable[tuple[str, str]],
    *,
    find: Callable[[FrozenForm], str | None],
    today: date,
) -> list[FrozenForm]:
    """Enter the present form of each entry that the ledger does not list yet, and keep the bytes it takes over from.

    Args:
        folder: The records.
        ledger: As read from there.
        contents: Accession and canonical JSON of every entry.
        find: Bytes of a form that no file keeps, from a catalog that was loaded before the record was edited.
        today: Date of the new forms.

    Raises:
        SeedError: The bytes of a form that was frozen are nowhere; nothing was written.
    """
    forms = {accession: list(each) for accession, each in ledger.forms.items()}
    added, kept = [], {}
    for accession, content in contents:
        earlier, digest = forms.setdefault(accession, []), sha256_of(content)
        if earlier and earlier[-1].sha256 == digest:
            continue
        if earlier and earlier[-1].name not in ledger.superseded:
            former = find(earlier[-1])
            if former is None:
                raise SeedError(
                    LEDGER,
                    earlier[-1].name,
                    "its bytes are in no file and not in the catalog: undo the edit of the record, load it with "
                    "`headcat seed`, and edit it again",
                )
            kept[earlier[-1].name] = former
        added.append(FrozenForm(accession, len(earlier) + 1, today, digest))
        earlier.append(added[-1])
    if added:
        _write(folder, [form for _, each in sorted(forms.items()) for form in each], kept)
    return added


def _write(folder: Path, forms: Iterable[FrozenForm], kept: Mapping[str, str]) -> None:
    (folder / FOLDER).mkdir(exist_ok=True)
    for name, content in kept.items():
        (folder / FOLDER / f"{name}.json").write_text(content, "utf-8")
    unfinished = folder / f"{LEDGER}.part"
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows([form.accession, form.version, form.frozen_on.isoformat(), form.sha256] for form in forms)
    # The ledger takes its place last and whole: a run that was cut short has entered nothing.
    os.replace(unfinished, folder / LEDGER)
