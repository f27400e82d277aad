"""Citations for reference managers and registries: CSL-JSON, RIS and DataCite JSON."""

import json
from typing import Any

from catalog.citation.record import LICENSE_URL, Citation
from catalog.models import Paper

_CSL_TYPE = {
    "dataset": "dataset",
    "article": "article-journal",
    "inproceedings": "paper-conference",
    "incollection": "chapter",
    "book": "book",
    "phdthesis": "thesis",
    "techreport": "report",
}
_RIS_TYPE = {
    "dataset": "DATA",
    "article": "JOUR",
    "inproceedings": "CPAPER",
    "incollection": "CHAP",
    "book": "BOOK",
    "phdthesis": "THES",
    "techreport": "RPRT",
}
_DATACITE_TYPE = {
    "dataset": "Dataset",
    "article": "JournalArticle",
    "inproceedings": "ConferencePaper",
    "incollection": "BookChapter",
    "book": "Book",
    "phdthesis": "Dissertation",
    "techreport": "Report",
}


def csl_json(citation: Citation) -> str:
    """One item of CSL-JSON."""
    item = {
        "id": citation.key,
        "type": _CSL_TYPE.get(citation.kind, "article"),
        "title": citation.title,
        "author": [_csl_name(name, citation.is_collective) for name in citation.authors],
        "issued": {"date-parts": [_date_parts(citation)]} if citation.year else None,
        "container-title": citation.venue,
        "publisher": citation.publisher,
        "version": citation.version,
        "volume": citation.volume,
        "page": citation.pages,
        "DOI": citation.doi,
        "URL": citation.url,
        "number": f"arXiv:{citation.arxiv_id}" if citation.arxiv_id else None,
        "note": citation.note,
    }
    return _json({name: value for name, value in item.items() if value})


def ris(citation: Citation) -> str:
    """One RIS reference."""
    day = citation.day
    pages = (citation.pages or "").replace("--", "-").split("-")
    fields = [
        ("TY", _RIS_TYPE.get(citation.kind, "GEN")),
        ("ID", citation.key),
        ("TI", citation.title),
        *(("AU", _inverted(name, citation.is_collective)) for name in citation.authors),
        ("PY", str(citation.year) if citation.year else None),
        ("DA", f"{day:%Y/%m/%d}" if day else None),
        ("T2", citation.venue),
        ("PB", citation.publisher),
        ("ET", citation.version),
        ("VL", citation.volume),
        ("SP", pages[0]),
        ("EP", pages[-1] if len(pages) > 1 else None),
        ("AN", f"arXiv:{citation.arxiv_id}" if citation.arxiv_id else None),
        ("DO", citation.doi),
        ("UR", citation.url),
        ("N1", citation.note),
    ]
    lines = [f"{tag}  - {' '.join(value.split())}" for tag, value in fields if value]
    return "\r\n".join([*lines, "ER  - ", ""])


def datacite_json(citation: Citation) -> str:
    """DataCite metadata, as a registry would take it once the entry has a DOI."""
    record = {
        "types": {"resourceTypeGeneral": _DATACITE_TYPE.get(citation.kind, "Text"), "resourceType": citation.kind},
        "titles": [{"title": citation.title}],
        "creators": [_datacite_name(name, citation.is_collective) for name in citation.authors],
        "publisher": citation.publisher or citation.venue,
        "publicationYear": citation.year,
        "dates": [{"date": citation.day.isoformat(), "dateType": "Issued"}] if citation.day else None,
        "version": citation.version,
        "doi": citation.doi,
        "url": citation.url,
        "descriptions": [{"description": citation.note, "descriptionType": "Other"}] if citation.note else None,
        "relatedIdentifiers": [
            _related(paper) for paper in citation.sources if paper.doi or paper.arxiv_id or paper.url
        ],
        "rightsList": [{"rightsIdentifier": "CC-BY-4.0", "rightsUri": LICENSE_URL}]
        if citation.kind == "dataset"
        else None,
        "schemaVersion": "http://datacite.org/schema/kernel-4",
    }
    return _json({name: value for name, value in record.items() if value})


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _date_parts(citation: Citation) -> list[int | None]:
    day = citation.day
    return [day.year, day.month, day.day] if day else [citation.year]


def _parts(name: str) -> tuple[str, str]:
    """Given and family name: the last word is the family name, which is right for most and reversible for all."""
    given, _, family = name.rpartition(" ")
    return given, family


def _csl_name(name: str, is_collective: bool) -> dict[str, str]:
    given, family = _parts(name)
    return {"literal": name} if is_collective or not given else {"given": given, "family": family}


def _inverted(name: str, is_collective: bool) -> str:
    given, family = _parts(name)
    return name if is_collective or not given else f"{family}, {given}"


def _datacite_name(name: str, is_collective: bool) -> dict[str, str]:
    given, family = _parts(name)
    if is_collective or not given:
        return {"name": name, "nameType": "Organizational" if is_collective else "Personal"}
    return {"name": f"{family}, {given}", "nameType": "Personal", "givenName": given, "familyName": family}


def _related(paper: Paper) -> dict[str, str]:
    if paper.doi:
        scheme, identifier = "DOI", paper.doi
    elif paper.arxiv_id:
        scheme, identifier = "arXiv", f"arXiv:{paper.arxiv_id}"
    else:
        scheme, identifier = "URL", paper.url or ""
    return {"relatedIdentifier": identifier, "relatedIdentifierType": scheme, "relationType": "IsDerivedFrom"}
