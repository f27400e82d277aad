"""Everything that a name can mean: a head type by any published name, a language model, a paper, and others.

A name is compared as `normalise_name` writes it, so that `S-Inhibition Heads` and `s_inhibition` are one. All meanings
are given, also those of different kinds: the literature calls several types by one name, and a person has to choose.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from catalog.errors import InvalidNotationError
from catalog.models import (
    Circuit,
    Detector,
    Finding,
    HeadType,
    HeadTypeAlias,
    LanguageModel,
    Method,
    Metric,
    Paper,
    Verification,
)
from catalog.notation import Accession, HeadRef, normalise_name
from catalog.queries.citable import published
from catalog.queries.names import near_names
from catalog.vocabulary import EntryKind

MOST_PAPERS = 20
"""Papers whose title holds the name; a longer list is a search, not a name."""


class NamedKind(StrEnum):
    """What a name can name."""

    HEAD_TYPE = "head_type"
    LANGUAGE_MODEL = "language_model"
    HEAD = "head"
    PAPER = "paper"
    METHOD = "method"
    METRIC = "metric"
    DETECTOR = "detector"
    CIRCUIT = "circuit"
    FINDING = "finding"
    VERIFICATION = "verification"


@dataclass(frozen=True, slots=True)
class Meaning:
    """One thing that a name can mean."""

    kind: NamedKind
    key: tuple[str, ...]
    """Steps of its address after the kind: a slug, an accession, or a slug and a head."""
    name: str
    """Name for people."""
    via: str
    """How the name leads there, in words."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a name can mean, surest kind first, and what looks like it where it means nothing."""

    meanings: list[Meaning]
    near: list[str]


def resolve_name(session: Session, name: str) -> Resolution:
    """Everything that a name can mean."""
    text = name.strip()
    found: dict[tuple[NamedKind, tuple[str, ...]], Meaning] = {}
    for look in (_accessions, _head_types, _language_models, _heads, _papers, _others):
        for meaning in look(session, text):
            found.setdefault((meaning.kind, meaning.key), meaning)
    return Resolution(list(found.values()), [] if found else _near(session, text))


def _accessions(session: Session, text: str) -> Iterator[Meaning]:
    try:
        accession = Accession.parse(text)
    except InvalidNotationError:
        return
    kinds: dict[EntryKind, tuple[NamedKind, Any, Any]] = {
        EntryKind.HEAD_TYPE: (NamedKind.HEAD_TYPE, HeadType, HeadType.name),
        EntryKind.FINDING: (NamedKind.FINDING, Finding, Finding.published_name),
        EntryKind.CIRCUIT: (NamedKind.CIRCUIT, Circuit, Circuit.name),
        EntryKind.VERIFICATION: (NamedKind.VERIFICATION, Verification, Verification.accession),
    }
    if accession.kind not in kinds:
        return
    kind, model, label = kinds[accession.kind]
    slug = model.slug if kind is NamedKind.HEAD_TYPE else model.accession
    for key, name in session.execute(select(slug, label).where(model.accession == accession.base, published(model))):
        yield Meaning(kind, (key,), name, "its accession")


def _head_types(session: Session, text: str) -> Iterator[Meaning]:
    normalised = normalise_name(text)
    own = select(HeadType).where(
        published(HeadType), or_(HeadType.slug == normalised, func.lower(HeadType.name) == text.lower())
    )
    for head_type in session.scalars(own):
        yield Meaning(NamedKind.HEAD_TYPE, (head_type.slug,), head_type.name, "its name in this catalog")
    aliases = (
        select(HeadType, HeadTypeAlias)
        .join(HeadTypeAlias, HeadTypeAlias.head_type_id == HeadType.id)
        .where(published(HeadType), HeadTypeAlias.normalised == normalised)
        .order_by(HeadType.slug, HeadTypeAlias.name)
    )
    for head_type, alias in session.execute(aliases):
        via = f"called “{alias.name}” by {alias.source}"
        yield Meaning(NamedKind.HEAD_TYPE, (head_type.slug,), head_type.name, via)


