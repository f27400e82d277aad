"""Rows of what the survey describes: stages, methods, head types, benchmarks, analogues, mechanisms, crosswalk."""

from collections.abc import Iterator
from typing import Any

from catalog import seed_kinds as kinds
from catalog.notation import normalise_name
from catalog.seed_files import Seeds, Source, place
from catalog.seed_schema.head_type import HeadTypeRecord
from catalog.seed_sources import whole_file
from catalog.seed_store import STANDING, Place, Row, Store, columns, standing_of


def write_stages(seeds: Seeds, store: Store) -> None:
    """Store stages, their functions and the graph between them."""
    stages = [
        (Place(file.file, place("stages", index)), stage)
        for file in seeds.stages
        for index, stage in enumerate(file.record.stages)
    ]
    store.write(kinds.STAGE, [Row(at, stage.model_dump(mode="json", exclude={"functions"})) for at, stage in stages])
    functions = [
        (Place(at.file, f"{at.where}.functions[{index}]"), stage, index, function)
        for at, stage in stages
        for index, function in enumerate(stage.functions)
    ]
    store.assign(kinds.STAGE_FUNCTION, [((function.slug,), at) for at, _, _, function in functions])
    store.write(
        kinds.STAGE_FUNCTION,
        [
            Row(
                at,
                columns(function, "slug", "name", "definition", "task_formats")
                | {
                    "stage_id": store.id_of(kinds.STAGE, stage.slug.value, at),
                    "parent_id": store.optional_id(kinds.STAGE_FUNCTION, function.parent, at),
                    "position": index + 1,
                },
            )
            for at, stage, index, function in functions
        ],
    )
    rows = []
    for file in seeds.stages:
        for index, transition in enumerate(file.record.transitions):
            at = Place(file.file, place("transitions", index))
            ends = {f"{end}_id": store.id_of(kinds.STAGE, getattr(transition, end), at) for end in ("source", "target")}
            rows.append(Row(at, columns(transition, "standing", "carries", "basis", "note") | ends))
    store.write(kinds.STAGE_TRANSITION, rows)


def write_methods(seeds: Seeds, store: Store) -> None:
    """Store the tree of methods with its papers, and the glossary."""
    methods = [
        (Place(file.file, place("methods", index)), index, method)
        for file in seeds.methods
        for index, method in enumerate(file.record.methods)
    ]
    store.assign(kinds.METHOD, [((method.slug,), at) for at, _, method in methods])
    store.write(
        kinds.METHOD,
        [
            Row(
                at,
                method.model_dump(mode="json", exclude={"parent", "papers"})
                | {"parent_id": store.optional_id(kinds.METHOD, method.parent, at), "position": index + 1},
            )
            for at, index, method in methods
        ],
    )
    rows = []
    for at, _, method in methods:
        for index, link in enumerate(method.papers):
            here = Place(at.file, f"{at.where}.papers[{index}]")
            ids = {
                "method_id": store.id_of(kinds.METHOD, method.slug, here),
                "paper_id": store.id_of(kinds.PAPER, link.paper, here),
            }
            rows.append(Row(here, columns(link, "via") | ids))
    store.write(kinds.METHOD_PAPER, rows)
    store.write(
        kinds.GLOSSARY_TERM,
        [
            Row(Place(file.file, place("glossary", index)), term.model_dump(mode="json"))
            for file in seeds.methods
            for index, term in enumerate(file.record.glossary)
        ],
    )


_CHILDREN = {"aliases", "layer_ranges", "papers", "families", "relations", "stage_assignments"}


def write_head_types(seeds: Seeds, store: Store, versions: dict[str, int]) -> None:
    """Store head types and everything inside their files."""
    store.assign(kinds.HEAD_TYPE, [((source.slug,), whole_file(source)) for source in seeds.head_types])
    rows = []
    for source in seeds.head_types:
        values = source.record.model_dump(mode="json", exclude=_CHILDREN | set(STANDING))
        own = {"slug": source.slug, "version": versions[source.record.accession]}
        stated, initial = standing_of(source.record)
        rows.append(Row(whole_file(source), own | values | stated, initial))
    store.write(kinds.HEAD_TYPE, rows)
    for kind, build in (
        (kinds.HEAD_TYPE_ALIAS, _aliases),
        (kinds.HEAD_TYPE_LAYER_RANGE, _layer_ranges),
        (kinds.HEAD_TYPE_PAPER, _papers),
        (kinds.HEAD_TYPE_FAMILY, _families),
        (kinds.HEAD_TYPE_RELATION, _relations),
        (kinds.STAGE_ASSIGNMENT, _stage_assignments),
    ):
        store.write(kind, [row for source in seeds.head_types for row in build(source, store)])


def _own_id(source: Source[HeadTypeRecord], store: Store) -> int:
    return store.id_of(kinds.HEAD_TYPE, source.slug, whole_file(source))


def _inside(source: Source[HeadTypeRecord], name: str) -> Iterator[tuple[Place, Any]]:
    for index, item in enumerate(getattr(source.record, name)):
        yield Place(source.file, place(name, index)), item


def _aliases(source: Source[HeadTypeRecord], store: Store) -> Iterator[Row]:
    for at, alias in _inside(source, "aliases"):
        extra = {"head_type_id": _own_id(source, store), "normalised": normalise_name(alias.name)}
        yield Row(at, alias.model_dump() | extra)


def _layer_ranges(source: Source[HeadTypeRecord], store: Store) -> Iterator[Row]:
    for at, item in _inside(source, "layer_ranges"):
        yield Row(at, item.model_dump(mode="json") | {"head_type_id": _own_id(source, store)})


def _papers(source: Source[HeadTypeRecord], store: Store) -> Iterator[Row]:
    for at, item in _inside(source, "papers"):
        ids = {"head_type_id": _own_id(source, store), "paper_id": store.id_of(kinds.PAPER, item.paper, at)}
        yield Row(at, columns(item, "via", "sense", "note") | ids)


def _families(source: Source[HeadTypeRecord], store: Store) -> Iterator[Row]:
    for at, item in _inside(source, "families"):
        yield Row(at, item.model_dump() | {"head_type_id": _own_id(source, store)})


def _relations(source: Source[HeadTypeRecord], store: Store) -> Iterator[Row]:
    for at, item in _inside(source, "relations"):
        target = store.id_of(kinds.HEAD_TYPE, item.target, at)
        if target == _own_id(source, store):
            raise at.error("a head type is not related to itself")
        ids = {"source_id": _own_id(source, store), "target_id": target}
        yield Row(at, columns(item, "relation", "basis", "note") | ids)


def _stage_assignments(source: Source[HeadTypeRecord], store: Store) -> Iterator[Row]:
    for at, item in _inside(source, "stage_assignments"):
        ids = {
            "head_type_id": _own_id(source, store),
            "stage_id": store.id_of(kinds.STAGE, item.stage, at),
            "stage_function_id": store.optional_id(kinds.STAGE_FUNCTION, item.stage_function, at),
            "paper_id": store.optional_id(kinds.PAPER, item.paper, at),
        }
        yield Row(at, columns(item, "asserted_by", "basis", "confidence") | ids)
