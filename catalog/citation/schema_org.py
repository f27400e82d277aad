"""Citations as schema.org JSON-LD, which search engines and knowledge graphs read."""

import json
from typing import Any

from catalog.citation.record import LICENSE_URL, PUBLISHER, Citation
from catalog.models import Paper

_TYPE = {
    "dataset": "Dataset",
    "article": "ScholarlyArticle",
    "inproceedings": "ScholarlyArticle",
    "incollection": "Chapter",
    "book": "Book",
    "phdthesis": "Thesis",
    "techreport": "Report",
}


def json_ld(citation: Citation) -> str:
    """One schema.org object; its identifier is the permanent address, or the DOI of a paper."""
    identifier = f"https://doi.org/{citation.doi}" if citation.doi else citation.url
    item = {
        "@context": "https://schema.org",
        "@type": _TYPE.get(citation.kind, "CreativeWork"),
        "@id": identifier,
        "identifier": citation.key.removeprefix("headcat:"),
        "name": citation.title,
        # Search engines refuse a data set without a description.
        "description": citation.note,
        "author": [_author(name, citation.is_collective) for name in citation.authors],
        "datePublished": citation.day.isoformat() if citation.day else citation.year and str(citation.year),
        "version": citation.version,
        "url": citation.url,
        "publisher": {"@type": "Organization", "name": citation.publisher} if citation.publisher else None,
        "isPartOf": {"@type": "Periodical", "name": citation.venue} if citation.venue else None,
        "sameAs": f"https://arxiv.org/abs/{citation.arxiv_id}" if citation.arxiv_id else None,
        "isBasedOn": [_source(paper) for paper in citation.sources],
        **(_of_dataset(citation) if citation.kind == "dataset" else {}),
    }
    return json.dumps({name: value for name, value in item.items() if value}, ensure_ascii=False, indent=2) + "\n"


def _of_dataset(citation: Citation) -> dict[str, Any]:
    return {
        "license": LICENSE_URL,
        "isAccessibleForFree": True,
        "includedInDataCatalog": {"@type": "DataCatalog", "name": PUBLISHER},
        # Entries have one frozen form; a release has many files, which its own description lists.
        "distribution": citation.content_sha256
        and [
            {
                "@type": "DataDownload",
                "contentUrl": f"{citation.url}?format=canonical",
                "encodingFormat": "application/json",
                "sha256": citation.content_sha256,
            }
        ],
    }


def _author(name: str, is_collective: bool) -> dict[str, str]:
    return {"@type": "Organization" if is_collective else "Person", "name": name}


def _source(paper: Paper) -> dict[str, Any]:
    doi = f"https://doi.org/{paper.doi}" if paper.doi else None
    arxiv = f"https://arxiv.org/abs/{paper.arxiv_id}" if paper.arxiv_id else None
    found = {"@type": "ScholarlyArticle", "@id": doi or arxiv or paper.url, "name": paper.title}
    return {name: value for name, value in found.items() if value}
