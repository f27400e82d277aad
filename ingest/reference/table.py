"""Which head types were found in a language model, as a Markdown table, from the JSON of `headcat verify`.

The table of the reference language model stands in the README of the project, between two marks.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from ingest.errors import IngestError

BEGIN, END = "<!-- head types of the reference language model -->", "<!-- end of the table -->"
_HEADER = (
    "| head type | claim | heads | score | effect | verdict |",
    "|---|---|---|---|---|---|",
)
_CAUSAL_GRADE = 3


def table_of(verifications: Sequence[Mapping[str, Any]]) -> str:
    """One line for each head type and polarity; reproduced ones first.

    Args:
        verifications: Records of one language model, as `headcat verify --json` prints them.
    """
    ordered = sorted(verifications, key=_key)
    rows = [_row(list(group)) for _, group in groupby(ordered, key=_key)]
    rows.sort(key=lambda row: "| is not |" in row)
    return "\n".join([*_HEADER, *rows, "", _summary(verifications)])


def with_table(text: str, table: str) -> str:
    """A text with the table between its marks.

    Raises:
        IngestError: The marks are missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise IngestError(f"The text has no table to replace: write {BEGIN} and {END} where it shall stand.")
    return f"{before}{begin}\n\n{table}\n\n{end}{after}"


def _key(record: Mapping[str, Any]) -> tuple[str, str, bool]:
    """Type, polarity, and whether the claim is about several heads together: these have a line of their own."""
    finding = record["finding"]
    return finding["head_type"], finding["polarity"], "+" in finding["head"]


def _row(records: Sequence[Mapping[str, Any]]) -> str:
    (head_type, polarity, _), measured = _key(records[0]), [record["measured"] for record in records]
    cells = [
        f"`{head_type}`",
        "is" if polarity == "is" else "is not",
        _joined(record["finding"]["head"] for record in records),
        _joined(_number(each["score"]) for each in measured),
        _joined(_number(each["cause"]["effect"]) if each["cause"] else "–" for each in measured),
        "; ".join(dict.fromkeys(_verdict(record) for record in records)),
    ]
    return f"| {' | '.join(cells)} |"


def _verdict(record: Mapping[str, Any]) -> str:
    judgement = record["judgement"]
    by_cause = ", with cause" if judgement["grade"] >= _CAUSAL_GRADE else ""
    return f"{judgement['verdict'].replace('_', ' ')}{by_cause}"


def _summary(records: Sequence[Mapping[str, Any]]) -> str:
    reproduced = [record for record in records if record["judgement"]["verdict"] == "reproduced"]
    found = {record["finding"]["head_type"] for record in reproduced if record["finding"]["polarity"] == "is"}
    caused = {
        record["finding"]["head_type"]
        for record in reproduced
        if record["finding"]["polarity"] == "is" and record["judgement"]["grade"] >= _CAUSAL_GRADE
    }
    absent = {record["finding"]["head_type"] for record in reproduced if record["finding"]["polarity"] == "is_not"}
    return (
        f"{len(found)} head types are reproduced, {len(caused)} of them with cause; {len(absent)} were looked for and "
        "are not there."
    )


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(parts)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
