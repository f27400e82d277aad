"""Rows of papers, language models and metrics."""

from typing import Any

from catalog.seed_files import Seeds, Source
from catalog.seed_kinds import LANGUAGE_MODEL, METRIC, PAPER
from catalog.seed_schema.base import Record
from catalog.seed_schema.language_model import LanguageModelRecord
from catalog.seed_store import Place, Row, Store


def whole_file(source: Source[Any]) -> Place:
    """Place of a file that is one record."""
    return Place(source.file, "record")


def _columns(source: Source[Any], *without: str) -> dict[str, Any]:
    record: Record = source.record
    return {"slug": source.slug} | record.model_dump(mode="json", exclude=set(without))


def write_sources(seeds: Seeds, store: Store) -> None:
    """Store papers, language models and metrics, which all other records name."""
    store.write(
        PAPER,
        [
            Row(whole_file(paper), _columns(paper) | {"published_on": paper.record.published_on})
            for paper in seeds.papers
        ],
    )
    for model in seeds.language_models:
        _check_slug(model)
    store.assign(LANGUAGE_MODEL, [((model.slug,), whole_file(model)) for model in seeds.language_models])
    store.write(LANGUAGE_MODEL, [_language_model_row(model, store) for model in seeds.language_models])
    rows = []
    for metric in seeds.metrics:
        place = whole_file(metric)
        paper = {"paper_id": store.optional_id(PAPER, metric.record.paper, place)}
        rows.append(Row(place, _columns(metric, "paper") | paper))
    store.write(METRIC, rows)


def _check_slug(model: Source[LanguageModelRecord]) -> None:
    if model.slug != model.record.slug:
        raise model.error("hub_id", f"the file of this language model must be called {model.record.slug}.toml")


def _language_model_row(model: Source[LanguageModelRecord], store: Store) -> Row:
    place = Place(model.file, "base_model")
    base = {"base_model_id": store.optional_id(LANGUAGE_MODEL, model.record.base_model, place)}
    return Row(whole_file(model), _columns(model, "base_model") | base)
