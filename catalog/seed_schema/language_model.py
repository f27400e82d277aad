"""`language_models/<slug>.toml`: a network under study."""

from typing import Self

from pydantic import model_validator

from catalog.notation import language_model_slug
from catalog.seed_schema.base import Record, Ref, Text, Whole


class LanguageModelRecord(Record):
    """The whole file; the slug is the hub id with `--` for `/`, plus `@` and the start of a known revision."""

    hub_id: Text
    revision: Text = "unspecified"
    name: Text
    architecture: Text | None = None
    family: Text
    n_layers: Whole
    n_heads: Whole
    n_kv_heads: Whole | None = None
    d_model: Whole | None = None
    d_head: Whole | None = None
    n_parameters: Text | None = None
    base_model: Ref | None = None
    source: Text
    note: Text | None = None

    @model_validator(mode="after")
    def _shape_is_possible(self) -> Self:
        if not 0 < self.n_layers < 10_000 or not 0 < self.n_heads < 10_000:
            raise ValueError("n_layers and n_heads lie between 1 and 9,999")
        if self.n_kv_heads is not None and (self.n_kv_heads < 1 or self.n_heads % self.n_kv_heads):
            raise ValueError(f"n_kv_heads = {self.n_kv_heads} does not divide n_heads = {self.n_heads}")
        return self

    @property
    def slug(self) -> str:
        """What the file must be called."""
        return language_model_slug(self.hub_id, self.revision)
