"""What the sources claim, one claim a row."""

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.models.base import DERIVED, Base, Citable, citable_constraints, index_range, one_of, reference
from catalog.models.head_score import HeadScoreTable
from catalog.models.head_type import HeadType
from catalog.models.language_model import LanguageModel
from catalog.models.method import Method
from catalog.models.metric import Metric
from catalog.models.paper import Paper
from catalog.models.stage import Stage
from catalog.notation import HeadRef
from catalog.vocabulary import Polarity, SourceKind, Unit


class Finding(Citable, Base):
    """One source claims that a head of a language model, or several together, is or is not of a head type.

    Membership in a circuit is claimed with `circuit_role` instead of a head type: being part of a circuit is not a
    kind of head.
    """

    __tablename__ = "findings"
    __table_args__ = (
        one_of("polarity", Polarity),
        one_of("unit", Unit),
        one_of("source_kind", SourceKind),
        *index_range("layer", "head"),
        CheckConstraint("(unit = 'head_group') = (group_heads IS NOT NULL)", name="group_has_heads"),
        CheckConstraint("(head_type_id IS NULL) <> (circuit_role IS NULL)", name="type_or_role"),
        CheckConstraint("value IS NULL OR metric_id IS NOT NULL", name="value_has_metric"),
        CheckConstraint("length(locator) > 0", name="locator_given"),
        Index("ix_findings_head", "language_model_id", "layer", "head"),
        # Each sort of the list has an index that holds the key too: a page then costs the same at any depth.
        Index("ix_findings_value", "value", "id"),
        Index("ix_findings_layer", "layer", "id"),
        Index("ix_findings_head_index", "head", "id"),
        Index("ix_findings_type_value", "head_type_id", "value", "id"),
        Index("ix_findings_model_value", "language_model_id", "value", "id"),
        Index("ix_findings_verdict", "latest_verdict", "id"),
        Index("ix_findings_verdict_value", "latest_verdict", "value", "id"),
        Index("ix_findings_type_verdict", "head_type_id", "latest_verdict", "value", "id"),
        *citable_constraints(),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    paper_id: Mapped[int] = reference("papers.id")
    language_model_id: Mapped[int] = reference("language_models.id", index=False)
    unit: Mapped[Unit] = mapped_column(String(16), default=Unit.QUERY_HEAD)
    layer: Mapped[int]
    head: Mapped[int]
    """Query head, or key-value group where `unit` says so; both from zero. Of a group of heads the first one."""
    group_heads: Mapped[str | None]
    """All heads of a claim about several of them together, as `L1H0+L1H3`; empty for all other claims."""
    head_type_id: Mapped[int | None] = reference("head_types.id")
    circuit_role: Mapped[str | None] = mapped_column(String(64), index=True)
    polarity: Mapped[Polarity] = mapped_column(String(8), default=Polarity.IS)
    published_name: Mapped[str]
    """What the source calls the head."""
    task: Mapped[str]
    method_id: Mapped[int | None] = reference("methods.id")
    metric_id: Mapped[int | None] = reference("metrics.id")
    value: Mapped[float | None]
    stage_id: Mapped[int | None] = reference("stages.id")
    """Stage in which the claim places the head, where one was recorded with it."""
    scope: Mapped[str | None]
    """Narrow reading of the claim: on which inputs it is meant to hold."""
    locator: Mapped[str]
    """Place in the source: file and commit, table, section."""
    source_kind: Mapped[SourceKind] = mapped_column(String(24))
    head_score_table_id: Mapped[int | None] = reference("head_score_tables.id")
    """The published table that the claim was ranked from."""
    note: Mapped[str | None]
    latest_verdict: Mapped[str | None] = mapped_column(String(24), info=DERIVED)
    """Verdict of the latest re-run that stands, empty where there is none; triggers of the database keep it."""

    @property
    def head_name(self) -> str:
        """The head, or group of heads, as it is written; the number of a key-value group stands for it."""
        return self.group_heads or str(HeadRef(self.layer, self.head))

    paper: Mapped[Paper] = relationship(lazy="raise")
    language_model: Mapped[LanguageModel] = relationship(lazy="raise")
    head_type: Mapped[HeadType | None] = relationship(lazy="raise")
    method: Mapped[Method | None] = relationship(lazy="raise")
    metric: Mapped[Metric | None] = relationship(lazy="raise")
    stage: Mapped[Stage | None] = relationship(lazy="raise")
    head_score_table: Mapped[HeadScoreTable | None] = relationship(lazy="raise")
