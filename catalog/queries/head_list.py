"""Frozen lists of heads: which there are, the present one, and one by its version."""

from typing import Any

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager

from catalog.errors import NotFoundError
from catalog.models import HeadType, LanguageModel
from catalog.models.head_list import HeadListVersion
from catalog.queries.head_type import resolve_head_type
from catalog.queries.language_model import ids_of_language_model
from catalog.queries.names import as_filter
from catalog.queries.page import Page, PageRequest, paginate, sort_field
from catalog.vocabulary import HeadListBasis, Unit

SORTS: dict[str, Any] = {
    "language_model": LanguageModel.slug,
    "head_type": HeadType.slug.label("head_type_slug"),
    "n_heads": HeadListVersion.n_heads,
    "created_at": HeadListVersion.created_at,
}
_LOADED = (contains_eager(HeadListVersion.language_model), contains_eager(HeadListVersion.head_type))


class ListsOfModelQuery(PageRequest):
    """Which lists of one language model to list."""

    head_type: str | None = Field(default=None, max_length=128, description="Slug or any published name of a type.")
    unit: Unit | None = Field(default=None, description="What the head index counts.")
    basis: HeadListBasis | None = Field(
        default=HeadListBasis.CLAIMED,
        description="Which heads are counted: claimed by a source, undisputed, or reproduced by the latest re-run.",
    )
    sort: str = sort_field(SORTS, "language_model")


class HeadListQuery(ListsOfModelQuery):
    """Which lists to list."""

    language_model: str | None = Field(
        default=None, max_length=200, description="Hub id (all revisions) or slug of the language model."
    )


def find_head_lists(session: Session, query: HeadListQuery | None = None) -> Page[HeadListVersion]:
    """The present version of every list that matches a query.

    Raises:
        InvalidQueryError: A filter names something that does not exist, or sort or cursor cannot be used.
    """
    query = query or HeadListQuery()
    statement = _select().where(HeadListVersion.id.in_(_present()))
    if query.language_model is not None:
        ids = as_filter("language_model", ids_of_language_model, session, query.language_model)
        statement = statement.where(HeadListVersion.language_model_id.in_(ids))
    if query.head_type is not None:
        head_type = as_filter("head_type", resolve_head_type, session, query.head_type)
        statement = statement.where(HeadListVersion.head_type_id == head_type.id)
    for column, value in ((HeadListVersion.unit, query.unit), (HeadListVersion.basis, query.basis)):
        if value is not None:
            statement = statement.where(column == value)
    return paginate(
        session,
        statement,
        query,
        sorts=SORTS,
        key=[HeadListVersion.id],
        read=lambda row: row[0],
        options=list(_LOADED),
    )


def get_present_head_lists(
    session: Session, language_model: LanguageModel, head_type: HeadType, basis: HeadListBasis
) -> dict[Unit, HeadListVersion]:
    """The present list of a language model and a head type in each unit in which anybody claims it.

    Raises:
        NotFoundError: Nobody does; carries head types that there are lists of.
    """
    found = session.scalars(
        _select()
        .where(
            HeadListVersion.id.in_(_present()),
            HeadListVersion.language_model_id == language_model.id,
            HeadListVersion.head_type_id == head_type.id,
            HeadListVersion.basis == basis,
        )
        .options(*_LOADED)
    )
    lists = {Unit(each.unit): each for each in found}
    if not lists:
        raise NotFoundError(
            f"head list of {language_model.slug}", head_type.slug, _types_with_lists(session, language_model)
        )
    return lists


def get_head_list(
    session: Session, language_model: LanguageModel, head_type: HeadType, version: str
) -> HeadListVersion:
    """One frozen list by its version.

    Raises:
        NotFoundError: No list of this language model and type has this version; carries the present ones.
    """
    statement = _select().where(
        HeadListVersion.language_model_id == language_model.id, HeadListVersion.head_type_id == head_type.id
    )
    found = session.scalars(
        statement.where(HeadListVersion.content_sha256.startswith(version, autoescape=True))
        .order_by(HeadListVersion.id)
        .options(*_LOADED)
    ).first()
    if found is None or found.version != version:
        present = session.scalars(statement.where(HeadListVersion.id.in_(_present())).options(*_LOADED))
        raise NotFoundError("version of this head list", version, [each.version for each in present])
    return found


def _select() -> Any:
    return select(HeadListVersion).join(HeadListVersion.language_model).join(HeadListVersion.head_type)


def _present() -> Any:
    return select(func.max(HeadListVersion.id)).group_by(
        HeadListVersion.language_model_id, HeadListVersion.head_type_id, HeadListVersion.unit, HeadListVersion.basis
    )


def _types_with_lists(session: Session, language_model: LanguageModel) -> list[str]:
    slugs = (
        select(HeadType.slug)
        .join(HeadListVersion, HeadListVersion.head_type_id == HeadType.id)
        .where(HeadListVersion.language_model_id == language_model.id)
        .distinct()
        .order_by(HeadType.slug)
    )
    return list(session.scalars(slugs))
