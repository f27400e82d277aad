"""Errors as pages: what went wrong in one sentence, near names as links, and ways to go on.

No page of this file reads the catalog: it must also stand when the database does not.
"""

from fastapi import Request
from fastapi.responses import Response

from api.pages.rendering import Head, render, segment
from api.schemas.problem import Problem
from catalog.errors import InvalidNotationError
from catalog.notation import Accession
from catalog.queries.names import near_names
from catalog.vocabulary import EntryKind

SECTIONS = (
    "head-types",
    "language-models",
    "findings",
    "verifications",
    "circuits",
    "papers",
    "detectors",
    "metrics",
    "stages",
    "methods",
    "benchmarks",
    "human-analogues",
    "mechanisms",
    "crosswalks",
    "search",
    "about",
)

SECTION_OF = {
    EntryKind.HEAD_TYPE: "head-types",
    EntryKind.FINDING: "findings",
    EntryKind.CIRCUIT: "circuits",
    EntryKind.VERIFICATION: "verifications",
}


def problem_page(request: Request, problem: Problem) -> Response:
    """A problem as HTML; the same problem is JSON under /api/."""
    parts = [part for part in request.url.path.split("/") if part]
    return render(
        request,
        "pages/problem.html",
        Head(problem.title, problem.detail, request.url.path, is_indexed=False),
        status=problem.status,
        problem=problem,
        suggestions=_suggestions(request, problem, parts),
        successor=entry_address(problem.successor) if problem.successor else None,
        words=parts[-1].replace("_", " ").replace("-", " ")[:80] if parts else "",
    )


def entry_address(accession: str) -> str | None:
    """The page of an accession; None where it is none."""
    try:
        read = Accession.parse(accession)
    except InvalidNotationError:
        return None
    return f"/{SECTION_OF[read.kind]}/{read.base}"


def _suggestions(request: Request, problem: Problem, parts: list[str]) -> list[tuple[str, str]]:
    """Near names of the entry, and sections whose address looks like the one asked for."""
    section = parts[0] if parts else ""
    if problem.near and section in SECTIONS:
        return [(name, f"/{section}/{segment(name)}") for name in problem.near]
    if section in SECTIONS:
        return []
    # People write head_types, headtype or models for the addresses that there are.
    plain = section.lower().replace("_", "-")
    near = near_names(plain, SECTIONS) or [each for each in SECTIONS if plain and plain.rstrip("s") in each]
    rest = "/".join(segment(part) for part in parts[1:])
    return [(f"/{each}/{rest}" if rest else f"/{each}", f"/{each}/{rest}" if rest else f"/{each}") for each in near]
