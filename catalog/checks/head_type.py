"""Kinds of head and their names."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.checks.rule import Rule
from catalog.models import HeadType, HeadTypeAlias, HeadTypeRelation, StageAssignment
from catalog.notation import normalise_name


def have_a_stage_or_say_none(session: Session) -> list[str]:
    """A head type has a stage, or its note says that it has no stage."""
    rows = session.execute(
        select(HeadType.slug, HeadType.note)
        .outerjoin(StageAssignment, StageAssignment.head_type_id == HeadType.id)
        .where(StageAssignment.id.is_(None))
        .order_by(HeadType.slug)
    )
    return [slug for slug, note in rows if "no stage" not in (note or "").casefold()]


def aliases_are_normalised(session: Session) -> list[str]:
    """The normalised form of an alias follows from its name."""
    rows = session.execute(
        select(HeadType.slug, HeadTypeAlias.name, HeadTypeAlias.normalised)
        .join(HeadType, HeadType.id == HeadTypeAlias.head_type_id)
        .order_by(HeadType.slug, HeadTypeAlias.name)
    )
    return [f"{slug}: {name!r} as {form!r}" for slug, name, form in rows if form != normalise_name(name)]


def ambiguous_names(session: Session) -> list[str]:
    """A name that stands for several head types, as published: a search for it has to ask which one is meant."""
    owners: dict[str, set[str]] = {}
    aliases = select(HeadTypeAlias.normalised, HeadType.slug).join(HeadType, HeadType.id == HeadTypeAlias.head_type_id)
    for name, slug in session.execute(aliases):
        owners.setdefault(name, set()).add(slug)
    for slug in session.scalars(select(HeadType.slug)):
        if slug in owners:
            owners[slug].add(slug)
    return [f"{name}: {', '.join(sorted(slugs))}" for name, slugs in sorted(owners.items()) if len(slugs) > 1]


def relations_are_not_reversed(session: Session) -> list[str]:
    """No head type is a kind of one that is a kind of it."""
    forward = HeadTypeRelation.__table__.alias("forward")
    back = HeadTypeRelation.__table__.alias("back")
    rows = session.execute(
        select(func.min(forward.c.id), func.min(back.c.id), HeadType.slug)
        .join(back, (forward.c.source_id == back.c.target_id) & (forward.c.target_id == back.c.source_id))
        .join(HeadType, HeadType.id == forward.c.source_id)
        .where(forward.c.relation == "is_a", back.c.relation == "is_a")
        .group_by(HeadType.slug)
        .order_by(HeadType.slug)
    )
    return [slug for _, _, slug in rows]


RULES = (
    Rule(have_a_stage_or_say_none),
    Rule(aliases_are_normalised),
    Rule(relations_are_not_reversed),
    Rule(ambiguous_names, is_information=True),
)
