"""What the catalog says of a head and a head type: computed from all claims and re-runs, never from one alone. Pure.

A submission is one party's assertion. Here they meet: sources that deny count as much as those that claim, re-runs that
find nothing as much as those that find it, and what contradicts each other is shown as that and not decided by count.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from catalog.assessment import reading
from catalog.assessment.evidence import UNSIGNED, ClaimEvidence, RerunEvidence
from catalog.assessment.grade import grade_of
from catalog.assessment.reading import Reading
from catalog.vocabulary import Outcome, Polarity, Verdict

_DECIDED = {
    Verdict.REPRODUCED: Outcome.IS,
    Verdict.PARTIALLY_REPRODUCED: Outcome.IS_IN_PART,
    Verdict.NOT_REPRODUCED: Outcome.IS_NOT,
}


@dataclass(frozen=True, slots=True)
class Assessment:
    """One head, or key-value group, one head type, one revision of a language model."""

    outcome: Outcome
    grade: int
    missing: str | None
    """What the next grade asks for; None at grade 4."""
    narrow: Reading
    broad: Reading
    broad_share: float | None
    """Share of the head's attention in ordinary text that the label names, by the latest re-run that measured it."""
    conflicts: Sequence[str]
    """What contradicts each other, in sentences with accessions."""
    claims: Sequence[ClaimEvidence]
    reruns: Sequence[RerunEvidence]
    """All, oldest first, those that do not count included."""
    parties: Sequence[str]
    """Signing keys of the re-runs that count now; `unsigned` for all that are not signed."""

    @property
    def n_counted(self) -> int:
        """Re-runs that nobody invalidated."""
        return sum(each.is_counted for each in self.reruns)


def assess(claims: Iterable[ClaimEvidence], reruns: Iterable[RerunEvidence]) -> Assessment:
    """The whole of what bears on one head and one type.

    Args:
        claims: That stand.
        reruns: Of these claims, oldest first.
    """
    claims, reruns = list(claims), list(reruns)
    now = reading.present(reruns)
    narrow, broad = reading.narrow(now), reading.broad(now)
    conflicts = list(_conflicts(claims, reruns, narrow, broad))
    outcome = _outcome(claims, narrow)
    grade, missing = grade_of(outcome, now, broad)
    shares = [each.broad_share for each in now if each.broad_share is not None]
    return Assessment(
        outcome=outcome,
        grade=grade,
        missing=missing,
        narrow=narrow,
        broad=broad,
        broad_share=shares[-1] if shares else None,
        conflicts=conflicts,
        claims=claims,
        reruns=reruns,
        parties=sorted({each.party for each in now}, key=lambda party: (party == UNSIGNED, party)),
    )


def _outcome(claims: Sequence[ClaimEvidence], narrow: Reading) -> Outcome:
    sources_disagree = len({each.polarity for each in claims}) > 1
    if narrow.is_conflicting or sources_disagree:
        return Outcome.CONFLICTING
    if narrow.verdict is None:
        return Outcome.UNTESTED
    return _DECIDED.get(narrow.verdict, Outcome.UNDECIDED)


def _conflicts(
    claims: Sequence[ClaimEvidence], reruns: Sequence[RerunEvidence], narrow: Reading, broad: Reading
) -> Iterable[str]:
    claimed, denied = (
        [each.accession for each in claims if each.polarity is polarity] for polarity in (Polarity.IS, Polarity.IS_NOT)
    )
    against = _said(narrow.against, "does not find it", "do not find it")
    if claimed and denied:
        yield f"Sources disagree: {_said(claimed, 'claims it')}, {_said(denied, 'denies it', 'deny it')}."
    if narrow.is_conflicting:
        yield f"Re-runs disagree: {_said(narrow.for_it, 'finds it')}, {against}."
    elif claimed and narrow.against:
        yield f"{_said(claimed, 'claims it')}, and {against}."
    elif denied and narrow.for_it:
        yield f"{_said(denied, 'denies it', 'deny it')}, and {_said(narrow.for_it, 'finds it')}."
    for former in _former_contradictions(reruns, narrow):
        yield f"An earlier re-run by the same party and detector version said otherwise: {former}."
    if narrow.for_it and broad.against:
        said = _said(broad.against, "does not", "do not")
        yield f"It holds on prompts made for it, and on ordinary text {said} find it."


def _former_contradictions(reruns: Sequence[RerunEvidence], narrow: Reading) -> Iterable[str]:
    found_by = {each.accession: each for each in reruns}
    for now_says, then_said in ((narrow.for_it, Verdict.NOT_REPRODUCED), (narrow.against, Verdict.REPRODUCED)):
        for accession in now_says:
            present = found_by[accession]
            yield from (
                each.accession
                for each in reruns
                if each.is_counted
                and each.says(each.verdict) is then_said
                and (each.party, each.detector, each.detector_version, each.measured_on)
                == (present.party, present.detector, present.detector_version, present.measured_on)
            )


_SHOWN = 3


def _said(accessions: Sequence[str], singular: str, plural: str | None = None) -> str:
    """Accessions with what they say, as `AHF-000001 and AHF-000002 claim it`; empty for none."""
    if not accessions:
        return ""
    verb = singular if len(accessions) == 1 else plural or singular.replace("s ", " ", 1)
    if len(accessions) > _SHOWN:
        return f"{', '.join(accessions[:_SHOWN])} and {len(accessions) - _SHOWN} more {verb}"
    *most, last = accessions
    return f"{', '.join(most)} and {last} {verb}" if most else f"{last} {verb}"
