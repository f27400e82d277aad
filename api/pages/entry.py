"""Cited entries: the page of one frozen version, which also stands when the entry itself was withdrawn."""

import json
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.dependencies import SessionDep
from api.pages.problem import entry_address
from api.pages.rendering import Head, public_url, render
from api.pages.signposts import highwire_tags
from api.signposting import Signposts
from catalog.citation.record import cite_entry, notice_of
from catalog.citation.style import STYLES
from catalog.notation import Accession
from catalog.queries.citable import standing
from catalog.queries.cited import get_cited_entry, get_entry
from catalog.queries.entry_version import EntryVersionQuery, find_entry_versions

router = APIRouter()

NAMES = {
    "bibtex": "BibTeX",
    "csl": "CSL-JSON",
    "ris": "RIS",
    "datacite": "DataCite JSON",
    "jsonld": "JSON-LD (schema.org)",
}


@router.get("/entries/{accession}")
def entry_page(request: Request, session: SessionDep, accession: str) -> Response:
    """One version as it was cited; without a version, the entry as it stands."""
    wanted = Accession.parse(accession)
    if wanted.version is None:
        standing(get_entry(session, wanted))
        return RedirectResponse(f"{request.scope.get('root_path', '')}{entry_address(wanted.base)}", 303)
    cited = get_cited_entry(session, wanted)
    posts = Signposts(public_url(request), wanted)
    citation = cite_entry(cited, posts.public_url)
    path = f"/entries/{wanted}"
    versions = find_entry_versions(session, EntryVersionQuery(accession=wanted.base, limit=500)).items
    page = render(
        request,
        "pages/entry.html",
        Head(
            citation.title,
            f"Version {cited.frozen.version} of {wanted.base}, frozen on {citation.day}. {citation.note}",
            path,
            citation=highwire_tags(citation, posts),
            bibtex=f"/api/v1/entries/{wanted}/bibtex",
            data=f"/api/v1/entries/{wanted}?format=json",
            trail=[(wanted.base, entry_address(wanted.base) or "/")],
        ),
        cited=cited,
        notice=notice_of(cited.entry),
        citation=citation,
        content=json.loads(cited.frozen.content),
        versions=sorted((each.version for each in versions), reverse=True),
        styles=[(NAMES[name], f"/api/v1/entries/{wanted}/{name}") for name in STYLES],
        accession=str(wanted),
        shown=_shown,
    )
    page.headers["Link"] = posts.of_page()
    return page


def _shown(value: Any) -> str:
    """A value of the content as text: what is plain as it is, what is deeper as indented JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
