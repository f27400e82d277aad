"""Lists of heads for inference engines, frozen so that an address once written into a configuration stays true."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.models.base import Base, now, one_of, reference
from catalog.models.head_type import HeadType
from catalog.models.language_model import LanguageModel
from catalog.vocabulary import HeadListBasis, Unit


class HeadListVersion(Base):
    """Which heads of a language model are of a head type, counted by one rule, as it stood. Never edited.

    The latest row of a language model, head type, unit and basis is the present list.
    """

    __tablename__ = "head_list_versions"
    __table_args__ = (
        one_of("unit", Unit),
        one_of("basis", HeadListBasis),
        CheckConstraint("n_heads >= 0", name="n_heads_not_negative"),
        CheckConstraint("length(content_sha256) = 64", name="hash_form"),
        Index("ix_head_list_versions_list", "language_model_id", "head_type_id", "unit", "basis"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    language_model_id: Mapped[int] = reference("language_models.id", index=False)
    head_type_id: Mapped[int] = reference("head_types.id")
    unit: Mapped[Unit] = mapped_column(String(16))
    basis: Mapped[HeadListBasis] = mapped_column(String(16))
    n_heads: Mapped[int]
    content: Mapped[str]
    """Canonical JSON: heads with the claims that put them on the list, and those left out with the reason."""
    content_sha256: Mapped[str] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    language_model: Mapped[LanguageModel] = relationship(lazy="raise")
    head_type: Mapped[HeadType] = relationship(lazy="raise")

    @property
    def version(self) -> str:
        """Name of the version: equal content has the same name in every catalog."""
        return self.content_sha256[:16]
