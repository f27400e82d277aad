"""What a citation says, before it is written in any style."""

from dataclasses import dataclass
from datetime import date

from catalog.models import Circuit, Detector, Finding, HeadType, Paper, Verification
from catalog.models.base import Citable
from catalog.notation import Accession
from catalog.queries.cited import CitableEntry, CitedEntry
from catalog.vocabulary import Polarity, Status, Unit

PUBLISHER = "headcat, the catalog of attention heads in language models"
LICENSE_URL = "https://creativecommons.org/licenses/by/4.0/"
CONTRIBUTORS = "headcat contributors"

# Papers named in the note of a head type: the earliest ones, the rest is counted.
_NAMED_PAPERS = 3


@dataclass(frozen=True, slots=True)
class Citation:
    """One source, as any style needs it."""

    key: str
    kind: str
    """BibTeX type for a paper, `dataset` for an entry of the catalog."""
    title: str
    authors: tuple[str, ...]
    is_collective: bool
    """Whether the authors are bodies, whose names are not taken apart."""
    year: int | None
    day: date | None
    venue: str | None
    publisher: str | None
    version: str | None
    url: str | None
    doi: str | None
    arxiv_id: str | None
    pages: str | None
    volume: str | None
    note: str | None
    sources: tuple[Paper, ...]
    """Papers that the cited entry rests on; none for a paper."""
    content_sha256: str | None = None
    """Hash of the cited form's canonical JSON; None for a paper."""


def cite_paper(paper: Paper) -> Citation:
    """A paper's own citation."""
    return Citation(
        key=paper.bib_key or paper.slug,
        kind=paper.entry_type,
        title=paper.title,
        authors=tuple(paper.authors),
        is_collective=False,
        year=paper.year,
        day=paper.published_on,
        venue=paper.venue,
        publisher=None,
        version=None,
        url=paper.url,
        doi=paper.doi,
        arxiv_id=paper.arxiv_id,
        pages=paper.pages,
        volume=paper.volume,
        note=None,
        sources=(),
    )


def cite_entry(cited: CitedEntry, public_url: str) -> Citation:
    """The citation of one version of an entry, under its permanent address."""
    base = Accession.parse(cited.frozen.accession)
    accession = Accession(base.kind, base.number, cited.frozen.version)
    frozen_on = cited.frozen.created_at.date()
    return cite_dataset(
        str(accession),
        title=entry_title(cited.entry),
        day=frozen_on,
        version=str(cited.frozen.version),
        url=f"{public_url.rstrip('/')}/api/v1/entries/{accession}",
        note=" ".join(_notes(cited)),
        sources=tuple(cited.papers),
        content_sha256=cited.frozen.content_sha256,
    )


def cite_dataset(
    accession: str,
    *,
    title: str,
    day: date,
    version: str,
    url: str,
    note: str,
    sources: tuple[Paper, ...] = (),
    content_sha256: str | None = None,
) -> Citation:
    """The citation of something that this catalog publishes itself, under its permanent address."""
    return Citation(
        key=f"headcat:{accession}",
        kind="dataset",
        title=f"{title} ({accession})",
        authors=(CONTRIBUTORS,),
        is_collective=True,
        year=day.year,
        day=day,
        venue=None,
        publisher=PUBLISHER,
        version=version,
        url=url,
        doi=None,
        arxiv_id=None,
        pages=None,
        volume=None,
        note=note,
        sources=sources,
        content_sha256=content_sha256,
    )


def entry_title(entry: CitableEntry) -> str:
    """An entry in one line: `Induction head`, `L5H1 of GPT-2 small is an induction head`."""
    if isinstance(entry, HeadType):
        return f"{_with_head(entry.name)}, a type of attention head"
    if isinstance(entry, Circuit):
        return f"{entry.name} in {entry.language_model.name}"
    if isinstance(entry, Verification):
        verdict = entry.verdict.replace("_", " ")
        return f"Verification of “{claim_sentence(entry.finding)}”: {verdict}"
    return claim_sentence(entry)


def claim_sentence(finding: Finding) -> str:
    """A claim in one line: `L5H1 of GPT-2 small is an induction head`."""
    is_of = finding.polarity == Polarity.IS
    if finding.unit == Unit.HEAD_GROUP:
        what = _claimed(finding).partition(" ")[2]
        return f"{_head(finding)} of {finding.language_model.name} {'serve' if is_of else 'do not serve'} as {what}s"
    return f"{_head(finding)} of {finding.language_model.name} {'is' if is_of else 'is not'} {_claimed(finding)}"


def _head(finding: Finding) -> str:
    if finding.unit == Unit.KV_GROUP:
        return f"Key-value group {finding.head} of layer {finding.layer}"
    return " and ".join(finding.group_heads.split("+")) + " together" if finding.group_heads else finding.head_name


def _claimed(finding: Finding) -> str:
    if finding.head_type is None:
        return f"a head of the circuit role “{(finding.circuit_role or '').replace('_', ' ')}”"
    name = _with_head(finding.head_type.name)
    first = name.split()[0]
    # Capitals after the first letter mark an acronym or a proper name, which keeps its spelling.
    name = name if any(letter.isupper() for letter in first[1:]) else name[0].lower() + name[1:]
    # An acronym is read letter by letter: an SSM head, but a KV head.
    vowels = "AEFHILMNORSX" if first.isupper() and len(first) > 1 else "AEIOUaeiou"
    return f"{'an' if name[0] in vowels else 'a'} {name}"


def _with_head(name: str) -> str:
    return name if name.lower().endswith("head") else f"{name} head"


def _notes(cited: CitedEntry) -> list[str]:
    entry: Citable = cited.entry
    notes = []
    if cited.papers:
        named = "; ".join(_named(paper) for paper in cited.papers[:_NAMED_PAPERS])
        more = len(cited.papers) - _NAMED_PAPERS
        notes.append(f"According to {named}{f'; and {more} more' if more > 0 else ''}.")
    if isinstance(cited.entry, Verification):
        detector = cited.entry.detector
        notes.append(f"Re-run by the detector {detector.slug}, version {detector.version}.")
        if detector.retraction is not None:
            notes.append(say_retraction(detector))
    if entry.status == Status.WITHDRAWN:
        successor = f" Replaced by {entry.successor}." if entry.successor else ""
        notes.append(f"Withdrawn: {(entry.withdrawn_reason or '').rstrip('.')}.{successor}")
    notes.append(f"SHA-256 of the cited form: {cited.frozen.content_sha256}.")
    return notes


def notice_of(entry: CitableEntry) -> str | None:
    """What a reader of an old version must know; None where nothing became known since."""
    if not isinstance(entry, Verification) or entry.detector.retraction is None:
        return None
    return say_retraction(entry.detector)


def say_retraction(detector: Detector) -> str:
    """One sentence for readers of a re-run whose detector was found faulty since."""
    event = detector.retraction
    assert event is not None, "asked of retracted detectors"
    return (
        f"It no longer counts: version {detector.version} of the detector {detector.slug} was found faulty on "
        f"{event.created_at.date()}: {event.reason.rstrip('.')}."
    )


def _named(paper: Paper) -> str:
    who = f"{paper.authors[0]}{' et al.' if len(paper.authors) > 1 else ''}, " if paper.authors else ""
    doi = f"doi:{paper.doi}" if paper.doi else None
    identifier = f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else doi or paper.url
    details = [str(each) for each in (paper.year, identifier) if each]
    where = f" ({', '.join(details)})" if details else ""
    return f"{who}“{paper.title}”{where}"
