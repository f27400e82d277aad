"""`head_scores/*.toml`: published tables of per-head numbers; the numbers are in `<slug>.csv` beside them.

A CSV begins with the columns layer and head (kv_head for key-value groups). The column named by `value_column` becomes
the score, `n` the number of observations, and further columns go to the details of their row.
"""

from typing import Any

from pydantic import Field

from catalog.seed_schema.base import Flag, Record, Ref, Text, Whole
from catalog.vocabulary import Unit


class HeadScoreTableRecord(Record):
    """`[[tables]]`: one metric over the heads of one language model."""

    slug: Text
    language_model: Ref
    metric: Ref
    unit: Unit
    paper: Ref
    repository: Text | None = None
    path: Text | None = None
    commit: Text | None = None
    licence: Text | None = None
    licence_note: Text | None = None
    n_rows: Whole
    is_complete: Flag
    value_column: Text = "score"
    value_note: Text | None = None
    details: dict[str, Any] = Field(default_factory=dict)


class HeadScoreTablesFile(Record):
    """The whole file."""

    tables: tuple[HeadScoreTableRecord, ...]
