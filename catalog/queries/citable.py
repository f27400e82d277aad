"""What all citable entries share: they are found by accession, and a withdrawn one says so."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from catalog.errors import InvalidNotationError, NotFoundError, WithdrawnError
from catalog.models.base import Citable
from catalog.notation import Accession
from catalog.vocabulary import EntryKind, Status

Entry = TypeVar("Entry", bound=Citable)


def accession_of(kind: EntryKind, text: str) -> str:
    """The accession of a text, which must be of this kind.

    Raises:
        InvalidNotationError: It is no accession, one of another kind, or names a version.
    """
    accession = Accession.parse(text)
    if accession.kind != kind:
        raise InvalidNotationError(text, f"accessions of this kind of entry begin with {kind}-")
    if accession.version is not None:
        raise InvalidNotationError(text, f"versions of an entry are read at /api/v1/entries/{accession}")
    return accession.base


def one_entry(
    session: Session, kind: str, name: str, statement: Select[Entry], *, near: Callable[[], list[str]]
) -> Entry:
    """The one entry of a statement, if it stands.

    Raises:
        NotFoundError: There is none; carries what `near` finds.
        WithdrawnError: It was withdrawn.
    """
    entry = session.scalars(statement).unique().one_or_none()
    if entry is None:
        raise NotFoundError(kind, name, near())
    return standing(entry)


def near_accessions(session: Session, model: type[Citable], accession: str) -> list[str]:
    """Accessions beside one that does not exist: the one before it and the one after it."""
    column: Any = model.accession
    before = session.scalars(select(column).where(column < accession).order_by(column.desc()).limit(1))
    after = session.scalars(select(column).where(column > accession).order_by(column).limit(1))
    return [*before, *after]


def standing(entry: Entry) -> Entry:
    """The entry itself, unless it was withdrawn.

    Raises:
        WithdrawnError: It was withdrawn; carries the reason and the successor.
    """
    if entry.status == Status.WITHDRAWN:
        raise WithdrawnError(entry.accession, entry.withdrawn_reason or "", entry.successor, entry.version)
    return entry


def published(model: type[Citable]) -> Any:
    """Condition that leaves out withdrawn entries: lists hold what stands."""
    return model.status != Status.WITHDRAWN


def select_published(model: type[Entry]) -> Select[Entry]:
    """All entries of a kind that stand."""
    return select(model).where(published(model))
