"""Short tables that fit on one page each: benchmarks, human analogues, mechanisms. An entry's address is its anchor."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from api.dependencies import SessionDep
from api.pages.rendering import Head, render
from catalog.queries.benchmark import BenchmarkQuery, find_benchmarks, get_benchmark
from catalog.queries.human_analogue import HumanAnalogueQuery, find_human_analogues, get_human_analogue
from catalog.queries.mechanism import MechanismQuery, find_mechanisms, get_mechanism

router = APIRouter()

ALL = 500


@router.get("/benchmarks")
def benchmarks_page(request: Request, session: SessionDep) -> HTMLResponse:
    """Data sets with which heads are explored or their effect is measured."""
    return render(
        request,
        "pages/benchmarks.html",
        Head("Benchmarks", "Data sets with which attention heads are explored or measured.", "/benchmarks"),
        benchmarks=find_benchmarks(session, BenchmarkQuery(limit=ALL, sort="name")).items,
    )


@router.get("/benchmarks/{slug}")
def benchmark_page(session: SessionDep, slug: str) -> RedirectResponse:
    """The place of one benchmark."""
    return RedirectResponse(f"/benchmarks#{get_benchmark(session, slug).slug}", status_code=307)


@router.get("/human-analogues")
def analogues_page(request: Request, session: SessionDep) -> HTMLResponse:
    """Parallels between language models and people."""
    return render(
        request,
        "pages/human_analogues.html",
        Head("Human analogues", "Parallels between language models and human cognition.", "/human-analogues"),
        analogues=find_human_analogues(session, HumanAnalogueQuery(limit=ALL)).items,
    )


@router.get("/human-analogues/{slug}")
def analogue_page(session: SessionDep, slug: str) -> RedirectResponse:
    """The place of one analogue."""
    return RedirectResponse(f"/human-analogues#{get_human_analogue(session, slug).slug}", status_code=307)


@router.get("/mechanisms")
def mechanisms_page(request: Request, session: SessionDep) -> HTMLResponse:
    """How head types work together on a task."""
    return render(
        request,
        "pages/mechanisms.html",
        Head("Mechanisms", "How head types work together on a task, step by step.", "/mechanisms"),
        mechanisms=find_mechanisms(session, MechanismQuery(limit=ALL, sort="name")).items,
    )


@router.get("/mechanisms/{slug}")
def mechanism_page(session: SessionDep, slug: str) -> RedirectResponse:
    """The place of one mechanism."""
    return RedirectResponse(f"/mechanisms#{get_mechanism(session, slug).slug}", status_code=307)
