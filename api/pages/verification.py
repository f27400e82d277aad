"""Verifications: the filtered list, and the validation report of one re-run."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from api.dependencies import SessionDep
from api.pages.drawings.number_line import number_line
from api.pages.filters import read_query
from api.pages.rendering import Head, bibtex_address, render
from api.pages.signposts import signposted, tags_of
from api.pages.wording import VERDICT_MEANINGS, VERDICTS
from catalog.citation.record import claim_sentence, notice_of
from catalog.models import HeadScore, HeadScoreTable, Verification
from catalog.queries.head_score import find_measured_table, list_head_scores
from catalog.queries.verification import VerificationQuery, find_verifications, get_verification

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Places:
    """Share of the other heads that score no better; None where there are none to compare with."""

    in_model: float | None
    in_layer: float | None


@router.get("/verifications")
def list_page(request: Request, session: SessionDep) -> HTMLResponse:
    """All re-runs, latest first."""
    query, given = read_query(request, VerificationQuery)
    return render(
        request,
        "pages/verifications.html",
        Head("Verifications", "Re-runs of published claims about attention heads, with verdicts.", "/verifications"),
        page=find_verifications(session, query),
        query=given,
        verdict_options=list(VERDICTS.items()),
        sentence=claim_sentence,
    )


@router.get("/verifications/{accession}")
def entry_page(request: Request, session: SessionDep, accession: str) -> HTMLResponse:
    """One re-run as a report: score against chance, rules and all other heads, and everything to repeat it."""
    check = get_verification(session, accession)
    sentence = claim_sentence(check.finding)
    table, scores = _all_heads(session, check)
    metric = check.detector.metric
    page = render(
        request,
        "pages/verification.html",
        Head(
            f"{check.accession}: {sentence}, {VERDICTS[check.verdict]}",
            f"{sentence}: {VERDICTS[check.verdict]}. {VERDICT_MEANINGS[check.verdict]}",
            f"/verifications/{check.accession}",
            citation=tags_of(request, session, check),
            bibtex=bibtex_address(check),
            data=f"/api/v1/verifications/{check.accession}",
            trail=[("Verifications", "/verifications"), (check.finding.accession, _finding_address(check))],
        ),
        check=check,
        sentence=sentence,
        notice=notice_of(check),
        table=table,
        n_heads=len(scores),
        line=number_line(
            check.score,
            interval=None if check.ci_low is None or check.ci_high is None else (check.ci_low, check.ci_high),
            chance=check.chance,
            rule=check.detector.published_threshold,
            others=[each.score for each in scores if each.score is not None],
            bounds=(metric.range_low, metric.range_high),
        ),
        excess=_excess(check),
        places=_places(check, scores),
    )
    return signposted(request, page, check)


def _all_heads(session: Session, check: Verification) -> tuple[HeadScoreTable | None, list[HeadScore]]:
    """What the same run measured on every head of the language model."""
    table = find_measured_table(session, check.scan_run_id, check.detector.metric_id)
    return table, [] if table is None else list(list_head_scores(session, table))


def _excess(check: Verification) -> float | None:
    """Share of what chance leaves over that goes to the targets; below chance it is nothing."""
    if check.score is None or check.chance is None or check.chance >= 1:
        return None
    return min(1.0, max(0.0, (check.score - check.chance) / (1 - check.chance)))


def _places(check: Verification, scores: list[HeadScore]) -> Places:
    layer = [each for each in scores if each.layer == check.finding.layer]
    return Places(_percentile(check.score, scores), _percentile(check.score, layer))


def _percentile(score: float | None, heads: list[HeadScore]) -> float | None:
    numbers = [each.score for each in heads if each.score is not None]
    if score is None or len(numbers) < 2:
        return None
    # The head itself is among the numbers: it is taken out of both counts.
    return (sum(number <= score for number in numbers) - 1) / (len(numbers) - 1)


def _finding_address(check: Verification) -> str:
    return f"/findings/{check.finding.accession}"
