"""Rows of what surrounds head types: benchmarks, human analogues, mechanisms, and other people's taxonomies."""

from catalog import seed_kinds as kinds
from catalog.seed_files import Seeds, place
from catalog.seed_sources import whole_file
from catalog.seed_store import Place, Row, Store, columns


def write_benchmarks(seeds: Seeds, store: Store) -> None:
    """Store benchmarks with the head types studied on them."""
    benchmarks = [
        (Place(file.file, place("benchmarks", index)), benchmark)
        for file in seeds.benchmarks
        for index, benchmark in enumerate(file.record.benchmarks)
    ]
    rows, links = [], []
    for at, item in benchmarks:
        paper = {"paper_id": store.optional_id(kinds.PAPER, item.paper, at)}
        rows.append(Row(at, item.model_dump(mode="json", exclude={"paper", "head_types"}) | paper))
    store.write(kinds.BENCHMARK, rows)
    for at, item in benchmarks:
        for index, link in enumerate(item.head_types):
            here = Place(at.file, f"{at.where}.head_types[{index}]")
            ids = {
                "benchmark_id": store.id_of(kinds.BENCHMARK, item.slug, here),
                "head_type_id": store.id_of(kinds.HEAD_TYPE, link.head_type, here),
            }
            links.append(Row(here, columns(link, "basis") | ids))
    store.write(kinds.BENCHMARK_HEAD_TYPE, links)


def write_human_analogues(seeds: Seeds, store: Store) -> None:
    """Store parallels to human cognition with the work on people behind them."""
    analogues = [
        (Place(file.file, place("human_analogues", index)), analogue)
        for file in seeds.human_analogues
        for index, analogue in enumerate(file.record.human_analogues)
    ]
    rows, links = [], []
    for at, item in analogues:
        paper = {"paper_id": store.id_of(kinds.PAPER, item.paper, at)}
        rows.append(Row(at, columns(item, "slug", "analogue", "statement") | paper))
    store.write(kinds.HUMAN_ANALOGUE, rows)
    for at, item in analogues:
        own = store.id_of(kinds.HUMAN_ANALOGUE, item.slug, at)
        for index, slug in enumerate(item.analogue_papers):
            here = Place(at.file, f"{at.where}.analogue_papers[{index}]")
            links.append(Row(here, {"human_analogue_id": own, "paper_id": store.id_of(kinds.PAPER, slug, here)}))
    store.write(kinds.HUMAN_ANALOGUE_PAPER, links)


def write_mechanisms(seeds: Seeds, store: Store) -> None:
    """Store mechanisms, their papers and their ordered steps."""
    store.write(
        kinds.MECHANISM,
        [
            Row(
                whole_file(source),
                {"slug": source.slug} | source.record.model_dump(mode="json", exclude={"papers", "steps"}),
            )
            for source in seeds.mechanisms
        ],
    )
    papers, steps, stages, head_types = [], [], [], []
    for source in seeds.mechanisms:
        own = store.id_of(kinds.MECHANISM, source.slug, whole_file(source))
        for index, slug in enumerate(source.record.papers):
            at = Place(source.file, place("papers", index))
            papers.append(Row(at, {"mechanism_id": own, "paper_id": store.id_of(kinds.PAPER, slug, at)}))
        for index, step in enumerate(source.record.steps):
            values = columns(step, "does", "reads", "writes", "is_optional", "basis", "note")
            at = Place(source.file, place("steps", index))
            steps.append(Row(at, values | {"mechanism_id": own, "position": index + 1}))
    store.write(kinds.MECHANISM_PAPER, papers)
    store.write(kinds.MECHANISM_STEP, steps)
    for source in seeds.mechanisms:
        own = store.id_of(kinds.MECHANISM, source.slug, whole_file(source))
        for index, step in enumerate(source.record.steps):
            at = Place(source.file, place("steps", index))
            step_id = store.id_of(kinds.MECHANISM_STEP, (own, index + 1), at)
            stages += [Row(at, {"step_id": step_id, "stage_id": store.id_of(kinds.STAGE, x, at)}) for x in step.stages]
            head_types += [
                Row(at, {"step_id": step_id, "head_type_id": store.id_of(kinds.HEAD_TYPE, x, at)})
                for x in step.head_types
            ]
    store.write(kinds.MECHANISM_STEP_STAGE, stages)
    store.write(kinds.MECHANISM_STEP_HEAD_TYPE, head_types)


def write_crosswalk(seeds: Seeds, store: Store) -> None:
    """Store other taxonomies, entry by entry, with what matches."""
    store.write(
        kinds.TAXONOMY,
        [
            Row(whole_file(source), {"slug": source.slug} | source.record.model_dump(mode="json", exclude={"entries"}))
            for source in seeds.crosswalk
        ],
    )
    entries = [
        (source, Place(source.file, place("entries", index)), entry)
        for source in seeds.crosswalk
        for index, entry in enumerate(source.record.entries)
    ]
    rows, matches = [], []
    for source, at, entry in entries:
        own = {"taxonomy_id": store.id_of(kinds.TAXONOMY, source.slug, at)}
        rows.append(Row(at, entry.model_dump(mode="json", exclude={"matches"}) | own))
    store.write(kinds.TAXONOMY_ENTRY, rows)
    for _, at, entry in entries:
        for index, match in enumerate(entry.matches):
            here = Place(at.file, f"{at.where}.matches[{index}]")
            ids = {
                "entry_id": store.id_of(kinds.TAXONOMY_ENTRY, entry.slug, here),
                "head_type_id": store.id_of(kinds.HEAD_TYPE, match.head_type, here),
            }
            matches.append(Row(here, columns(match, "match", "note") | ids))
    store.write(kinds.CROSSWALK_MATCH, matches)
