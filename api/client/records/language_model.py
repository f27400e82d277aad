"""Records of the API (language_model), written by `python -m api.generate_client` from its document."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A network under study at one revision of its weights."""

    slug: str
    """Hub id with `--` for `/`, and `@` with the revision where one is known."""
    hub_id: str
    """Identifier on the hub."""
    revision: str
    """Revision of the weights; `unspecified` where the source does not say."""
    name: str
    """Name for people."""
    url: str
    """Address of the whole record."""
    architecture: str | None
    """`model_type` of its configuration; null where it was not read."""
    family: str
    """Family."""
    n_layers: int
    """Layers."""
    n_heads: int
    """Query heads of a layer."""
    n_kv_heads: int | None
    """Key-value groups of a layer; null where unknown."""
    d_model: int | None
    """Width of the residual stream; null where unknown."""
    d_head: int | None
    """Width of a head; null where unknown."""
    n_parameters: str | None
    """Parameters as stated; null where unknown."""
    source: str
    """Where the shape was read."""
    note: str | None
    """What else is to know; null where nothing is."""
    n_findings: int
    """Findings on its heads that stand."""
    n_head_score_tables: int
    """Tables of scores of its heads."""
