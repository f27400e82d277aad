"""From claims and verdicts to a list of heads: which are on it by which rule, and why others are not. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.notation import HeadRef
from catalog.vocabulary import HeadListBasis, Polarity, Status, Verdict

RULES: Mapping[HeadListBasis, str] = {
    HeadListBasis.CLAIMED: "At least one source claims that the head is of the type.",
    HeadListBasis.UNDISPUTED: (
        "At least one source claims it, none denies it, and no latest re-run failed to reproduce a claim."
    ),
    HeadListBasis.REPRODUCED: (
        "The latest re-run of at least one claim reproduced it, no source denies it, and no latest re-run failed to "
        "reproduce a claim."
    ),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim on one head, with the verdict of its latest re-run."""

    accession: str
    """With its version."""
    head: HeadRef
    polarity: Polarity
    status: Status
    paper: str
    source_kind: str
    metric: str | None
    value: float | None
    verdict: Verdict | None
    """None where nobody re-ran the claim here."""
    grade: int | None

    def shown(self) -> dict[str, Any]:
        """The claim in a list; its head is named by the entry that it stands in."""
        return {
            "accession": self.accession,
            "polarity": str(self.polarity),
            "status": str(self.status),
            "paper": self.paper,
            "source_kind": self.source_kind,
            "metric": self.metric,
            "value": self.value,
            "verdict": None if self.verdict is None else str(self.verdict),
            "grade": self.grade,
        }


def build_head_list(claims: Iterable[Claim], basis: HeadListBasis) -> dict[str, Any]:
    """Heads on the list and heads left out, by layer and head; withdrawn claims count for nothing."""
    by_head: dict[HeadRef, list[Claim]] = {}
    for claim in claims:
        if claim.status != Status.WITHDRAWN:
            by_head.setdefault(claim.head, []).append(claim)
    listed, left_out = [], []
    for head, found in sorted(by_head.items(), key=lambda item: (item[0].layer, item[0].head)):
        found.sort(key=lambda claim: claim.accession)
        place = {"name": str(head), "layer": head.layer, "head": head.head}
        reason = _reason_against(found, basis)
        if reason is None:
            listed.append(place | {"claims": [claim.shown() for claim in found]})
        else:
            left_out.append(place | {"reason": reason, "claims": [claim.accession for claim in found]})
    return {"rule": RULES[basis], "heads": listed, "left_out": left_out}


def _reason_against(claims: list[Claim], basis: HeadListBasis) -> str | None:
    """Why a head is not on the list; None where it is."""
    for_it = [claim for claim in claims if claim.polarity == Polarity.IS]
    against = [claim.accession for claim in claims if claim.polarity == Polarity.IS_NOT]
    failed = [claim.accession for claim in for_it if claim.verdict == Verdict.NOT_REPRODUCED]
    if not for_it:
        return f"No source claims it; {_named(against)} denies it."
    if basis != HeadListBasis.CLAIMED and against:
        return f"{_named(against)} denies it."
    if basis != HeadListBasis.CLAIMED and failed:
        return f"The latest re-run of {_named(failed)} did not reproduce it."
    if basis == HeadListBasis.REPRODUCED:
        return _not_reproduced({claim.verdict for claim in for_it})
    return None


def _not_reproduced(verdicts: set[Verdict | None]) -> str | None:
    if Verdict.REPRODUCED in verdicts:
        return None
    named = sorted(str(verdict) for verdict in verdicts if verdict is not None)
    return f"The latest verdict is {' or '.join(named)}." if named else "Nobody re-ran the claim here."


def _named(accessions: list[str]) -> str:
    return " and ".join(accessions)
