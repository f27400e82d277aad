"""Records of the API (paper), written by `python -m api.generate_client` from its document."""

from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Paper:
    """A source: a paper, a post or a repository."""

    slug: str
    """Permanent name of the paper."""
    title: str
    """Title."""
    authors: list[str]
    """Full names in order; empty where no source read so far lists them."""
    year: int | None
    """Year of publication; null where unknown."""
    published_on: date | None
    """Day of publication; null where unknown."""
    venue: str | None
    """Where it appeared; null where unknown."""
    entry_type: str
    """BibTeX type."""
    arxiv_id: str | None
    """arXiv identifier; null where there is none."""
    doi: str | None
    """DOI; null where there is none."""
    openreview_id: str | None
    """OpenReview identifier; null where there is none."""
    acl_id: str | None
    """ACL Anthology identifier; null where there is none."""
    source_url: str | None
    """Address of the paper itself; null where unknown."""
    pages: str | None
    """Pages; null where unknown."""
    volume: str | None
    """Volume; null where unknown."""
    links: list[dict[str, Any]]
    """Further addresses, each with its kind."""
    code_urls: list[str]
    """Repositories with the code of the paper."""
    is_cited_in_survey: bool
    """Whether arXiv:2409.03752 cites it."""
    is_in_survey_repository: bool
    """Whether the survey's repository lists it."""
    conflicts: list[dict[str, Any]]
    """Fields on which sources disagree, with what each says."""
    n_findings: int
    """Findings read from it that stand."""
    url: str
    """Address of the record."""
    cite_url: str
    """BibTeX of the paper itself."""
