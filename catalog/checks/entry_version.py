"""Frozen forms of citable entries."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.canonical import sha256_of
from catalog.checks.rule import Rule
from catalog.models import Circuit, EntryVersion, Finding, HeadType


def hashes_match(session: Session) -> list[str]:
    """The hash of a frozen form is the sha256 of its content."""
    rows = session.execute(
        select(
            EntryVersion.accession, EntryVersion.version, EntryVersion.content, EntryVersion.content_sha256
        ).order_by(EntryVersion.accession, EntryVersion.version)
    )
    return [f"{accession}.v{version}" for accession, version, content, digest in rows if sha256_of(content) != digest]


def versions_are_frozen(session: Session) -> list[str]:
    """The present version of every head type, finding and circuit is frozen, and is the latest one."""
    latest = dict(
        session.execute(
            select(EntryVersion.accession, func.max(EntryVersion.version)).group_by(EntryVersion.accession)
        ).all()
    )
    found = []
    tables: tuple[Any, ...] = (HeadType, Finding, Circuit)
    for table in tables:
        for accession, version in session.execute(select(table.accession, table.version).order_by(table.accession)):
            if latest.get(accession) != version:
                found.append(f"{accession}: is at version {version}, frozen is {latest.get(accession)}")
    return found


RULES = (Rule(hashes_match), Rule(versions_are_frozen))
