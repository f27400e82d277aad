"""From a template and its values to a response: one place for escaping, security headers and number formats.

Pages are HTML without inline script or style; the policy below has the browser enforce it. Text from the catalog is
escaped by the template engine and never marked as safe.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.pages import wording
from catalog.models.base import Citable
from catalog.notation import HeadRef
from catalog.places import without_folders
from catalog.vocabulary import SourceKind

HERE = Path(__file__).parent.parent
STATIC = HERE / "static"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Head:
    """What stands in a page's <head>: every page names itself."""

    title: str
    description: str
    path: str
    """Permanent address of the entry, without the server's name."""
    citation: Sequence[tuple[str, str]] = field(default=())
    """Highwire tags, read by reference managers."""
    bibtex: str | None = None
    data: str | None = None
    """Address of the same content as JSON."""
    feed: str | None = None
    """Address of an Atom feed of its changes; the JSON Feed is beside it."""
    trail: Sequence[tuple[str, str]] = field(default=())
    """Pages above this one: name and address."""
    is_indexed: bool = True


def render(request: Request, template: str, head: Head, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page, or an error page, as a response."""
    text = (
        _environment()
        .get_template(template)
        .render(head=head, path=request.url.path, canonical=public_url(request) + head.path, **values)
    )
    headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "Referrer-Policy": "same-origin"}
    return HTMLResponse(text, status_code=status, headers=headers)


def public_url(request: Request) -> str:
    """Address under which entries are cited, without a final slash."""
    return str(request.app.state.settings.public_url).rstrip("/")


def bibtex_address(entry: Citable) -> str:
    """Where exactly this version of an entry is read as BibTeX."""
    return f"/api/v1/entries/{entry.accession}.v{entry.version}/bibtex"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,  # a value that the page forgot is an error here, not an empty place there
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        number=number,
        percent=percent,
        thousands=thousands,
        day=day,
        words=words,
        segment=segment,
        plural=plural,
        confidence=confidence,
        sentence=sentence,
        surname=surname,
        without_folders=without_folders,
    )
    made.globals.update(static=static, with_query=with_query, head_name=head_name, wording=wording)
    return made


@cache
def static(name: str) -> str:
    """Address of a static file; the hash lets browsers keep it until it changes."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


def confidence(source_kind: str) -> str:
    """How sure a claim read in this kind of source is."""
    return SourceKind(source_kind).confidence


def head_name(layer: int, head: int) -> str:
    """`L5H1`."""
    return str(HeadRef(layer, head))


def number(value: float | None, digits: int = 3) -> str:
    """A score with a fixed number of significant digits; a true minus sign."""
    if value is None:
        return "not computed"
    if value == 0 or 0.0005 <= abs(value) < 10_000:
        places = digits if abs(value) < 10 else max(0, digits - 1)
        text = f"{value:.{places}f}"
    else:
        text = f"{value:.{max(0, digits - 1)}e}"
    return text.replace("-", "−") if text.startswith("-") else text


def percent(value: float | None) -> str:
    """A share of one as a percentage."""
    return "not measured" if value is None else f"{value * 100:.3g} %"


def thousands(value: int) -> str:
    """A count with thin spaces between thousands."""
    return f"{value:,}".replace(",", "\u202f")


def plural(value: int, one: str, many: str | None = None) -> str:
    """A count with its noun: `1 finding`, `1 200 findings`."""
    return f"{thousands(value)} {one if value == 1 else many or one + 's'}"


def surname(author: str) -> str:
    """What a short reference calls an author: a person's last name, a group as it is."""
    last = author.rsplit(maxsplit=1)[-1]
    return author if last.islower() else last


def sentence(text: str) -> str:
    """A text that ends with one full stop."""
    return f"{text.rstrip().rstrip('.')}."


def day(value: datetime | None) -> str:
    """A date as `2026-11-24`."""
    return "not recorded" if value is None else value.strftime("%Y-%m-%d")


def words(slug: str) -> str:
    """A slug as words."""
    return slug.replace("_", " ").replace("-", " ")


def segment(value: Any) -> str:
    """One segment of an address."""
    return quote(str(value), safe="@")


def with_query(path: str, query: Mapping[str, Any], **changes: Any) -> str:
    """An address with a query, some of its values changed; empty values are left out."""
    merged = {name: value for name, value in {**query, **changes}.items() if value not in (None, "")}
    return f"{path}?{urlencode(merged)}" if merged else path
