"""The networks under study."""

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from catalog.models.base import Base, reference


class LanguageModel(Base):
    """A network under study at one revision of its weights.

    Sources seldom say which revision they read: those rows hold the revision `unspecified`, and what we measure
    ourselves always names one.
    """

    __tablename__ = "language_models"
    __table_args__ = (
        UniqueConstraint("hub_id", "revision"),
        CheckConstraint("n_layers > 0 AND n_layers < 10000", name="n_layers_positive"),
        CheckConstraint("n_heads > 0 AND n_heads < 10000", name="n_heads_positive"),
        CheckConstraint("n_kv_heads IS NULL OR (n_kv_heads > 0 AND n_kv_heads <= n_heads)", name="n_kv_heads_range"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(160), unique=True)
    """The hub id with `--` for `/`; `@` and the first twelve characters follow where a revision is known."""
    hub_id: Mapped[str] = mapped_column(String(128), index=True)
    revision: Mapped[str] = mapped_column(String(80), default="unspecified")
    """Commit of the hub, or `sha256:…` of the weights for a model read from a directory."""
    name: Mapped[str]
    architecture: Mapped[str | None] = mapped_column(String(64))
    """`model_type` of its configuration, where it was read."""
    family: Mapped[str] = mapped_column(String(64), index=True)
    n_layers: Mapped[int]
    n_heads: Mapped[int]
    n_kv_heads: Mapped[int | None]
    d_model: Mapped[int | None]
    d_head: Mapped[int | None]
    n_parameters: Mapped[str | None] = mapped_column(String(32))
    """As stated, for example 7B."""
    base_model_id: Mapped[int | None] = reference("language_models.id")
    source: Mapped[str]
    """Where the shape was read."""
    note: Mapped[str | None]
