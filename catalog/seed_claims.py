"""Rows of what sources claim about single heads: findings and circuits."""

from typing import Any

from catalog import seed_kinds as kinds
from catalog.notation import HeadRef, parse_group
from catalog.seed_entries import joined_note
from catalog.seed_files import Seeds, Source, place
from catalog.seed_schema.circuit import CircuitRecord, CircuitVariantRecord
from catalog.seed_schema.finding import FindingGroup, FindingsFile, FindingStanding
from catalog.seed_schema.language_model import LanguageModelRecord
from catalog.seed_sources import whole_file
from catalog.seed_store import STANDING, Place, Row, Store, columns, standing_of
from catalog.vocabulary import Unit


class Shapes:
    """Layers and heads of the language models, to refuse a head that cannot exist."""

    def __init__(self, seeds: Seeds) -> None:
        self._models: dict[str, LanguageModelRecord] = {model.slug: model.record for model in seeds.language_models}

    def size(self, language_model: str, unit: Unit) -> tuple[int, int]:
        """Number of layers, and of heads or key-value groups in each."""
        shape = self._models[language_model]
        return shape.n_layers, (shape.n_kv_heads or shape.n_heads) if unit is Unit.KV_GROUP else shape.n_heads

    def check(self, language_model: str, unit: Unit, layer: int, head: int, at: Place) -> None:
        """Refuse a head outside the shape of its language model.

        Raises:
            SeedError: The layer or the head is out of range.
        """
        n_layers, n_heads = self.size(language_model, unit)
        if layer >= n_layers or head >= n_heads:
            what = "key-value groups" if unit is Unit.KV_GROUP else "heads"
            raise at.error(
                f"{HeadRef(layer, head)} does not exist in {language_model}, "
                f"which has {n_layers} layers with {n_heads} {what}, both counted from zero"
            )


def write_findings(seeds: Seeds, store: Store, versions: dict[str, int], shapes: Shapes) -> None:
    """Store every claim of every findings file."""
    latest = {metric.slug: metric.record.version for metric in seeds.metrics}
    rows: list[Row] = []
    for source in seeds.findings:
        file = Place(source.file, "file")
        paper_id = store.id_of(kinds.PAPER, source.slug, file)
        standings = _standings(source)
        for index, group in enumerate(source.record.groups):
            at = Place(source.file, place("groups", index))
            shared = {"paper_id": paper_id} | _shared_columns(group, store, latest, at)
            for position, claim in enumerate(group.heads):
                here = Place(source.file, f"{at.where}.heads[{position}]")
                heads = parse_group(claim.head) if group.unit is Unit.HEAD_GROUP else (HeadRef.parse(claim.head),)
                for head in heads:
                    shapes.check(group.language_model, group.unit, head.layer, head.head, here)
                own = {
                    "accession": claim.accession,
                    "version": versions[claim.accession],
                    "layer": heads[0].layer,
                    "head": heads[0].head,
                    "group_heads": claim.head if group.unit is Unit.HEAD_GROUP else None,
                    "value": claim.value,
                    "note": joined_note(claim.note, group.note),
                }
                stated, initial = standing_of(standings.get(claim.accession))
                rows.append(Row(here, shared | own | stated, initial))
    store.write(kinds.FINDING, rows)


def _standings(source: Source[FindingsFile]) -> dict[str, FindingStanding]:
    known = {claim.accession for group in source.record.groups for claim in group.heads}
    for index, standing in enumerate(source.record.standings):
        if standing.accession not in known:
            raise source.error(place("standings", index), f"this file holds no finding {standing.accession}")
    return {standing.accession: standing for standing in source.record.standings}


def _shared_columns(group: FindingGroup, store: Store, latest: dict[str, int], at: Place) -> dict[str, Any]:
    metric = (group.metric, latest.get(group.metric)) if group.metric else None
    return columns(
        group, "circuit_role", "polarity", "published_name", "task", "unit", "scope", "locator", "source_kind"
    ) | {
        "language_model_id": store.id_of(kinds.LANGUAGE_MODEL, group.language_model, at),
        "head_type_id": store.optional_id(kinds.HEAD_TYPE, group.head_type, at),
        "method_id": store.optional_id(kinds.METHOD, group.method, at),
        "metric_id": store.optional_id(kinds.METRIC, metric, at),
        "stage_id": store.optional_id(kinds.STAGE, group.stage, at),
        "head_score_table_id": store.optional_id(kinds.HEAD_SCORE_TABLE, group.head_score_table, at),
    }


