"""`mechanisms/<slug>.toml`: how head types work together on a task, as ordered steps."""

from typing import Any

from catalog.seed_schema.base import Flag, Record, Ref, Text


class MechanismStepRecord(Record):
    """`[[steps]]`, in order; `stages` and `head_types` are slugs."""

    does: Text
    reads: Text | None = None
    writes: Text | None = None
    is_optional: Flag = False
    basis: Text | None = None
    note: Text | None = None
    stages: tuple[Ref, ...] = ()
    head_types: tuple[Ref, ...] = ()


class MechanismRecord(Record):
    """The whole file; `papers` are slugs."""

    name: Text
    task: Text
    language_models: tuple[Text, ...] = ()
    basis: Text
    example: dict[str, Any] | None = None
    variant: dict[str, Any] | None = None
    note: Text | None = None
    papers: tuple[Ref, ...] = ()
    steps: tuple[MechanismStepRecord, ...]
