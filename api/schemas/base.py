"""What all answers share: how a record is read from a row, its addresses, and pages of a list.

No field has a default value: it is present, or null and declared so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from catalog.models.base import Citable
from catalog.vocabulary import Status

Item = TypeVar("Item")


class Record(BaseModel):
    """Base of all that the API answers."""

    # Schemas mirror rows, so a record can be read from any object with attributes of the same names.
    model_config = ConfigDict(from_attributes=True, frozen=True, defer_build=True)

    @classmethod
    def read(cls, source: Any, /, **given: Any) -> Self:
        """Fields from keywords, and the others from attributes of the same name."""
        others = {name: getattr(source, name) for name in cls.model_fields if name not in given}
        return cls.model_validate(others | given)


def as_json(record: Any) -> bytes:
    """A record, or what is written as one, as it is sent."""
    # The names of a record's fields are its names in JSON; a number that is none is written as null.
    return to_json(record, inf_nan_mode="null")


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of records, under the name by which the server is cited."""

    public_url: str
    """Without a final slash."""

    def to(self, kind: str, *names: str | int) -> str:
        """Address of a record in the API, as `to("papers", slug)`."""
        path = "/".join(quote(str(name), safe="@.") for name in (kind, *names))
        return f"{self.public_url}/api/v1/{path}"

    def entry(self, kind: str, name: str, entry: Citable) -> dict[str, str]:
        """Fields of `Entry` that hold addresses."""
        frozen = self.to("entries", f"{entry.accession}.v{entry.version}")
        return {"url": self.to(kind, name), "version_url": frozen, "cite_url": f"{frozen}/bibtex"}


class Entry(Record):
    """A citable entry: permanent, versioned, with a standing."""

    accession: str = Field(description="Permanent accession; it never changes and is never given away again.")
    version: int = Field(description="Version of the content; each one stays readable.", ge=1)
    status: Status = Field(description="Standing of the entry.")
    url: str = Field(description="Address of the entry as it stands.")
    version_url: str = Field(description="Address of exactly this version, frozen with its SHA-256.")
    cite_url: str = Field(description="BibTeX of exactly this version.")


class PageOf(Record, Generic[Item]):
    """Some items of a list, and the way to the next ones."""

    items: list[Item] = Field(description="Items of this page, in the order asked for.")
    next: str | None = Field(description="Address of the next page, relative to the server; null on the last page.")
    next_cursor: str | None = Field(description="Value of `cursor` that gives the next page; null on the last page.")
    total: int | None = Field(description="All items that match; null unless asked for with `total=true`.")


class Count(Record):
    """A name and a number."""

    name: str = Field(description="What was counted.")
    n: int = Field(description="How many there are.", ge=0)


def counts(counted: Mapping[Any, int]) -> list[Count]:
    """A mapping as a list, in its order."""
    return [Count(name=str(name), n=n) for name, n in counted.items()]
