"""Breadth of one head as a record holds it: what was measured on ordinary text, by prompt, and the broad verdict."""

from dataclasses import asdict
from typing import Any

from catalog.notation import HeadRef
from catalog.vocabulary import Polarity
from ingest.breadth import BROAD_RULE, RULE_VERSION, Breadth, judge_breadth
from ingest.head_values import values_of_units
from ingest.plain_numbers import number
from ingest.scan_result import BreadthResult, DetectorResult, ScanResult
from ingest.scoring import DetectorScores

Place = tuple[int, int]


def breadth_record(result: ScanResult, detector: DetectorResult, head: HeadRef, polarity: Polarity) -> dict[str, Any]:
    """The part of a record that the broad verdict follows from; of a scan that measured breadth."""
    assert detector.breadth is not None, "asked of scans that measured breadth"
    measured = breadth_of(result, detector.breadth, head, polarity)
    judgement = judge_breadth(measured)
    place = (head.layer, head.head)
    return {
        "rule_version": RULE_VERSION,
        "rule": BROAD_RULE,
        "prompts": "natural_text",
        "measured": asdict(measured) | {"polarity": polarity.value},
        "by_prompt": {
            name: _values(each, place)
            for name, each in (("score", detector.breadth.score), ("share", detector.breadth.share))
        },
        "judgement": {
            "verdict": None if judgement.verdict is None else judgement.verdict.value,
            "reason": judgement.reason,
        },
    }


def breadth_of(result: ScanResult, found: BreadthResult, head: HeadRef, polarity: Polarity) -> Breadth:
    """What a scan says of one head on ordinary text, as the rule reads it."""
    if found.score is None:
        return Breadth(polarity, result.is_live, None, found.why_not, is_applicable=False)
    if found.score.scores is None and not found.score.is_failure:
        return Breadth(polarity, result.is_live, None, found.score.absent_reason, is_applicable=False)
    scores, place = found.score.scores, (head.layer, head.head)
    score = None if scores is None else number(scores.score[place])
    if scores is None or score is None:
        return Breadth(polarity, result.is_live, None, result.why_absent(found.score, head), is_applicable=True)
    statistics = scores.statistics
    intervals = (
        {}
        if statistics is None
        else {
            name: number(getattr(statistics, name)[place])
            for name in ("ci_low", "ci_high", "excess_low", "excess_high")
        }
    )
    share = found.share.scores if found.share is not None else None
    return Breadth(
        polarity,
        result.is_live,
        score,
        None,
        is_applicable=True,
        chance=_chance(scores, place),
        share=None if share is None else number(share.score[place]),
        share_chance=None if share is None else _chance(share, place),
        n_counted=scores.n_counted,
        **intervals,
    )


def _chance(scores: DetectorScores, place: Place) -> float | None:
    return number(scores.chance if scores.head_chance is None else scores.head_chance[place])


def _values(result: DetectorResult | None, place: Place) -> dict[str, Any] | None:
    if result is None or result.scores is None or result.scores.units is None:
        return None
    return values_of_units(result.scores.units, place)
