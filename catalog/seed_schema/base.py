"""What all record files share: no unknown keys, no guessing between types, accessions and standing.

A record file is TOML. Its keys are the columns of `catalog/models`; rows that belong to a record are arrays of tables
inside it; other records are named by slug. A file that holds one record is named by its slug and repeats it nowhere.
"""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, model_validator

from catalog.errors import InvalidNotationError
from catalog.notation import Accession, HeadRef, group_text, parse_group
from catalog.vocabulary import EntryKind, Status

Whole = Annotated[int, Strict()]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Flag = Annotated[bool, Strict()]
Text = Annotated[str, Field(strict=True, min_length=1)]
Slug = Annotated[str, Field(strict=True, pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$")]
"""Name of a record of ours: lower-case words joined by `_`."""
Ref = Annotated[str, Field(strict=True, min_length=1)]
"""Slug of another record; the loader checks that it exists."""


def _head(text: str) -> str:
    try:
        return str(HeadRef.parse(text))
    except InvalidNotationError as problem:
        raise ValueError(str(problem)) from problem


def _group(text: str) -> str:
    try:
        return group_text(parse_group(text)) if "+" in text else _head(text)
    except InvalidNotationError as problem:
        raise ValueError(str(problem)) from problem


HeadOrGroup = Annotated[str, Field(strict=True), AfterValidator(_group)]
"""A head as `L5H1`, or several together as `L5H1+L5H2`."""
Head = Annotated[str, Field(strict=True), AfterValidator(_head)]
"""A head as `L5H1`."""


def _accession(kind: EntryKind) -> AfterValidator:
    def check(text: str) -> str:
        try:
            found = Accession.parse(text)
        except InvalidNotationError as problem:
            raise ValueError(str(problem)) from problem
        if found.kind is not kind or str(found) != text or found.version is not None:
            raise ValueError(f"{text!r} is no accession of such an entry, which is written {Accession(kind, 12)}")
        return text

    return AfterValidator(check)


HeadTypeAccession = Annotated[str, Field(strict=True), _accession(EntryKind.HEAD_TYPE)]
FindingAccession = Annotated[str, Field(strict=True), _accession(EntryKind.FINDING)]
CircuitAccession = Annotated[str, Field(strict=True), _accession(EntryKind.CIRCUIT)]


class Record(BaseModel):
    """Base of all record shapes."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=False)


class CitableRecord(Record):
    """An entry with a standing; its version is counted by the loader, not written in the file.

    A file without `status` leaves the standing that the entry has in a catalog; a new entry is published.
    """

    status: Status = Status.PUBLISHED
    withdrawn_reason: Text | None = None
    successor: Text | None = None

    @model_validator(mode="after")
    def _withdrawn_says_why(self) -> Self:
        if (self.status is Status.WITHDRAWN) != (self.withdrawn_reason is not None):
            raise ValueError("a withdrawn entry, and only such a one, has a withdrawn_reason")
        return self
