"""The one parser and printer of head names and accessions, and the one way to compare names of head types.

Nothing else in the project formats or parses `L5H1` or `AHF-000123`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from catalog.errors import InvalidNotationError
from catalog.vocabulary import EntryKind

_HEAD = re.compile(r"L(?P<layer>\d{1,4})H(?P<head>\d{1,4})|(?P<layer2>\d{1,4})[.\-](?P<head2>\d{1,4})", re.I)
_WORD = re.compile(r"[^\W_]+")
_ACCESSION = re.compile(r"(?P<kind>AH[TFCV])-(?P<number>\d{3,9})(?:\.v(?P<version>\d{1,6}))?", re.I)

# Digits with which a number is printed; longer numbers simply take more room.
_WIDTH = {EntryKind.HEAD_TYPE: 4, EntryKind.FINDING: 6, EntryKind.CIRCUIT: 4, EntryKind.VERIFICATION: 7}


@dataclass(frozen=True, order=True, slots=True)
class HeadRef:
    """Layer and head, both from zero; prints as `L5H1`, also reads `5.1` and `5-1`."""

    layer: int
    head: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a head name.

        Raises:
            InvalidNotationError: The text is not of the form L5H1, 5.1 or 5-1.
        """
        found = _HEAD.fullmatch(text.strip())
        if found is None:
            raise InvalidNotationError(text, "a head is written L5H1, layer 5 and head 1, both counted from zero")
        return cls(int(found["layer"] or found["layer2"]), int(found["head"] or found["head2"]))

    def kv_group(self, n_heads: int, n_kv_heads: int) -> int:
        """Key-value group that serves this query head."""
        return self.head // (n_heads // n_kv_heads)

    def __str__(self) -> str:
        return f"L{self.layer}H{self.head}"


def parse_group(text: str) -> tuple[HeadRef, ...]:
    """Read several heads that are claimed together: `L1H0+L1H3`, in any order.

    Raises:
        InvalidNotationError: One of them is no head, one is named twice, or there is only one.
    """
    heads = sorted(HeadRef.parse(each) for each in text.split("+"))
    if len(heads) < 2 or len(set(heads)) < len(heads):
        raise InvalidNotationError(text, "several heads together are written L1H0+L1H3, at least two and none twice")
    return tuple(heads)


def group_text(heads: Iterable[HeadRef]) -> str:
    """Several heads that are claimed together, in ascending order: `L1H0+L1H3`."""
    return "+".join(str(head) for head in sorted(heads))


@dataclass(frozen=True, order=True, slots=True)
class Accession:
    """Permanent address of an entry, `AHF-000123`, or of one version of it, `AHF-000123.v2`."""

    kind: EntryKind
    number: int
    version: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an accession.

        Raises:
            InvalidNotationError: The text is no accession.
        """
        found = _ACCESSION.fullmatch(text.strip())
        if found is None:
            raise InvalidNotationError(
                text,
                "an accession is written AHT-0012, AHF-000123, AHC-0004 or AHV-0000456, with .v2 for a version",
            )
        version = int(found["version"]) if found["version"] else None
        return cls(EntryKind(found["kind"].upper()), int(found["number"]), version)

    @property
    def base(self) -> str:
        """The accession without its version."""
        return f"{self.kind}-{self.number:0{_WIDTH[self.kind]}d}"

    def __str__(self) -> str:
        return self.base if self.version is None else f"{self.base}.v{self.version}"


def release_accession(number: int) -> str:
    """Permanent accession of a release, `AHR-0001`."""
    return f"AHR-{number:04d}"


def normalise_name(name: str) -> str:
    """A published name as it is compared: lower-case words joined by `_`, without a final `head` or `heads`.

    `Previous-Token Head`, `previous token heads` and `previous_token` are one name.
    """
    words = _WORD.findall(name.casefold())
    if len(words) > 1 and words[-1] in ("head", "heads"):
        words.pop()
    return "_".join(words)


def language_model_slug(hub_id: str, revision: str) -> str:
    """The hub id with `--` for `/`, then `@` and the first twelve characters of a known commit or hash.

    The slug names a file too, so that `sha256:` is left out: not every file system takes a colon.
    """
    name = hub_id.replace("/", "--")
    return name if revision == "unspecified" else f"{name}@{revision.removeprefix('sha256:')[:12]}"
