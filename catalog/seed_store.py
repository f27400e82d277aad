"""Brings tables to the state that the record files describe, row by row, and counts what it did.

A row is known by its natural key (a slug, an accession, a parent and a name), so a second run finds every row again.
Rows that belong to a record follow it: one that the record no longer lists is deleted. A record that is in the
catalog but in no file is counted and stays, since others may have cited it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sqlalchemy import String, Table, bindparam, delete, func, insert, select, text, update
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from catalog.errors import SeedError
from catalog.models import Base
from catalog.seed_files import near
from catalog.seed_schema.base import CitableRecord, Record
from catalog.seed_schema.finding import FindingStanding
from catalog.vocabulary import Status

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Place:
    """Where a row comes from: a record file and a place in it."""

    file: str
    where: str

    def error(self, problem: str) -> SeedError:
        """Refusal of what stands here."""
        return SeedError(self.file, self.where, problem)


@dataclass(frozen=True)
class Kind:
    """One table as the record files fill it."""

    model: type[Base]
    label: str
    key: tuple[str, ...]
    owner: str | None = None
    """Column of the record that a row belongs to; empty for records of their own."""

    @property
    def table(self) -> Table:
        """The table itself."""
        return self.model.metadata.tables[self.model.__tablename__]


@dataclass
class Row:
    """Values of one row to be, without its id."""

    place: Place
    values: dict[str, Any]
    initial: dict[str, Any] = field(default_factory=dict)
    """Values that a new row starts with; an old row keeps its own."""


@dataclass
class Change:
    """What happened to the rows of one kind."""

    added: int = 0
    updated: int = 0
    removed: int = 0
    unchanged: int = 0
    absent: list[str] = field(default_factory=list)
    """Keys of records that are in the catalog but in no file."""


class Store:
    """The tables during one run; everything happens in the session's transaction."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.changes: dict[str, Change] = {}
        self._existing: dict[Kind, dict[Key, dict[str, Any]]] = {}
        self._ids: dict[Kind, dict[Key, int]] = {}
        self._followed: dict[Table, set[int]] = {}
        """Ids whose rows belong to records of the files, those about to be deleted included."""
        self._stale: list[tuple[Kind, list[dict[str, Any]]]] = []

    def assign(self, kind: Kind, keys: Iterable[tuple[Key, Place]]) -> None:
        """Give every row of a kind its id, old or reserved, so that rows can name each other.

        Raises:
            SeedError: Two rows have the same key.
        """
        places: dict[Key, Place] = {}
        for key, place in keys:
            if key in places:
                first = places[key]
                raise place.error(
                    f"{kind.label} {_spell(key)} is a duplicate of the one in {first.file}, {first.where}"
                )
            places[key] = place
        existing = self.existing(kind)
        fresh = [key for key in places if key not in existing]
        ids = {key: existing[key]["id"] for key in places if key in existing} if "id" in kind.table.c else {}
        if "id" in kind.table.c:
            ids |= dict(zip(fresh, self._reserve(kind.table, len(fresh)), strict=True))
        self._ids[kind] = ids

    def existing(self, kind: Kind) -> dict[Key, dict[str, Any]]:
        """Rows that the catalog held before this run, by key."""
        if kind not in self._existing:
            rows = self.session.execute(select(kind.table)).mappings()
            self._existing[kind] = {tuple(row[name] for name in kind.key): dict(row) for row in rows}
        return self._existing[kind]

    def id_of(self, kind: Kind, name: Any, place: Place) -> int:
        """Id of the row that a record names.

        Raises:
            SeedError: No record has this name.
        """
        key = name if isinstance(name, tuple) else (name,)
        found = self._ids[kind].get(key)
        if found is None:
            known = {str(known[0]) for known in self._ids[kind]}
            raise place.error(f"there is no {kind.label} named {str(key[0])!r}{near(str(key[0]), known)}")
        return found

    def optional_id(self, kind: Kind, name: Any, place: Place) -> int | None:
        """Id of the row that a record names, or None where it names none."""
        return None if name is None else self.id_of(kind, name, place)

    def write(self, kind: Kind, rows: Sequence[Row]) -> None:
        """Insert what is missing, update what differs, and remember what an owner no longer lists.

        Raises:
            SeedError: A text is too long, a key occurs twice, or the database refuses a row.
        """
        if kind not in self._ids:
            self.assign(kind, [(self._key(kind, row), row.place) for row in rows])
        existing, change = self.existing(kind), Change()
        added: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        for row in rows:
            values = {name: value.value if isinstance(value, Enum) else value for name, value in row.values.items()}
            _check_lengths(kind, values, row.place)
            key = self._key(kind, row)
            old = existing.get(key)
            if old is None:
                added.append(row.initial | values | ({"id": self._ids[kind][key]} if "id" in kind.table.c else {}))
            elif any(old[name] != value for name, value in values.items()):
                kept = {name: old[name] for name in row.initial}
                changed.append(kept | values | {"row_id": old["id"]})
        self._execute(kind, rows, added, changed)
        change.added, change.updated = len(added), len(changed)
        change.unchanged = len(rows) - len(added) - len(changed)
        self._note_leftovers(kind, {self._key(kind, row) for row in rows}, change)
        self.changes[kind.label] = change

    def prune(self) -> None:
        """Delete what owners no longer list, the last written first since earlier tables may be pointed at."""
        for kind, rows in reversed(self._stale):
            table = kind.table
            names = [column.name for column in table.primary_key]
            condition = [table.c[name] == bindparam(f"key_{name}") for name in names]
            self.session.execute(
                delete(table).where(*condition), [{f"key_{name}": row[name] for name in names} for row in rows]
            )

    def _key(self, kind: Kind, row: Row) -> Key:
        return tuple(value.value if isinstance(value, Enum) else value for value in map(row.values.get, kind.key))

    def _note_leftovers(self, kind: Kind, wanted: set[Key], change: Change) -> None:
        left = {key: row for key, row in self.existing(kind).items() if key not in wanted}
        mine = set(self._ids[kind].values())
        if kind.owner is None:
            change.absent = sorted(_spell(key) for key in left)
        else:
            # Rows of a record that is in no file stay with it.
            (key_to_owner,) = kind.table.c[kind.owner].foreign_keys
            owners = self._followed[key_to_owner.column.table]
            stale = [row for row in left.values() if row[kind.owner] in owners]
            if stale:
                self._stale.append((kind, stale))
                change.removed = len(stale)
            mine |= {row["id"] for row in stale if "id" in row}
        self._followed[kind.table] = mine

    def _execute(
        self, kind: Kind, rows: Sequence[Row], added: list[dict[str, Any]], changed: list[dict[str, Any]]
    ) -> None:
        try:
            for batch in _parents_first(kind.table, added):
                self.session.execute(insert(kind.table), batch)
            if changed:
                self.session.execute(update(kind.table).where(kind.table.c.id == bindparam("row_id")), changed)
        except (IntegrityError, DataError) as problem:
            reason = str(problem.orig).strip().splitlines()[0]
            raise SeedError(
                rows[0].place.file.split("/", maxsplit=1)[0],
                kind.label,
                f"the database refuses a record of this kind ({reason})",
            ) from problem

    def _reserve(self, table: Table, count: int) -> Iterable[int]:
        if not count:
            return []
        if self.session.get_bind().dialect.name == "postgresql":
            # Ids come from the sequence, so that a concurrent writer can never get the same.
            statement = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)")
            return [row[0] for row in self.session.execute(statement, {"name": table.name, "count": count})]
        # SQLite has one writer at a time, and this transaction is it.
        start = self.session.scalar(select(func.coalesce(func.max(table.c.id), 0)))
        assert start is not None
        return range(start + 1, start + count + 1)


