"""`findings/<paper slug>.toml`: what one paper claims; claims that differ in the head alone share a group."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, model_validator

from catalog.seed_schema.base import FindingAccession, HeadOrGroup, Number, Record, Ref, Slug, Text
from catalog.vocabulary import Polarity, SourceKind, Status, Unit


class ClaimedHead(Record):
    """One row of `heads`: `["AHF-000001", "L9H9", 0.95, "a note"]`; value and note may be left out.

    Where `unit` is `head_group` a row claims something of several heads together: `["AHF-000002", "L9H6+L9H9"]`.
    """

    accession: FindingAccession
    head: HeadOrGroup
    value: Number | None = None
    note: Text | None = None


def _from_row(row: Any) -> Any:
    if not isinstance(row, list):
        return row
    if not 2 <= len(row) <= 4:
        raise ValueError('a head is written ["AHF-000001", "L9H9", value, "note"], the last two only where given')
    fields = {"accession": row[0], "head": row[1]}
    for extra in row[2:]:
        fields["note" if isinstance(extra, str) else "value"] = extra
    return fields


class FindingGroup(Record):
    """`[[groups]]`: the fields that its heads share, and the heads."""

    language_model: Ref
    head_type: Ref | None = None
    circuit_role: Slug | None = None
    polarity: Polarity = Polarity.IS
    published_name: Text
    task: Text
    method: Ref | None = None
    metric: Ref | None = None
    unit: Unit = Unit.QUERY_HEAD
    stage: Ref | None = None
    scope: Text | None = None
    locator: Text
    source_kind: SourceKind
    head_score_table: Ref | None = None
    note: Text | None = None
    heads: tuple[Annotated[ClaimedHead, BeforeValidator(_from_row)], ...]

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.head_type is None) == (self.circuit_role is None):
            raise ValueError("a finding names a head_type or a circuit_role, not both and not neither")
        if any(("+" in head.head) != (self.unit is Unit.HEAD_GROUP) for head in self.heads):
            raise ValueError('heads that are claimed together are written L9H6+L9H9, with unit = "head_group"')
        if self.metric is None and any(head.value is not None for head in self.heads):
            raise ValueError("a value needs its metric")
        return self


class FindingStanding(Record):
    """`[[standings]]`: a claim that is no longer simply published."""

    accession: FindingAccession
    status: Status
    withdrawn_reason: Text | None = None
    successor: Text | None = None

    @model_validator(mode="after")
    def _withdrawn_says_why(self) -> Self:
        if (self.status is Status.WITHDRAWN) != (self.withdrawn_reason is not None):
            raise ValueError("a withdrawn entry, and only such a one, has a withdrawn_reason")
        return self


class FindingsFile(Record):
    """The whole file."""

    groups: tuple[FindingGroup, ...]
    standings: tuple[FindingStanding, ...] = ()
