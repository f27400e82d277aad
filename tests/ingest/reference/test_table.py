from typing import Any

import pytest

from ingest.errors import IngestError
from ingest.reference.table import BEGIN, END, table_of, with_table


def verification(head_type: str, head: str, *, polarity: str = "is", verdict: str, grade: int) -> dict[str, Any]:
    cause = {"effect": 0.25} if grade == 3 else None
    return {
        "finding": {"head_type": head_type, "head": head, "polarity": polarity},
        "measured": {"score": 0.5, "cause": cause},
        "judgement": {"verdict": verdict, "grade": grade},
    }


RECORDS = [
    verification("block", "L0H0", polarity="is_not", verdict="reproduced", grade=2),
    verification("mover", "L1H2", verdict="reproduced", grade=3),
    verification("mover", "L1H3", verdict="not_reproduced", grade=0),
    verification("local", "L0H1", verdict="reproduced", grade=2),
]


def test_one_line_for_each_type_found_ones_first() -> None:
    lines = table_of(RECORDS).splitlines()
    assert lines[2:5] == [
        "| `local` | is | L0H1 | 0.50 | – | reproduced |",
        "| `mover` | is | L1H2, L1H3 | 0.50, 0.50 | 0.25, – | reproduced, with cause; not reproduced |",
        "| `block` | is not | L0H0 | 0.50 | – | reproduced |",
    ]


def test_heads_together_have_a_line_of_their_own() -> None:
    records = [*RECORDS, verification("mover", "L1H2+L1H3", verdict="reproduced", grade=3)]
    lines = table_of(records).splitlines()
    assert lines[4] == "| `mover` | is | L1H2+L1H3 | 0.50 | 0.25 | reproduced, with cause |"


def test_the_table_is_summed_up() -> None:
    assert table_of(RECORDS).endswith(
        "2 head types are reproduced, 1 of them with cause; 1 were looked for and are not there."
    )


def test_a_table_replaces_the_one_between_the_marks() -> None:
    text = f"before {BEGIN} old {END} after"
    assert with_table(text, "new") == f"before {BEGIN}\n\nnew\n\n{END} after"
    with pytest.raises(IngestError, match="no table to replace"):
        with_table("no marks", "new")
