"""Signposts of a cited entry: how a machine gets from a page to its identifier, its metadata and its content.

FAIR signposting (https://signposting.org/FAIR/), level 1 in the header `Link` and level 2 as a linkset (RFC 9264).
"""

from dataclasses import dataclass
from typing import Any

from catalog.citation.record import LICENSE_URL
from catalog.citation.style import STYLES
from catalog.notation import Accession

LINKSET = "application/linkset+json"
_PAGE = "text/html"


@dataclass(frozen=True, slots=True)
class Signposts:
    """Addresses around one version of an entry."""

    public_url: str
    """Without a final slash."""
    accession: Accession
    """With its version."""

    @property
    def permanent(self) -> str:
        """The address that is cited."""
        return f"{self.public_url}/api/v1/entries/{self.accession}"

    @property
    def page(self) -> str:
        """The page of exactly this version."""
        return f"{self.public_url}/entries/{self.accession}"

    def of_page(self) -> str:
        """Value of `Link` on the pages of the entry."""
        return ", ".join(
            _field(relation, target) for relation, targets in self._from_page().items() for target in targets
        )

    def of_metadata(self) -> str:
        """Value of `Link` on a citation."""
        return self._back("describes")

    def of_content(self) -> str:
        """Value of `Link` on the content itself."""
        return self._back("collection")

    def linkset(self) -> dict[str, Any]:
        """All signposts, both ways, as one document."""
        forward = self._from_page()
        del forward["linkset"]
        back = [
            {"anchor": target["href"], relation: [{"href": self.page, "type": _PAGE}]}
            for relation, targets in (("describes", forward["describedby"]), ("collection", forward["item"]))
            for target in targets
        ]
        return {"linkset": [{"anchor": self.page, **forward}, *back]}

    def _from_page(self) -> dict[str, list[dict[str, str]]]:
        return {
            "cite-as": [{"href": self.permanent}],
            "describedby": [
                {"href": f"{self.permanent}/{style.name}", "type": style.media_type} for style in STYLES.values()
            ],
            "item": [
                {"href": f"{self.permanent}?format=canonical", "type": "application/json"},
                {"href": f"{self.permanent}?format=csv", "type": "text/csv"},
            ],
            "type": [{"href": "https://schema.org/Dataset"}, {"href": "https://schema.org/AboutPage"}],
            "license": [{"href": LICENSE_URL}],
            "author": [{"href": f"{self.public_url}/about"}],
            "linkset": [{"href": f"{self.permanent}/linkset", "type": LINKSET}],
        }

    def _back(self, relation: str) -> str:
        links = [(relation, {"href": self.page, "type": _PAGE}), ("cite-as", {"href": self.permanent})]
        return ", ".join(_field(*link) for link in [*links, ("license", {"href": LICENSE_URL})])


def _field(relation: str, target: dict[str, str]) -> str:
    kind = f'; type="{target["type"]}"' if "type" in target else ""
    return f'<{target["href"]}>; rel="{relation}"{kind}'