def _language_models(session: Session, text: str) -> Iterator[Meaning]:
    slug = text.replace("/", "--").lower()
    for model in _named_models(session, text):
        known = (model.slug.lower(), model.name.lower())
        via = "its slug, hub id or name" if slug in known or text.lower() in known else "its name without the owner"
        yield Meaning(NamedKind.LANGUAGE_MODEL, (model.slug,), model.name, via)


def _named_models(session: Session, text: str) -> Sequence[LanguageModel]:
    slug = text.replace("/", "--").lower()
    exact = [func.lower(LanguageModel.slug) == slug, func.lower(LanguageModel.hub_id) == text.lower()]
    exact.append(func.lower(LanguageModel.name) == text.lower())
    if slug and "--" not in slug:
        # People leave out the owner.
        exact.append(func.lower(LanguageModel.slug).endswith(f"--{slug}", autoescape=True))
    return session.scalars(select(LanguageModel).where(or_(*exact)).order_by(LanguageModel.slug)).all()


def _heads(session: Session, text: str) -> Iterator[Meaning]:
    owner, _, last = text.rpartition(" ")
    if not owner.strip():
        return
    try:
        head = HeadRef.parse(last)
    except InvalidNotationError:
        return
    for model in _named_models(session, owner.strip()):
        if head.layer < model.n_layers and head.head < model.n_heads:
            yield Meaning(NamedKind.HEAD, (model.slug, str(head)), f"{head} of {model.name}", "language model and head")


def _papers(session: Session, text: str) -> Iterator[Meaning]:
    number = re.sub(r"^arxiv:|v\d+$", "", text, flags=re.I)
    doi = text.removeprefix("https://doi.org/")
    exact = or_(Paper.slug == text, Paper.arxiv_id == number, Paper.doi == doi, Paper.bib_key == text)
    for paper in session.scalars(select(Paper).where(exact)):
        yield Meaning(NamedKind.PAPER, (paper.slug,), paper.title, "its slug, arXiv identifier, DOI or BibTeX key")
    if len(text) < 3:
        return
    titled = select(Paper).where(Paper.title.icontains(text, autoescape=True)).order_by(Paper.slug).limit(MOST_PAPERS)
    for paper in session.scalars(titled):
        via = "its title" if paper.title.lower() == text.lower() else "its title holds the name"
        yield Meaning(NamedKind.PAPER, (paper.slug,), paper.title, via)


def _others(session: Session, text: str) -> Iterator[Meaning]:
    wanted = (normalise_name(text), text.lower().replace("-", "_").replace(" ", "_"))
    kinds: Iterable[tuple[NamedKind, Any, Any, Any]] = (
        (NamedKind.METHOD, Method, Method.slug, Method.name),
        (NamedKind.METRIC, Metric, Metric.slug, Metric.name),
        (NamedKind.DETECTOR, Detector, Detector.slug, Detector.slug),
        (NamedKind.CIRCUIT, Circuit, Circuit.accession, Circuit.name),
    )
    for kind, model, key, label in kinds:
        named = or_(model.slug.in_(wanted), func.lower(label) == text.lower())
        for found, name in session.execute(select(key, label).where(named).order_by(key).distinct()):
            yield Meaning(kind, (found,), name, "its name in this catalog")


def _near(session: Session, text: str) -> list[str]:
    slugs = session.scalars(select(HeadType.slug).where(published(HeadType)))
    names = [*slugs, *session.scalars(select(HeadTypeAlias.name))]
    models = session.scalars(select(LanguageModel.hub_id).distinct()).all()
    short = {each.rpartition("/")[2]: each for each in models}
    near = near_names(normalise_name(text), names) + near_names(text, names) + near_names(text, models)
    return list(dict.fromkeys(near + [short[each] for each in near_names(text, short)]))[:6]
