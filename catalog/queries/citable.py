"""What all citable entries share: they are found by accession, and a withdrawn one says so."""

from typing import Any, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from catalog.errors import InvalidNotationError, WithdrawnError
from catalog.models.base import Citable
from catalog.notation import Accession
from catalog.queries.names import not_found
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


def one_entry(session: Session, kind: str, name: str, model: type[Entry], statement: Select[Entry]) -> Entry:
    """The one entry of a statement, if it stands.

    Raises:
        NotFoundError: There is none; near accessions are given.
        WithdrawnError: It was withdrawn.
    """
    entry = session.scalars(statement).unique().one_or_none()
    if entry is None:
        raise not_found(session, kind, name, model.accession)
    return standing(entry)


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
