"""Head types for tests."""

from typing import Any

from sqlalchemy.orm import Session

from catalog.models import HeadType, HeadTypeAlias, HeadTypeRelation
from catalog.notation import Accession, normalise_name
from catalog.vocabulary import Confidence, EntryKind, Origin, Relation
from tests.factories.counter import fresh


def make_head_type(session: Session, *, aliases: tuple[str, ...] = (), **changes: Any) -> HeadType:
    """A head type, with other names where they are given."""
    n = fresh()
    values = {
        "accession": Accession(EntryKind.HEAD_TYPE, n).base,
        "slug": f"type_{n}",
        "name": f"Type {n} head",
        "definition": "A head that a test is about.",
        "definition_confidence": Confidence.HIGH,
        "origin": Origin.SURVEY_TAXONOMY,
        "aliases": [HeadTypeAlias(name=each, normalised=normalise_name(each), source="a test") for each in aliases],
    }
    head_type = HeadType(**values | changes)
    session.add(head_type)
    session.flush()
    return head_type


def make_relation(session: Session, source: HeadType, target: HeadType, **changes: Any) -> HeadTypeRelation:
    """A relation from one head type to another."""
    values = {"source_id": source.id, "target_id": target.id, "relation": Relation.IS_A, "basis": "curator"}
    relation = HeadTypeRelation(**values | changes)
    session.add(relation)
    session.flush()
    return relation
