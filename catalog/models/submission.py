"""What contributors sent, and every step it took."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.models.base import Base, now, one_of, reference
from catalog.models.contributor import Contributor
from catalog.vocabulary import SubmissionKind, SubmissionState


class Submission(Base):
    """One party's assertion, as it was sent."""

    __tablename__ = "submissions"
    __table_args__ = (
        one_of("kind", SubmissionKind),
        one_of("state", SubmissionState),
        UniqueConstraint("contributor_id", "idempotency_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contributor_id: Mapped[int] = reference("contributors.id")
    kind: Mapped[SubmissionKind] = mapped_column(String(24))
    state: Mapped[SubmissionState] = mapped_column(String(24), index=True)
    payload: Mapped[dict[str, Any]]
    payload_sha256: Mapped[str] = mapped_column(String(64), index=True)
    idempotency_key: Mapped[str | None] = mapped_column(String(128))
    accession: Mapped[str | None] = mapped_column(String(16))
    """Entry that the submission became, or that it disputes or corrects."""
    created_at: Mapped[datetime] = mapped_column(default=now)

    contributor: Mapped[Contributor] = relationship(lazy="raise")
    events: Mapped[list["ReviewEvent"]] = relationship(lazy="raise", order_by="ReviewEvent.id")


class ReviewEvent(Base):
    """A submission changed its state: who, when and why. Appended, never edited."""

    __tablename__ = "review_events"
    __table_args__ = (
        one_of("from_state", SubmissionState),
        one_of("to_state", SubmissionState),
        CheckConstraint("length(reason) > 0", name="reason_given"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = reference("submissions.id")
    actor_id: Mapped[int] = reference("contributors.id")
    from_state: Mapped[SubmissionState | None] = mapped_column(String(24))
    to_state: Mapped[SubmissionState] = mapped_column(String(24))
    reason: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)

    actor: Mapped[Contributor] = relationship(lazy="raise")
