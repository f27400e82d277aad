"""A page as a test reads it: elements with their attributes, links, ids and text, by the standard library's parser."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class ReadPage(HTMLParser):
    """Elements of a page in order."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    """Text with the element that it stands in."""
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open[-1] if self._open else "", data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Attributes of every element of this name."""
        return [attributes for name, attributes in self.elements if name == tag]

    def ids(self) -> list[str]:
        """Every id, in order."""
        return [value for _, attributes in self.elements if (value := attributes.get("id"))]

    def links(self) -> list[str]:
        """Addresses that the page leads to."""
        return [value for attributes in self.all("a") if (value := attributes.get("href"))]

    def text(self, tag: str | None = None) -> str:
        """What stands in the page, or in elements of this name, scripts and styles left out."""
        return " ".join(
            data for where, data in self.texts if (tag in (None, where)) and where not in ("script", "style")
        )


def read_page(html: str) -> ReadPage:
    """Parse a page."""
    page = ReadPage()
    page.feed(html)
    page.close()
    return page
