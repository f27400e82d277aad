"""A scan for people: the strongest heads of each detector, and which of them were found."""

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from catalog.notation import HeadRef
from ingest.loaded_model import LoadedModel
from ingest.scan_result import DetectorResult, ScanResult

# Enough to see where the found heads end and the rest begins.
_N_SHOWN = 5


def print_scan(result: ScanResult, console: Console) -> None:
    """One table, its notes, and what it was measured on."""
    loaded = result.loaded
    console.print(
        Text(f"{loaded.hub_id} at {loaded.revision[:19]}: {_shape(loaded)}"),
        style="bold",
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("detector", "head", "score", "95 % interval", "chance", "adjusted p", "effect", "found"):
        table.add_column(name, justify="left" if name in ("detector", "head", "found") else "right", no_wrap=True)
    for each in result.detectors:
        for row in _rows(result, each):
            table.add_row(*row)
    console.print(table)
    for each in result.detectors:
        if each.absent_reason:
            console.print(Text(f"{each.detector.name}: not computed. {each.absent_reason}"))
        if each.arm is not None and each.arm.absent_reason:
            console.print(Text(f"{each.detector.name}: no effects. {each.arm.absent_reason}"))
    for note in result.provenance["notes"]:
        console.print(Text(f"Note: {note}"))
    if not result.is_live:
        console.print(Text("Perturbing heads did not change the logits: these scores are not to be trusted."))
    machine = result.provenance["machine"]
    console.print(
        Text(
            f"{result.seconds:.1f} s on {machine['device']} in {machine['dtype']}, "
            f"{result.provenance['attention_path']}, seed {result.options.seed}"
        ),
        style="dim",
    )


def _shape(loaded: LoadedModel) -> str:
    n_attending = len(loaded.attention_layers)
    which = "" if n_attending == loaded.n_layers else f", {n_attending} of them with attention"
    return f"{loaded.n_layers} layers{which} × {loaded.n_heads} heads"


def _rows(result: ScanResult, each: DetectorResult) -> list[list[str]]:
    if each.scores is None:
        return [[each.detector.name, "–", "not computed", "", "", "", "", ""]]
    positive = result.positive(each)
    found = set(positive or ())
    order = np.argsort(-np.nan_to_num(each.scores.score.ravel(), nan=-1.0), kind="stable")
    heads = [HeadRef(*divmod(int(index), result.loaded.n_heads)) for index in order]
    heads = [head for head in heads if head.layer in result.loaded.attention_layers]
    # A head that is found and stands below others that are not must be seen too.
    shown = [head for place, head in enumerate(heads) if place < _N_SHOWN or head in found]
    return [_row(result, each, head, head in found, is_first=head == shown[0]) for head in shown]


def _row(result: ScanResult, each: DetectorResult, head: HeadRef, is_found: bool, *, is_first: bool) -> list[str]:
    record = result.head_record(each, head)
    interval = "" if record.ci_low is None else f"{record.ci_low:.3f} – {record.ci_high:.3f}"
    mark = "" if not result.options.with_statistics else "yes" if is_found else "no"
    return [
        each.detector.name if is_first else "",
        str(head),
        "not computed" if record.score is None else f"{record.score:.3f}",
        interval,
        f"{record.chance:.3f}" if record.chance is not None and (is_first or _differs(each)) else "",
        "" if record.p_adjusted is None else f"{record.p_adjusted:.1g}",
        _effect(each, head),
        mark,
    ]


def _effect(each: DetectorResult, head: HeadRef) -> str:
    """Change of the detector's behaviour, or task, when the head is mean-ablated; empty where there is none."""
    effect = None if each.arm is None else each.arm.effect
    return "" if effect is None else f"{effect[head.layer, head.head]:+.3f}"


def _differs(each: DetectorResult) -> bool:
    """Whether chance differs from head to head."""
    return each.scores is not None and each.scores.head_chance is not None
