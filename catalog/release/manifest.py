"""The manifest of a release: which files it has, what is in them, and what it changed."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalog.canonical import canonical_json
from catalog.errors import ReleaseError

MANIFEST = "manifest.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class ReleasedFile(BaseModel):
    """One file of data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="Path within the release.")
    n_bytes: int = Field(description="Size in bytes.", ge=0)
    sha256: str = Field(description="SHA-256 in hexadecimal.", pattern="^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """What a release is. Its canonical JSON is `manifest.json`, and the row of the release keeps it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accession: str = Field(description="Permanent accession.", pattern=r"^AHR-\d{4,9}$")
    name: str = Field(description="Name, unique in the catalog.")
    created_at: str = Field(description="When it was made, UTC, to the second.")
    url: str = Field(description="Permanent address.")
    previous: str | None = Field(description="Name of the release before; null for the first one.")
    headcat_version: str = Field(description="Version of the program that made it.")
    schema_version: str = Field(description="Schema version of the catalog; loading needs the same.")
    entries: dict[str, int] = Field(description="Citable entries that stand, counted by kind.")
    tables: dict[str, int] = Field(description="Rows of each table.")
    files: list[ReleasedFile] = Field(description="Files of data.")
    changes: dict[str, list[str]] = Field(description="Entries added, changed, withdrawn and removed since `previous`.")

    @property
    def number(self) -> int:
        """Number in the accession."""
        return int(self.accession.removeprefix("AHR-"))

    def canonical(self) -> str:
        """The manifest as it is hashed."""
        return canonical_json(self.model_dump(mode="json"))


def require_name(name: str) -> str:
    """Refuse a name that cannot stand in an address and a file name.

    Raises:
        ReleaseError: The name has other characters, or is written like an accession.
    """
    if not _NAME.fullmatch(name) or name.upper().startswith("AHR-"):
        raise ReleaseError(
            f"{name!r} cannot name a release: use up to 64 letters, digits, points, hyphens and underscores, as in "
            "2026-11, and nothing that begins with AHR-."
        )
    return name


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a release's folder.

    Raises:
        ReleaseError: The folder holds no release, or its manifest cannot be read.
    """
    file = folder / MANIFEST
    try:
        return Manifest.model_validate_json(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise ReleaseError(f"{folder} is no release: {MANIFEST} cannot be read in it.") from problem
    except ValidationError as problem:
        where = ".".join(str(step) for step in problem.errors()[0]["loc"])
        raise ReleaseError(f"{file} is no manifest of a release: {where} {problem.errors()[0]['msg']}.") from problem


def counted(changes: Mapping[str, list[Any]]) -> dict[str, int]:
    """Lists as their lengths."""
    return {name: len(entries) for name, entries in changes.items()}