def _parents_first(table: Table, rows: list[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    """Split rows so that one which points at another of the same table comes after it."""
    columns = [column.name for column in table.c if any(key.column.table is table for key in column.foreign_keys)]
    waiting, pending = rows, {row["id"] for row in rows} if columns else set()
    while waiting:
        ready = [row for row in waiting if not any(row[name] in pending for name in columns)]
        assert ready, "references within a table form no circle"
        yield ready
        pending -= {row["id"] for row in ready} if columns else set()
        done = {id(row) for row in ready}
        waiting = [row for row in waiting if id(row) not in done]


def _check_lengths(kind: Kind, values: dict[str, Any], place: Place) -> None:
    """SQLite would keep a text that PostgreSQL refuses."""
    for name, value in values.items():
        column = kind.table.c[name].type
        if isinstance(value, str) and isinstance(column, String) and column.length and len(value) > column.length:
            raise place.error(f"{name} has {len(value)} characters, at most {column.length} fit")


def columns(record: Record, *names: str) -> dict[str, Any]:
    """Fields of a record as column values: enums as text, tuples as lists."""
    return record.model_dump(mode="json", include=set(names))


STANDING = ("status", "withdrawn_reason", "successor")


def standing_of(record: CitableRecord | FindingStanding | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Standing as the file states it, and the standing of a new entry.

    A file that states no status leaves the catalog's alone: an entry may have been disputed or withdrawn there.
    """
    initial = {"status": Status.PUBLISHED.value, "withdrawn_reason": None, "successor": None}
    if record is None or "status" not in record.model_fields_set:
        return {}, initial
    return columns(record, *STANDING), initial


def _spell(key: Key) -> str:
    return " ".join(str(part) for part in key if part is not None)
