import tomllib

from catalog.seed_schema.finding import FindingsFile
from ingest.reference.claims import as_toml, claims_of


def detector(
    name: str, scores: list[list[float | None]] | None, positive: list[str], **more: object
) -> dict[str, object]:
    return {
        "name": name,
        "metric": f"{name}_mass",
        "scores": scores,
        "positive": positive,
        "gate": None,
        "effect": None,
    } | more


FOUND = detector("induction", [[0.1, 0.2], [0.9, 0.8]], ["L1H0", "L1H1"])
NOT_FOUND = detector("block", [[0.1, None], [0.3, 0.2]], [])
FAILED = {"passed": False, "metric": "accuracy", "value": 0.2, "required": 0.6}
PASSED = FAILED | {"passed": True}
SCAN = {
    "detectors": [
        FOUND,
        NOT_FOUND,
        detector("spacing", None, []),
        detector("correct", [[0.5]], [], gate=FAILED),
        detector("mover", [[0.5]], ["L0H0"], gate=PASSED, effect=[[0.1]]),
    ]
}


def test_the_best_heads_of_a_type_are_claimed_best_first() -> None:
    claim = claims_of(SCAN)[0]
    assert (claim.heads, claim.scores, claim.is_found) == (["L1H0", "L1H1"], [0.9, 0.8], True)


def test_the_best_head_of_a_type_that_was_not_found_is_claimed_to_be_none() -> None:
    claim = claims_of(SCAN)[1]
    assert (claim.heads, claim.is_found) == (["L1H0"], False)


def test_nothing_is_claimed_where_nothing_was_measured_or_the_gate_failed() -> None:
    assert [claim.detector["name"] for claim in claims_of(SCAN)] == ["induction", "block", "mover"]


def test_claims_are_groups_of_a_file_of_findings() -> None:
    text = as_toml(claims_of(SCAN), language_model="headcat--reference@0123456789ab", seeds=[1], first=900200)
    groups = FindingsFile.model_validate(tomllib.loads(text)).groups
    assert [head.accession for group in groups for head in group.heads] == [f"AHF-9002{at:02d}" for at in range(4)]
    assert [str(group.polarity) for group in groups] == ["is", "is_not", "is"]
    assert [group.method for group in groups] == ["scoring", "scoring", "path_patching"]
    assert "--seed 1" in groups[0].locator
