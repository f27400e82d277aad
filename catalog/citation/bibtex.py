"""Citations as BibTeX, readable by BibTeX, biber and reference managers."""

import re

from catalog.citation.record import Citation

# What TeX would read as a command, by what it prints as the character itself.
_ESCAPED = {
    "\\": r"\textbackslash{}",
    # BibTeX counts braces even behind a backslash, so that a lone one would swallow the entries that follow.
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_KEY = re.compile(r"[^A-Za-z0-9:.\-]+")
# The field that a style prints the venue from; BibTeX warns where one of these kinds lacks it.
_VENUE_FIELD = {
    "article": "journal",
    "inproceedings": "booktitle",
    "incollection": "booktitle",
    "phdthesis": "school",
    "techreport": "institution",
    "book": "publisher",
}


def escape(text: str) -> str:
    """Text as TeX prints it; letters of any script stay as they are, in UTF-8."""
    return "".join(_ESCAPED.get(character, character) for character in " ".join(text.split()))


def bibtex(citation: Citation) -> str:
    """One BibTeX entry, with a final line break."""
    kind, venue = _kind_and_venue(citation)
    # An entry of no particular kind has no field for a publisher: BibTeX ignores it there, and biber calls it invalid.
    publisher = None if kind == "misc" else citation.publisher
    venue = venue or (citation.publisher if kind == "misc" else None)
    fields = {
        "author": _authors(citation),
        # The inner braces keep the capitals, which many styles would lower.
        "title": f"{{{escape(citation.title)}}}",
        "year": str(citation.year) if citation.year else None,
        "month": str(citation.day.month) if citation.day else None,
        "publisher": _escaped(publisher),
        _VENUE_FIELD.get(kind, "howpublished"): _escaped(venue),
        "version": citation.version,
        "volume": _escaped(citation.volume),
        "pages": _escaped(citation.pages),
        "eprint": citation.arxiv_id,
        "archiveprefix": "arXiv" if citation.arxiv_id else None,
        "doi": citation.doi,
        "url": _address(citation.url),
        "note": _escaped(citation.note),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{_KEY.sub('-', citation.key)},", *lines, "}", ""])


def _kind_and_venue(citation: Citation) -> tuple[str, str | None]:
    if citation.venue or citation.kind not in _VENUE_FIELD:
        return "misc" if citation.kind == "dataset" else citation.kind, citation.venue
    if citation.kind == "article" and citation.arxiv_id:
        return "article", f"arXiv preprint arXiv:{citation.arxiv_id}"
    # Without the field that its kind must have, an entry is complete only as one of no particular kind.
    return "misc", None


def _authors(citation: Citation) -> str:
    # Braces keep a body's name whole, and a name in which " and " would otherwise begin the next one.
    whole = [citation.is_collective or " and " in name or "," in name for name in citation.authors]
    return " and ".join(
        f"{{{escape(name)}}}" if is_whole else escape(name)
        for name, is_whole in zip(citation.authors, whole, strict=True)
    )


def _escaped(text: str | None) -> str | None:
    return None if text is None else escape(text)


def _address(url: str | None) -> str | None:
    # Styles print addresses through \url, which takes them literally: only braces could break the entry.
    return None if url is None else url.replace("{", "%7B").replace("}", "%7D").replace(" ", "%20")
