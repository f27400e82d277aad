"""`circuits/<slug>.toml`: a circuit in every variant that a source gives; the first is the main reading."""

from typing import Any

from catalog.seed_schema.base import CircuitAccession, CitableRecord, Flag, Head, Record, Ref, Slug, Text, Whole


class CircuitRoleRecord(Record):
    """`[[variants.roles]]`: heads that do the same thing."""

    slug: Slug
    published_name: Text | None = None
    head_type: Ref | None = None
    active_at: Text | None = None
    mlps: tuple[Any, ...] = ()
    note: Text | None = None
    heads: tuple[Head, ...] = ()


class CircuitEdgeRecord(Record):
    """`[[variants.edges]]`: source and target are a role, a head, an MLP, `input` or `output`."""

    source: Text
    target: Text
    via: Text | None = None
    token_position: Text | None = None
    note: Text | None = None


class CircuitVariantRecord(Record):
    """`[[variants]]`; `heads` are those to which the source gives no role."""

    name: Text
    locator: Text
    note: Text | None = None
    has_head_list: Flag = True
    heads: tuple[Head, ...] = ()
    roles: tuple[CircuitRoleRecord, ...] = ()
    edges: tuple[CircuitEdgeRecord, ...] = ()


class CircuitRecord(CitableRecord):
    """The whole file."""

    accession: CircuitAccession
    name: Text
    task: Text
    language_model: Ref
    paper: Ref
    n_heads_published: Whole | None = None
    locator: Text
    edge_source: Text | None = None
    edge_note: Text | None = None
    variants: tuple[CircuitVariantRecord, ...]
