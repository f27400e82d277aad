"""Other people's taxonomies of heads beside ours."""

from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from catalog.models import CrosswalkMatch, ExternalTaxonomy, ExternalTaxonomyEntry
from catalog.queries.head_type import resolve_head_type
from catalog.queries.names import as_filter, mentions, not_found
from catalog.queries.page import Page, PageRequest, paginate, sort_field
from catalog.vocabulary import Match

SORTS: dict[str, Any] = {"slug": ExternalTaxonomy.slug, "year": ExternalTaxonomy.year}
ENTRY_SORTS: dict[str, Any] = {
    "slug": ExternalTaxonomyEntry.slug,
    "name": ExternalTaxonomyEntry.name,
    "depth": ExternalTaxonomyEntry.depth_low,
}


class CrosswalkQuery(PageRequest):
    """Which taxonomies to list."""

    sort: str = sort_field(SORTS, "slug")


class CrosswalkEntryQuery(PageRequest):
    """Which names of a taxonomy to list."""

    q: str | None = Field(default=None, max_length=200, description="Text in slug or name.")
    head_type: str | None = Field(default=None, max_length=128, description="Head type that the name fits.")
    match: Match | None = Field(default=None, description="How well the name fits.")
    has_match: bool | None = Field(default=None, description="Whether any head type of ours fits the name.")
    sort: str = sort_field(ENTRY_SORTS, "slug")


@dataclass(frozen=True, slots=True)
class CrosswalkDetail:
    """One taxonomy with its names and what they match."""

    taxonomy: ExternalTaxonomy
    entries: Page[ExternalTaxonomyEntry]


def find_crosswalks(session: Session, query: CrosswalkQuery | None = None) -> Page[ExternalTaxonomy]:
    """Taxonomies of other parties.

    Raises:
        InvalidQueryError: Sort or cursor cannot be used.
    """
    return paginate(
        session,
        select(ExternalTaxonomy),
        query or CrosswalkQuery(),
        sorts=SORTS,
        key=[ExternalTaxonomy.id],
        read=lambda row: row[0],
    )


def get_crosswalk(session: Session, slug: str, query: CrosswalkEntryQuery | None = None) -> CrosswalkDetail:
    """One taxonomy with a page of its names and their matches.

    Raises:
        NotFoundError: There is no such taxonomy.
        InvalidQueryError: The head type does not exist, or sort or cursor cannot be used.
    """
    taxonomy = session.scalar(select(ExternalTaxonomy).where(ExternalTaxonomy.slug == slug))
    if taxonomy is None:
        raise not_found(session, "taxonomy", slug, ExternalTaxonomy.slug)
    query = query or CrosswalkEntryQuery()
    statement = select(ExternalTaxonomyEntry).where(ExternalTaxonomyEntry.taxonomy_id == taxonomy.id)
    if query.q is not None:
        statement = statement.where(mentions(query.q, ExternalTaxonomyEntry.slug, ExternalTaxonomyEntry.name))
    if query.head_type is not None or query.match is not None:
        matched = select(CrosswalkMatch.entry_id)
        if query.head_type is not None:
            head_type = as_filter("head_type", resolve_head_type, session, query.head_type)
            matched = matched.where(CrosswalkMatch.head_type_id == head_type.id)
        if query.match is not None:
            matched = matched.where(CrosswalkMatch.match == query.match)
        statement = statement.where(ExternalTaxonomyEntry.id.in_(matched))
    if query.has_match is not None:
        is_matched = ExternalTaxonomyEntry.id.in_(select(CrosswalkMatch.entry_id))
        statement = statement.where(is_matched if query.has_match else ~is_matched)
    entries = paginate(
        session,
        statement,
        query,
        sorts=ENTRY_SORTS,
        key=[ExternalTaxonomyEntry.id],
        read=lambda row: row[0],
        options=[selectinload(ExternalTaxonomyEntry.matches).joinedload(CrosswalkMatch.head_type)],
    )
    return CrosswalkDetail(taxonomy, entries)
