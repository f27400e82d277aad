"""The styles in which a citation can be had, by name and by media type."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from catalog.citation.bibtex import bibtex
from catalog.citation.exchange import csl_json, datacite_json, ris
from catalog.citation.record import Citation
from catalog.citation.schema_org import json_ld

StyleName = Literal["bibtex", "csl", "ris", "datacite", "jsonld"]


@dataclass(frozen=True, slots=True)
class Style:
    """One way to write a citation."""

    name: StyleName
    media_type: str
    """What DOI services answer for the style."""
    write: Callable[[Citation], str]


STYLES: dict[str, Style] = {
    style.name: style
    for style in (
        Style("bibtex", "application/x-bibtex", bibtex),
        Style("csl", "application/vnd.citationstyles.csl+json", csl_json),
        Style("ris", "application/x-research-info-systems", ris),
        Style("datacite", "application/vnd.datacite.datacite+json", datacite_json),
        Style("jsonld", "application/ld+json", json_ld),
    )
}
