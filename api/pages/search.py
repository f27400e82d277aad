"""Search: a name, an accession, an arXiv number or a head, resolved to what it means and to what looks like it."""

from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from api.dependencies import SessionDep
from api.pages.filters import filled
from api.pages.problem import entry_address
from api.pages.rendering import Head, render, segment
from catalog.errors import AmbiguousNameError, CatalogError, InvalidNotationError, NotFoundError
from catalog.models import HeadType
from catalog.notation import HeadRef
from catalog.queries.benchmark import BenchmarkQuery, find_benchmarks
from catalog.queries.circuit import CircuitQuery, find_circuits
from catalog.queries.finding import FindingQuery, FindingRow, find_findings
from catalog.queries.head_type import HeadTypeQuery, find_head_types, resolve_head_type
from catalog.queries.language_model import LanguageModelQuery, find_language_models, resolve_language_model
from catalog.queries.method import MethodQuery, find_methods
from catalog.queries.metric import MetricQuery, find_metrics
from catalog.queries.paper import PaperQuery, find_papers

router = APIRouter()

HITS = 12
LONGEST = 200
LONGEST_NUMBER = 32


@dataclass(frozen=True, slots=True)
class Hits:
    """Records of one kind whose name contains the words."""

    title: str
    more: str
    """Address of the whole list."""
    items: list[tuple[str, str, str]]
    """Name, address and what to say beside it."""
    total: int


@dataclass(slots=True)
class Answer:
    """What a search found."""

    exact: HeadType | None = None
    meanings: list[HeadType] = field(default_factory=list)
    """Several types that the literature calls by this name."""
    near: list[str] = field(default_factory=list)
    """Head types whose names look like it, where nothing has it."""
    head: HeadRef | None = None
    claims: list[FindingRow] = field(default_factory=list)
    """Claims on the head that was asked for."""
    groups: list[Hits] = field(default_factory=list)


@router.get("/search")
def search_page(request: Request, session: SessionDep) -> Response:
    """Everything that the words may mean; an accession or a head of a language model leads straight to its page."""
    words = filled(request.query_params).get("q", "")[:LONGEST].replace("\x00", "")
    address = _straight(session, words)
    if address is not None:
        return RedirectResponse(address, status_code=303)
    return render(
        request,
        "pages/search.html",
        Head(f"Search: {words}" if words else "Search", "Search the catalog.", "/search", is_indexed=False),
        words=words,
        answer=_answer(session, words) if words else Answer(),
    )


def _straight(session: Session, words: str) -> str | None:
    """The one page that an accession, or a language model with a head, can mean."""
    if entry := entry_address(words):
        return entry
    name, _, last = words.rpartition(" ")
    try:
        model = resolve_language_model(session, name.strip()) if name.strip() else None
        return f"/language-models/{segment(model.slug)}/heads/{HeadRef.parse(last)}" if model else None
    except CatalogError:
        return None


def _answer(session: Session, words: str) -> Answer:
    answer = Answer()
    try:
        answer.exact = resolve_head_type(session, words)
    except AmbiguousNameError as problem:
        answer.meanings = [resolve_head_type(session, slug) for slug in problem.candidates]
    except NotFoundError as problem:
        answer.near = problem.near
    except CatalogError:
        pass  # a withdrawn type of this name is no answer to a search
    try:
        answer.head = HeadRef.parse(words)
        place = FindingQuery(layer=answer.head.layer, head=answer.head.head, sort="language_model", limit=100)
        answer.claims = find_findings(session, place).items
    except InvalidNotationError:
        pass
    answer.groups = [group for group in _groups(session, words) if group.items]
    return answer


def _groups(session: Session, words: str) -> list[Hits]:
    """Lists of records, each by its own query."""
    types = find_head_types(session, HeadTypeQuery(q=words, limit=HITS, total=True))
    models = find_language_models(session, LanguageModelQuery(q=words, limit=HITS, total=True))
    papers = find_papers(session, PaperQuery(q=words, limit=HITS, total=True))
    by_number = find_papers(session, PaperQuery(arxiv_id=words.removeprefix("arXiv:")[:LONGEST_NUMBER], limit=1)).items
    circuits = find_circuits(session, CircuitQuery(q=words, limit=HITS, total=True))
    metrics = find_metrics(session, MetricQuery(q=words, limit=HITS, total=True))
    methods = find_methods(session, MethodQuery(q=words, limit=HITS, total=True))
    benchmarks = find_benchmarks(session, BenchmarkQuery(q=words, limit=HITS, total=True))
    listed = [(each.paper.title, f"/papers/{each.paper.slug}", str(each.paper.year or "")) for each in papers.items]
    listed += [(each.paper.title, f"/papers/{each.paper.slug}", "this arXiv number") for each in by_number]
    return [
        _hits("Head types", "/head-types", words, types.total, [
            (each.head_type.name, f"/head-types/{each.head_type.slug}", _shorten(each.head_type.definition))
            for each in types.items
        ]),
        _hits("Language models", "/language-models", words, models.total, [
            (each.language_model.name, f"/language-models/{segment(each.language_model.slug)}",
             f"{each.language_model.n_layers} × {each.language_model.n_heads} heads, {each.n_findings} claims")
            for each in models.items
        ]),
        _hits("Papers", "/papers", words, max(papers.total or 0, len(listed)), listed),
        _hits("Circuits", "/circuits", words, circuits.total, [
            (each.circuit.name, f"/circuits/{each.circuit.accession}", each.circuit.task) for each in circuits.items
        ]),
        _hits("Metrics", "/metrics", words, metrics.total, [
            (each.name, f"/metrics/{each.slug}", _shorten(each.definition)) for each in metrics.items
        ]),
        _hits("Methods", "/methods", words, methods.total, [
            (each.method.name, f"/methods#{each.method.slug}", _shorten(each.method.definition))
            for each in methods.items
        ]),
        _hits("Benchmarks", "/benchmarks", words, benchmarks.total, [
            (each.name, f"/benchmarks#{each.slug}", _shorten(each.task_summary)) for each in benchmarks.items
        ]),
    ]  # fmt: skip


def _hits(title: str, section: str, words: str, total: int | None, items: list[tuple[str, str, str]]) -> Hits:
    has_filter = section in ("/head-types", "/language-models", "/papers", "/circuits", "/metrics")
    return Hits(title, f"{section}?q={segment(words)}" if has_filter else section, items, total or 0)


def _shorten(text: str) -> str:
    return text if len(text) <= 140 else f"{text[:139].rsplit(' ', 1)[0]} …"
