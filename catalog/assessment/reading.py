"""One reading of a claim, narrow or broad, as all re-runs together decide it. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from catalog.assessment.evidence import RerunEvidence
from catalog.vocabulary import Verdict

_DECIDING = (Verdict.REPRODUCED, Verdict.PARTIALLY_REPRODUCED, Verdict.NOT_REPRODUCED)
_OPEN = (Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE, Verdict.ERROR)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the re-runs that count say of the head being of the type, by one reading of that."""

    verdict: Verdict | None
    """None where nobody measured it; inconclusive where re-runs contradict each other."""
    for_it: Sequence[str]
    """Accessions of re-runs that find it, wholly or in part."""
    against: Sequence[str]
    undecided: Sequence[str]

    @property
    def is_conflicting(self) -> bool:
        """Whether some re-runs find what others do not."""
        return bool(self.for_it and self.against)


def present(reruns: Iterable[RerunEvidence]) -> list[RerunEvidence]:
    """The re-runs that speak for their party now: those that count, the latest of each detector on each revision.

    A party that ran the same again has not become two, and what it found before is history.
    """
    latest = {(each.party, each.detector, each.measured_on): each for each in reruns if each.is_counted}
    return list(latest.values())


def narrow(reruns: Iterable[RerunEvidence]) -> Reading:
    """The claim on prompts made for its detector."""
    return _read(reruns, lambda each: each.says(each.verdict))


def broad(reruns: Iterable[RerunEvidence]) -> Reading:
    """The claim on ordinary text."""
    return _read(reruns, lambda each: each.says(each.broad_verdict))


def _read(reruns: Iterable[RerunEvidence], verdict_of: Callable[[RerunEvidence], Verdict | None]) -> Reading:
    found = [(each.accession, verdict) for each in reruns if (verdict := verdict_of(each)) is not None]

    def of(*verdicts: Verdict) -> list[str]:
        return [accession for accession, verdict in found if verdict in verdicts]

    for_it = of(Verdict.REPRODUCED, Verdict.PARTIALLY_REPRODUCED)
    return Reading(_together({verdict for _, verdict in found}), for_it, of(Verdict.NOT_REPRODUCED), of(*_OPEN))


def _together(verdicts: set[Verdict]) -> Verdict | None:
    deciding = verdicts.intersection(_DECIDING)
    if len(deciding) == 1:
        return deciding.pop()
    if Verdict.NOT_REPRODUCED in deciding:
        return Verdict.INCONCLUSIVE
    if deciding:
        return Verdict.PARTIALLY_REPRODUCED
    return next((each for each in _OPEN if each in verdicts), None)
