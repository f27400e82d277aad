"""What several scans agree on: found by all, found by none, and no claim on what they disagree about."""

from typing import Any

import pytest

from ingest.reference.claims import as_toml, claims_of
from ingest.reference.retest import agreed, seeds_of


def scan(seed: int, induction: list[str], block: list[str], **changes: Any) -> dict[str, Any]:
    """A scan of two heads by two detectors."""
    gate = {"passed": changes.get("can_do", True), "metric": "accuracy", "value": 0.5, "required": 0.6}
    return {
        "language_model": {"revision": "r"},
        "provenance": {"arguments": {"seed": seed}},
        "detectors": [
            {
                "name": name,
                "metric": name,
                "positive": positive,
                "scores": [[seed / 10, 0.5]],
                "gate": None,
                "effect": None,
            }
            for name, positive in (("induction", induction), ("block", block))
        ]
        + [
            {"name": "mover", "metric": "m", "positive": ["L0H0"], "scores": [[1, 0]], "gate": gate, "effect": [[1, 0]]}
        ],
    }


def test_a_head_is_claimed_where_every_scan_finds_it() -> None:
    claims = claims_of(agreed([scan(1, ["L0H0", "L0H1"], []), scan(3, ["L0H1"], [])]))
    assert [(claim.detector["name"], list(claim.heads), claim.is_found) for claim in claims] == [
        ("induction", ["L0H1"], True),
        ("block", ["L0H1"], False),
        ("mover", ["L0H0"], True),
    ]
    # The mean of 0.5 and 0.5; the other head has the mean of 0.1 and 0.3.
    assert claims[0].scores == [0.5]
    assert agreed([scan(1, [], []), scan(3, [], [])])["detectors"][0]["scores"] == [[0.2, 0.5]]


def test_nothing_is_claimed_of_a_type_on_which_scans_disagree() -> None:
    claims = claims_of(agreed([scan(1, ["L0H0"], []), scan(2, ["L0H1"], [])]))
    assert [claim.detector["name"] for claim in claims] == ["block", "mover"]


def test_a_task_must_be_done_in_every_scan() -> None:
    claims = claims_of(agreed([scan(1, [], []), scan(2, [], [], can_do=False)]))
    assert [claim.detector["name"] for claim in claims] == ["induction", "block"]


def test_one_scan_agrees_with_itself() -> None:
    one = scan(1, ["L0H0"], [])
    assert claims_of(agreed([one])) == claims_of(one)


def test_scans_that_do_not_go_together_are_refused() -> None:
    one = scan(1, [], [])
    with pytest.raises(ValueError, match="same seed"):
        seeds_of([one, one])
    with pytest.raises(ValueError, match="several language models"):
        agreed([one, one | {"language_model": {"revision": "s"}}])
    with pytest.raises(ValueError, match="other detectors"):
        agreed([one, one | {"detectors": one["detectors"][:1]}])


def test_the_locator_names_the_seeds() -> None:
    scans = [scan(3, ["L0H0"], []), scan(1, ["L0H0"], [])]
    text = as_toml(claims_of(agreed(scans)), language_model="m", seeds=seeds_of(scans), first=1)
    assert "with seeds 1 and 3, which agree: the verification draws other prompts" in text
