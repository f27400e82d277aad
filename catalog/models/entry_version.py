"""Frozen forms of citable entries, and dated releases of the whole catalog."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from catalog.models.base import Base, now, one_of
from catalog.vocabulary import EntryKind


class EntryVersion(Base):
    """One version of a citable entry, as canonical JSON with its hash. Never edited."""

    __tablename__ = "entry_versions"
    __table_args__ = (
        one_of("kind", EntryKind),
        CheckConstraint("version >= 1", name="version_from_one"),
        CheckConstraint("length(content_sha256) = 64", name="hash_form"),
        UniqueConstraint("accession", "version"),
        Index("ix_entry_versions_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[EntryKind] = mapped_column(String(4), index=True)
    accession: Mapped[str] = mapped_column(String(16), index=True)
    version: Mapped[int]
    content: Mapped[str]
    """Canonical JSON: sorted keys, no blanks, UTF-8."""
    content_sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)


class Release(Base):
    """A dated snapshot of the catalog with its checksums."""

    __tablename__ = "releases"
    __table_args__ = (CheckConstraint("length(manifest_sha256) = 64", name="hash_form"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    manifest: Mapped[dict[str, Any]]
    """Files with sizes and sha256, and the number of entries of each kind."""
    manifest_sha256: Mapped[str] = mapped_column(String(64))
