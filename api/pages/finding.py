"""Findings: the filtered list, and the page of one claim."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.dependencies import SessionDep
from api.pages.filters import read_query
from api.pages.rendering import Head, bibtex_address, render, with_query
from api.pages.signposts import signposted, tags_of
from api.pages.trace import trace
from api.pages.wording import VERDICTS
from catalog.citation.record import claim_sentence
from catalog.models import Finding
from catalog.queries.finding import UNTESTED, FindingQuery, find_findings, get_finding
from catalog.queries.stage import find_stages

router = APIRouter()

SORTS = [
    ("-value", "largest published value"),
    ("language_model", "language model"),
    ("head_type", "head type"),
    ("layer", "layer"),
    ("verdict", "verdict"),
]


@router.get("/findings")
def list_page(request: Request, session: SessionDep) -> HTMLResponse:
    """All claims, filtered."""
    query, given = read_query(request, FindingQuery)
    return render(
        request,
        "pages/findings.html",
        Head(
            "Findings",
            "Claims that heads of language models are, or are not, of a head type.",
            "/findings",
            feed=with_query("/api/v1/feeds/findings.atom", given, sort=None, limit=None, cursor=None, total=None),
        ),
        page=find_findings(session, query),
        query=given,
        stage_options=[(stage.slug, stage.name) for stage in find_stages(session).items],
        verdict_options=[*VERDICTS.items(), (UNTESTED, "not re-run")],
        sort_options=SORTS,
    )


@router.get("/findings/{accession}")
def entry_page(request: Request, session: SessionDep, accession: str) -> HTMLResponse:
    """One claim with every verdict on it."""
    detail = get_finding(session, accession)
    finding = detail.finding
    sentence = claim_sentence(finding)
    page = render(
        request,
        "pages/finding.html",
        Head(
            f"{sentence} ({finding.accession})",
            f"{sentence}, according to “{finding.paper.title}”. Verdicts, chance level and provenance.",
            f"/findings/{finding.accession}",
            citation=tags_of(request, session, finding),
            bibtex=bibtex_address(finding),
            data=f"/api/v1/findings/{finding.accession}",
            feed=f"/api/v1/feeds/entries.atom?accession={finding.accession}",
            trail=[("Findings", "/findings"), (finding.language_model.name, _model_address(finding))],
        ),
        detail=detail,
        latest=detail.latest,
        assessment=None if detail.assessment is None else detail.assessment.assessment,
        steps=[] if detail.latest is None else trace(detail.latest),
        sentence=sentence,
    )
    return signposted(request, page, finding)


def _model_address(finding: Finding) -> str:
    return f"/language-models/{finding.language_model.slug}"
