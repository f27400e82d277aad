"""The records agree with each other and with what the survey states: counts, sources of assignments, relations."""

import re
from collections import Counter
from pathlib import Path

import pytest

import catalog
from catalog.seed_files import Seeds, read_seeds
from catalog.seed_schema.head_type import HeadTypeRecord
from catalog.seed_schema.method import MethodRecord
from catalog.vocabulary import Origin, Stage, Standing

SEEDS = Path(catalog.__file__).parent / "seeds"
SURVEY = "attention-heads-of-large-language-models"
KR, ICI = Stage.KNOWLEDGE_RECALLING, Stage.IN_CONTEXT_IDENTIFICATION

HeadTypes = dict[str, HeadTypeRecord]


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    return read_seeds(SEEDS)


@pytest.fixture(scope="module")
def head_types(seeds: Seeds) -> HeadTypes:
    return {source.slug: source.record for source in seeds.head_types}


def test_head_types_are_77_of_the_survey_and_39_beyond_it(head_types: HeadTypes) -> None:
    origins = Counter(record.origin for record in head_types.values())
    assert origins == {
        Origin.SURVEY_TAXONOMY: 40,
        Origin.SURVEY_TEXT: 1,
        Origin.SURVEY_REPOSITORY: 36,
        Origin.BEYOND_SURVEY: 39,
    }


def test_accessions_number_the_head_types_without_a_gap(head_types: HeadTypes) -> None:
    accessions = sorted(record.accession for record in head_types.values())
    assert accessions == [f"AHT-{number:04d}" for number in range(1, 117)]


def test_every_definition_says_something_of_its_own(head_types: HeadTypes) -> None:
    definitions = [record.definition for record in head_types.values()]
    assert [text for text in definitions if len(text) < 40 or not text.endswith(".")] == []
    assert len(set(definitions)) == len(definitions)


def test_every_head_type_has_a_stage_or_says_why_none(head_types: HeadTypes) -> None:
    without = {slug: record.note or "" for slug, record in head_types.items() if not record.stage_assignments}
    assert [slug for slug, note in without.items() if not re.match(r"No stage: .{20,}", note)] == []
    claims_none = {slug for slug, record in head_types.items() if "No stage:" in (record.note or "")}
    assert claims_none == set(without)


def test_survey_places_each_of_its_41_types(head_types: HeadTypes) -> None:
    placed = {
        slug
        for slug, record in head_types.items()
        if any(row.paper == SURVEY and row.stage_function for row in record.stage_assignments)
    }
    named = {
        slug for slug, record in head_types.items() if record.origin in (Origin.SURVEY_TAXONOMY, Origin.SURVEY_TEXT)
    }
    assert len(named) == 41
    assert placed == named


def test_survey_counts_types_by_function(seeds: Seeds, head_types: HeadTypes) -> None:
    parents = {f.slug: f.parent or f.slug for stage in seeds.stages[0].record.stages for f in stage.functions}
    counts = Counter(
        parents[row.stage_function]
        for record in head_types.values()
        for row in record.stage_assignments
        if row.paper == SURVEY and row.stage_function
    )
    assert counts == {
        "general_tasks": 2,
        "specific_tasks": 3,
        "overall_structure": 6,
        "syntactic_information": 7,
        "semantic_information": 6,
        "in_context_learning": 4,  # with the in-context head, which only the text names
        "effective_reasoning": 4,
        "task_specific_reasoning": 4,
        "information_aggregation": 1,
        "signal_amplification": 2,
        "instruction_alignment": 2,
    }


@pytest.mark.parametrize("slug", ["subject", "relation"])
def test_both_readings_of_a_contradiction_stay(head_types: HeadTypes, slug: str) -> None:
    rows = [row for row in head_types[slug].stage_assignments if row.paper == SURVEY]
    assert {row.stage for row in rows} == {KR, ICI}
    assert len({row.basis for row in rows}) == 2


def test_curators_assign_only_where_the_survey_does_not(head_types: HeadTypes) -> None:
    both = [
        slug for slug, record in head_types.items() if len({row.asserted_by for row in record.stage_assignments}) > 1
    ]
    assert both == []


def test_function_belongs_to_the_stage_of_its_assignment(seeds: Seeds, head_types: HeadTypes) -> None:
    stage_of = {f.slug: stage.slug for stage in seeds.stages[0].record.stages for f in stage.functions}
    astray = [
        (slug, row.stage_function)
        for slug, record in head_types.items()
        for row in record.stage_assignments
        if row.stage_function and stage_of.get(row.stage_function) != row.stage
    ]
    assert astray == []


