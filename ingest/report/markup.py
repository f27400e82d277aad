"""Writes HTML: text is escaped unless it is markup already, so nothing from a model card can become a tag."""

from collections.abc import Iterable
from html import escape


class Markup(str):
    """Text that is HTML."""

    __slots__ = ()


Content = str | int | None


def element(name: str, *content: Content | Iterable[Content], **attributes: str | int | None) -> Markup:
    """One element.

    Args:
        name: Of the tag.
        content: Text is escaped; markup and lists of it are taken as they are; None is left out.
        attributes: A trailing underscore is dropped (`class_`), other underscores become hyphens; None is left out.
    """
    return Markup(f"<{name}{_attributes(attributes)}>{joined(*content)}</{name}>")


def joined(*content: Content | Iterable[Content]) -> Markup:
    """Several pieces, one after the other."""
    return Markup("".join(_piece(each) for each in content))


def _piece(content: Content | Iterable[Content]) -> str:
    if content is None:
        return ""
    if isinstance(content, Markup):
        return content
    if isinstance(content, str | int):
        return escape(str(content), quote=False)
    return "".join(_piece(each) for each in content)


def _attributes(attributes: dict[str, str | int | None]) -> str:
    return "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for name, value in attributes.items()
        if value is not None
    )


def table(caption: str, heads: Iterable[Content], rows: Iterable[Iterable[Content]], class_: str = "") -> Markup:
    """A table whose first column names its rows."""
    body = [
        element("tr", element("th", first, scope="row"), [element("td", cell) for cell in rest])
        for first, *rest in (list(row) for row in rows)
    ]
    return element(
        "div",
        element(
            "table",
            element("caption", caption),
            element("thead", element("tr", [element("th", head, scope="col") for head in heads])),
            element("tbody", body),
            class_=class_ or None,
        ),
        class_="wide",
        tabindex=0,
        role="region",
        aria_label=caption,
    )
