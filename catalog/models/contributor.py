"""Who may write, and with which key."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.models.base import Base, now, one_of, reference
from catalog.vocabulary import Role


class Contributor(Base):
    """A person or machine that writes to the catalog."""

    __tablename__ = "contributors"
    __table_args__ = (
        one_of("role", Role),
        CheckConstraint("orcid IS NULL OR length(orcid) = 19", name="orcid_form"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(128), unique=True)
    orcid: Mapped[str | None] = mapped_column(String(19), unique=True)
    role: Mapped[Role] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(default=now)


class ApiKey(Base):
    """A key of a contributor; only its hash is kept."""

    __tablename__ = "api_keys"
    __table_args__ = (CheckConstraint("length(key_sha256) = 64", name="hash_form"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contributor_id: Mapped[int] = reference("contributors.id")
    label: Mapped[str] = mapped_column(String(64))
    prefix: Mapped[str] = mapped_column(String(12))
    """First characters, so that its owner can tell keys apart."""
    key_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    contributor: Mapped[Contributor] = relationship(lazy="raise")