def test_relations_lead_to_other_head_types(head_types: HeadTypes) -> None:
    loose = [
        (slug, row.target)
        for slug, record in head_types.items()
        for row in record.relations
        if row.target not in head_types or row.target == slug
    ]
    assert loose == []
    by_the_survey = sum(
        len(record.relations) for record in head_types.values() if record.origin is not Origin.BEYOND_SURVEY
    )
    assert by_the_survey == 66


def test_papers_of_head_types_exist_and_only_the_spacing_head_has_none(seeds: Seeds, head_types: HeadTypes) -> None:
    papers = {source.slug for source in seeds.papers}
    named = {row.paper for record in head_types.values() for row in record.papers}
    assert named - papers == set()
    assert [slug for slug, record in head_types.items() if not record.papers] == ["spacing"]


def test_every_alias_names_its_source_and_negative_head_is_ambiguous(head_types: HeadTypes) -> None:
    owners: dict[str, set[str]] = {}
    for slug, record in head_types.items():
        for alias in record.aliases:
            owners.setdefault(alias.name.lower(), set()).add(slug)
    assert owners["negative head"] == {"negative", "negative_name_mover", "copy_suppression", "factual_recall_negative"}
    assert owners["suppression head"] == {"s_inhibition", "middle_term_suppression"}
    assert owners["previous head"] == {"previous_token"}


def test_disagreeing_depths_are_rows_that_disagree(head_types: HeadTypes) -> None:
    bands: dict[str, set[str]] = {}
    for row in head_types["duplicate_token"].layer_ranges:
        bands.setdefault(row.basis, set()).add(row.band)
    assert sorted(map(sorted, bands.values())) == [["deep", "middle"], ["shallow"]]


def test_stages_functions_and_transitions_are_the_surveys(seeds: Seeds) -> None:
    file = seeds.stages[0].record
    functions = [function for stage in file.stages for function in stage.functions]
    assert [stage.code for stage in file.stages] == ["KR", "ICI", "LR", "EP"]
    assert sum(function.parent is None for function in functions) == 11
    assert {f.slug for f in functions if f.parent} == {"task_recognition", "task_learning"}
    assert Counter(row.standing for row in file.transitions) == {
        Standing.STATED: 8,
        Standing.DISPUTED: 1,
        Standing.ABSENT: 3,
    }
    # Four stages have twelve ordered pairs: each is stated, disputed or said to be absent, once.
    assert len({(row.source, row.target) for row in file.transitions}) == 12


def test_methods_form_a_tree_told_parents_first(seeds: Seeds) -> None:
    file = seeds.methods[0].record
    told: set[str] = set()
    for method in file.methods:
        assert _is_root(method) or method.parent in told, method.slug
        told.add(method.slug)
    assert Counter(method.is_in_survey for method in file.methods) == {True: 17, False: 3}
    assert len(file.glossary) == 10


def _is_root(method: MethodRecord) -> bool:
    return method.parent is None and method.level == "class"


def test_benchmarks_analogues_and_mechanisms_are_complete(seeds: Seeds) -> None:
    categories = Counter(row.category for row in seeds.benchmarks[0].record.benchmarks)
    assert categories == {"mechanism_exploration": 11, "common_evaluation": 10}
    analogues = [row.slug for row in seeds.human_analogues[0].record.human_analogues]
    assert sum(not slug.startswith("machine_psychology") for slug in analogues) == 7
    assert {source.slug: len(source.record.steps) for source in seeds.mechanisms} == {
        "colored_objects": 4,
        "factual_recall": 3,
        "induction": 2,
        "ioi": 4,
        "mcqa": 4,
        "parity": 3,
        "sentiment": 2,
        "syllogism": 3,
    }


def test_crosswalk_keeps_attribution_and_every_name(seeds: Seeds, head_types: HeadTypes) -> None:
    taxonomy = seeds.crosswalk[0].record
    assert (taxonomy.author, taxonomy.licence) == ("Karol Kowalczyk", "CC BY 4.0")
    assert re.fullmatch(r"[0-9a-f]{40}", taxonomy.commit)
    assert taxonomy.changes
    assert taxonomy.commit in (SEEDS / "README.md").read_text("utf-8")
    assert len(taxonomy.entries) == 52
    matched = {match.head_type for entry in taxonomy.entries for match in entry.matches}
    assert matched - set(head_types) == set()
    ambiguous = taxonomy.notes["ambiguous_literature_names"]
    names = {entry.name for entry in taxonomy.entries}
    assert {entry for row in ambiguous for entry in row["entries"]} <= names
