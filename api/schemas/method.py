"""What the JSON of a method and of a glossary term holds."""

from typing import Self

from pydantic import Field

from api.schemas.base import Links, Record
from api.schemas.refs import MethodRef, PaperRef
from catalog import models
from catalog.queries.method import MethodDetail, MethodNode, MethodRow
from catalog.vocabulary import MethodLevel


class MethodRecord(Record):
    """A way to establish a claim."""

    slug: str = Field(description="Permanent name of the method.")
    name: str = Field(description="Name for people.")
    level: MethodLevel = Field(description="Height in the survey's tree.")
    parent: MethodRef | None = Field(description="Node above; null at a root.")
    definition: str = Field(description="What is done and what it shows.")
    core_operation: str | None = Field(description="The one step that makes the method; null where there is none.")
    aliases: list[str] = Field(description="Other published names.")
    is_in_survey: bool = Field(description="Whether arXiv:2409.03752 names it.")
    note: str | None = Field(description="What else is to know; null where nothing is.")
    n_findings: int = Field(description="Findings established so that stand.", ge=0)
    url: str = Field(description="Address of the record.")

    @classmethod
    def of(cls, row: MethodRow, links: Links) -> Self:
        """A method in a list."""
        return cls.read(
            row.method,
            parent=MethodRef.of(row.parent, links) if row.parent else None,
            n_findings=row.n_findings,
            url=links.to("methods", row.method.slug),
        )


class MethodPaperRecord(Record):
    """A paper that the survey names as an example of a method."""

    paper: PaperRef = Field(description="The paper.")
    via: str = Field(description="Whether a `table` or the `text` names it.")


class MethodDetailRecord(MethodRecord):
    """One method with its place in the tree and its papers."""

    children: list[MethodRef] = Field(description="Nodes below.")
    papers: list[MethodPaperRecord] = Field(description="Examples that the survey names.")

    @classmethod
    def from_detail(cls, detail: MethodDetail, links: Links) -> Self:
        """A method with all that bears on it."""
        row = MethodRow(detail.method, detail.parent, detail.n_findings)
        return cls(
            **dict(MethodRecord.of(row, links)),
            children=[MethodRef.of(each, links) for each in detail.children],
            papers=[
                MethodPaperRecord(paper=PaperRef.of(each.paper, links), via=each.via) for each in detail.method.papers
            ],
        )


class MethodNodeRecord(Record):
    """A method with all below it."""

    method: MethodRef = Field(description="The node.")
    children: list["MethodNodeRecord"] = Field(description="Nodes below.")

    @classmethod
    def of(cls, node: MethodNode, links: Links) -> Self:
        """A tree of methods."""
        children = [MethodNodeRecord.of(each, links) for each in node.children]
        return cls(method=MethodRef.of(node.method, links), children=children)


class MethodTreeRecord(Record):
    """All methods as trees."""

    roots: list[MethodNodeRecord] = Field(description="Modeling-free, modeling-required, and what findings add.")


class GlossaryTermRecord(Record):
    """A term of the field that is no method."""

    slug: str = Field(description="Permanent name of the term.")
    name: str = Field(description="The term.")
    topic: str = Field(description="What it belongs to.")
    definition: str = Field(description="What it means.")
    aliases: list[str] = Field(description="Other names.")
    url: str = Field(description="Address of the record.")

    @classmethod
    def of(cls, term: models.GlossaryTerm, links: Links) -> Self:
        """A term."""
        return cls.read(term, url=links.to("glossary", term.slug))
