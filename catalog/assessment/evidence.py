"""What bears on whether a head is of a head type: claims of sources and re-runs of them, for and against."""

from dataclasses import dataclass

from catalog.vocabulary import Maturity, Polarity, Verdict

UNSIGNED = "unsigned"
"""Party of all records without a signature: whoever made them cannot be told apart."""


@dataclass(frozen=True, slots=True)
class ClaimEvidence:
    """One source says that the head is, or is not, of the type."""

    accession: str
    polarity: Polarity
    paper: str


@dataclass(frozen=True, slots=True)
class RerunEvidence:
    """One re-run of one of these claims."""

    accession: str
    claim: str
    """Accession of the claim that it re-ran."""
    polarity: Polarity
    """Of that claim: a re-run that reproduces a denial speaks against the type."""
    verdict: Verdict
    broad_verdict: Verdict | None
    broad_share: float | None
    has_cause: bool
    detector: str
    detector_version: int
    maturity: Maturity
    signer: str | None
    measured_on: str
    """Slug of the language model at the revision that was measured."""

    @property
    def party(self) -> str:
        """Who vouches for it: a signing key."""
        return self.signer or UNSIGNED

    @property
    def is_counted(self) -> bool:
        """Whether nobody found its detector faulty."""
        return self.maturity is not Maturity.FAULTY

    @property
    def can_lift(self) -> bool:
        """Whether it may raise a grade: its detector has measured error rates that clear the bar."""
        return self.maturity is Maturity.CALIBRATED

    def says(self, verdict: Verdict | None) -> Verdict | None:
        """A verdict on the claim as one on the head being of the type."""
        if self.polarity is Polarity.IS or verdict is None:
            return verdict
        other_way = {Verdict.REPRODUCED: Verdict.NOT_REPRODUCED, Verdict.NOT_REPRODUCED: Verdict.REPRODUCED}
        return other_way.get(verdict, verdict)
