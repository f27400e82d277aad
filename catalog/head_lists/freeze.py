"""Freezes the lists of heads whose content changed; what was frozen before stays."""

from collections import defaultdict
from typing import Any

from sqlalchemy import and_, func, insert, select
from sqlalchemy.orm import Session

from catalog.canonical import canonical_json, sha256_of
from catalog.head_lists.build import Claim, build_head_list
from catalog.models import Finding, HeadListVersion, HeadType, LanguageModel, Metric, Paper, Verification
from catalog.models.base import now
from catalog.notation import HeadRef
from catalog.queries.latest import counted
from catalog.vocabulary import HeadListBasis, Polarity, Status, Unit, Verdict

Place = tuple[int, int, str]
"""Language model, head type and unit."""


def freeze_head_lists(session: Session) -> int:
    """Freeze every list that differs from its latest version; the caller commits.

    Returns:
        How many versions were added.
    """
    latest = _latest(session)
    rows: list[dict[str, Any]] = []
    moment = now()
    for place, (named, claims) in _claims(session).items():
        for basis in HeadListBasis:
            built = build_head_list(claims, basis)
            content = canonical_json(named | {"basis": str(basis)} | built)
            digest = sha256_of(content)
            if latest.get((*place, basis)) != digest:
                rows.append(
                    {
                        "language_model_id": place[0],
                        "head_type_id": place[1],
                        "unit": place[2],
                        "basis": basis.value,
                        "n_heads": len(built["heads"]),
                        "content": content,
                        "content_sha256": digest,
                        "created_at": moment,
                    }
                )
    if rows:
        session.execute(insert(HeadListVersion), rows)
    return len(rows)


def _latest(session: Session) -> dict[tuple[int, int, str, str], str]:
    newest = select(func.max(HeadListVersion.id)).group_by(
        HeadListVersion.language_model_id, HeadListVersion.head_type_id, HeadListVersion.unit, HeadListVersion.basis
    )
    rows = session.execute(
        select(
            HeadListVersion.language_model_id,
            HeadListVersion.head_type_id,
            HeadListVersion.unit,
            HeadListVersion.basis,
            HeadListVersion.content_sha256,
        ).where(HeadListVersion.id.in_(newest))
    )
    return {(model, kind, unit, basis): digest for model, kind, unit, basis, digest in rows}


def _claims(session: Session) -> dict[Place, tuple[dict[str, Any], list[Claim]]]:
    """Claims by list, with what names the list; one that lost its last claim is kept, and becomes empty."""
    # Verifications are appended, so the largest key is the latest re-run.
    latest = (
        select(func.max(Verification.id).label("id"))
        .where(counted(Verification))
        .group_by(Verification.finding_id)
        .subquery()
    )
    models = {model.id: model for model in session.scalars(select(LanguageModel))}
    rows = session.execute(
        select(
            Finding.language_model_id,
            Finding.head_type_id,
            Finding.unit,
            Finding.accession,
            Finding.version,
            Finding.layer,
            Finding.head,
            Finding.polarity,
            Finding.status,
            Finding.source_kind,
            Finding.value,
            HeadType.slug.label("head_type"),
            Paper.slug.label("paper"),
            Metric.slug.label("metric"),
            Verification.verdict,
            Verification.grade,
        )
        .join(HeadType, HeadType.id == Finding.head_type_id)
        .join(Paper, Paper.id == Finding.paper_id)
        .outerjoin(Metric, Metric.id == Finding.metric_id)
        # What heads do together says nothing of each of them.
        .where(Finding.unit != Unit.HEAD_GROUP)
        .outerjoin(Verification, and_(Verification.finding_id == Finding.id, Verification.id.in_(select(latest.c.id))))
        .order_by(Finding.id)
    )
    found: dict[Place, list[Claim]] = defaultdict(list)
    names: dict[Place, dict[str, Any]] = {}
    positive: set[Place] = set()
    for row in rows:
        place = (row.language_model_id, row.head_type_id, str(row.unit))
        if place not in names:
            names[place] = _named(models[row.language_model_id], row.head_type, row.unit)
        if row.polarity == Polarity.IS:
            positive.add(place)
        found[place].append(
            Claim(
                accession=f"{row.accession}.v{row.version}",
                head=HeadRef(row.layer, row.head),
                polarity=Polarity(row.polarity),
                status=Status(row.status),
                paper=row.paper,
                source_kind=str(row.source_kind),
                metric=row.metric,
                value=row.value,
                verdict=None if row.verdict is None else Verdict(row.verdict),
                grade=row.grade,
            )
        )
    return {place: (names[place], claims) for place, claims in found.items() if place in positive}


def _named(model: LanguageModel, head_type: str, unit: Unit) -> dict[str, Any]:
    return {
        "head_type": head_type,
        "unit": str(unit),
        "language_model": {
            "slug": model.slug,
            "hub_id": model.hub_id,
            "revision": model.revision,
            "n_layers": model.n_layers,
            "n_heads": model.n_heads,
            "n_kv_heads": model.n_kv_heads,
        },
    }
