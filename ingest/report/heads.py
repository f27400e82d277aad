"""Tables of heads: the strongest of a detector with both rules, and the summary over all detectors."""

from collections.abc import Sequence

import numpy as np

from catalog.notation import HeadRef
from ingest.cause import causal_rule
from ingest.evidence import Evidence
from ingest.report.markup import Content, Markup, element, joined, table
from ingest.rule import Standing
from ingest.scan_result import DetectorResult, ScanResult
from ingest.verdict import HeadRecord, is_silent, our_rule, published_rule

N_STRONGEST = 10
# Found heads beyond this are marked in the grid alone.
N_LISTED = 40

_SIGNS = {Standing.MET: "✓ met", Standing.UNMET: "✗ not met", Standing.OPEN: "? open"}


def strongest(result: ScanResult, each: DetectorResult) -> Markup:
    """The heads with the highest scores, and every head found."""
    assert each.scores is not None, "there is no table without scores"
    found = set(result.positive(each) or ())
    ordered = by_score(result, each)
    listed = set(ordered[:N_STRONGEST]) | set([head for head in ordered if head in found][:N_LISTED])
    rows = [_row(result, each, head, is_found=head in found) for head in ordered if head in listed]
    title = "Heads with the highest values" if each.detector.evidence is Evidence.MOMENTS else "Strongest heads"
    return table(f"{title} of {each.detector.name}", _columns(each), rows, class_="numbers")


def by_score(result: ScanResult, each: DetectorResult) -> list[HeadRef]:
    """Heads with a score, highest first; equal scores in the order of the heads."""
    assert each.scores is not None, "asked for where there are scores"
    flat = each.scores.score.ravel()
    order = np.argsort(-np.nan_to_num(flat, nan=-np.inf), kind="stable")
    return [HeadRef(*divmod(int(index), result.loaded.n_heads)) for index in order if np.isfinite(flat[index])]


def _columns(each: DetectorResult) -> list[str]:
    columns = ["head", "score", "95 % interval", "chance", "null model", "adjusted p", "our rule", "published rule"]
    if each.arm is not None and each.arm.effect is not None:
        columns += ["effect", "cause"]
    if each.scores is not None and each.scores.reading is not None:
        columns.append("reading")
    return columns


def _row(result: ScanResult, each: DetectorResult, head: HeadRef, *, is_found: bool) -> list[Content]:
    assert each.scores is not None, "asked for in strongest"
    record, statistics = result.head_record(each, head), each.scores.statistics
    null_score = None if statistics is None else float(statistics.null_score[head.layer, head.head])
    row: list[Content] = [
        joined(str(head), " ", element("b", "◆ found", class_="found")) if is_found else str(head),
        number(record.score),
        interval(record),
        number(record.chance),
        number(null_score),
        "–" if record.p_adjusted is None else f"{record.p_adjusted:.2g}",
        _our_rule(record) if statistics is not None else "–",
        "–" if (published := published_rule(record)) is None else _SIGNS[published],
    ]
    if each.arm is not None and each.arm.effect is not None:
        row += [_effect(each, head), "–" if record.cause is None else _SIGNS[causal_rule(record.cause)]]
    if each.scores.reading is not None:
        row.append(each.scores.reading[head.layer][head.head])
    return row


def _our_rule(record: HeadRecord) -> str:
    said = _SIGNS[our_rule(record)]
    return f"{said}, but writes nothing" if is_silent(record) else said


def _effect(each: DetectorResult, head: HeadRef) -> str:
    """Effect of mean ablation with its interval, positive where the head serves the behaviour."""
    arm, place = each.arm, (head.layer, head.head)
    assert arm is not None, "asked for where there is an arm"
    assert arm.mean is not None, "asked for where there are effects"
    low, high = sorted((arm.sign * arm.mean.low[place], arm.sign * arm.mean.high[place]))
    return f"{arm.sign * arm.mean.effect[place]:+.3f} [{low:+.3f}, {high:+.3f}]"


def number(value: float | None) -> str:
    """Three decimals, or a dash where nothing was computed."""
    return "–" if value is None or not np.isfinite(value) else f"{value:.3f}"


def interval(record: HeadRecord) -> str:
    """The interval of a score in brackets."""
    if record.ci_low is None or record.ci_high is None:
        return "–"
    return f"[{record.ci_low:.3f}, {record.ci_high:.3f}]"


def summary(result: ScanResult) -> Markup:
    """One line for each detector."""
    rows = [_summary_row(result, each) for each in result.detectors]
    heads = ["detector", "measures", "found", "strongest head", "chance", "published rule"]
    return table("What was measured, and what was found", heads, rows, class_="summary")


def _summary_row(result: ScanResult, each: DetectorResult) -> Sequence[Content]:
    name, rule = each.detector.name, each.detector.rule
    link = element("a", name, href=f"#{name}")
    if each.scores is None:
        return [link, each.detector.summary, "not computed", "–", "–", "–"]
    found, ordered = result.positive(each), by_score(result, each)
    best = result.head_record(each, ordered[0]) if ordered else None
    return [
        link,
        each.detector.summary,
        _count(result, each) if found is None else str(len(found)),
        "–" if best is None else element("span", f"{ordered[0]} {number(best.score)} {interval(best)}", class_="line"),
        number(each.scores.chance),
        "none drawn" if rule is None else f"≥ {rule.threshold:g}" if rule.is_applicable else "not applicable",
    ]


def _count(result: ScanResult, each: DetectorResult) -> str:
    """What stands in place of a number of heads found."""
    return "metric only" if each.detector.evidence is Evidence.MOMENTS else "no statistics"