def write_circuits(seeds: Seeds, store: Store, versions: dict[str, int], shapes: Shapes) -> None:
    """Store circuits with every variant, role, head and edge."""
    circuits, variants = [], []
    for source in seeds.circuits:
        at, record = whole_file(source), source.record
        ids = {
            "slug": source.slug,
            "version": versions[record.accession],
            "language_model_id": store.id_of(kinds.LANGUAGE_MODEL, record.language_model, at),
            "paper_id": store.id_of(kinds.PAPER, record.paper, at),
        }
        stated, initial = standing_of(record)
        values = record.model_dump(mode="json", exclude={"language_model", "paper", "variants", *STANDING})
        circuits.append(Row(at, values | ids | stated, initial))
    store.write(kinds.CIRCUIT, circuits)
    for source in seeds.circuits:
        own = store.id_of(kinds.CIRCUIT, source.slug, whole_file(source))
        for index, variant in enumerate(source.record.variants):
            values = columns(variant, "name", "locator", "note", "has_head_list")
            where = Place(source.file, place("variants", index))
            variants.append(Row(where, values | {"circuit_id": own, "position": index}))
    store.write(kinds.CIRCUIT_VARIANT, variants)
    _write_roles(seeds, store)
    _write_nodes_and_edges(seeds, store, shapes)


def _each_variant(seeds: Seeds, store: Store) -> list[tuple[Source[CircuitRecord], Place, int, CircuitVariantRecord]]:
    found = []
    for source in seeds.circuits:
        circuit_id = store.id_of(kinds.CIRCUIT, source.slug, whole_file(source))
        for index, variant in enumerate(source.record.variants):
            at = Place(source.file, place("variants", index))
            found.append((source, at, store.id_of(kinds.CIRCUIT_VARIANT, (circuit_id, index), at), variant))
    return found


def _write_roles(seeds: Seeds, store: Store) -> None:
    rows = []
    for _, at, variant_id, variant in _each_variant(seeds, store):
        for index, role in enumerate(variant.roles):
            here = Place(at.file, f"{at.where}.roles[{index}]")
            ids = {
                "variant_id": variant_id,
                "position": index,
                "head_type_id": store.optional_id(kinds.HEAD_TYPE, role.head_type, here),
            }
            rows.append(Row(here, columns(role, "slug", "published_name", "active_at", "mlps", "note") | ids))
    store.write(kinds.CIRCUIT_ROLE, rows)


def _write_nodes_and_edges(seeds: Seeds, store: Store, shapes: Shapes) -> None:
    nodes, edges = [], []
    for source, at, variant_id, variant in _each_variant(seeds, store):
        groups: list[tuple[str, int | None, tuple[str, ...]]] = [(f"{at.where}.heads", None, variant.heads)]
        for index, role in enumerate(variant.roles):
            known_id = store.id_of(kinds.CIRCUIT_ROLE, (variant_id, role.slug), at)
            groups.append((f"{at.where}.roles[{index}].heads", known_id, role.heads))
        for where, role_id, heads in groups:
            for index, text in enumerate(heads):
                here, head = Place(at.file, f"{where}[{index}]"), HeadRef.parse(text)
                shapes.check(source.record.language_model, Unit.QUERY_HEAD, head.layer, head.head, here)
                node = {"variant_id": variant_id, "role_id": role_id, "layer": head.layer, "head": head.head}
                nodes.append(Row(here, node))
        for index, edge in enumerate(variant.edges):
            own = {"variant_id": variant_id, "position": index}
            edges.append(Row(Place(at.file, f"{at.where}.edges[{index}]"), edge.model_dump() | own))
    store.write(kinds.CIRCUIT_NODE, nodes)
    store.write(kinds.CIRCUIT_EDGE, edges)
