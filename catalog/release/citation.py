"""How to cite a release as a whole."""

from datetime import datetime

from catalog.citation.record import Citation, cite_dataset
from catalog.release.manifest import Manifest
from catalog.release.readme import KINDS


def cite_release(manifest: Manifest, sha256: str) -> Citation:
    """The citation of a release, under its permanent address.

    Args:
        manifest: The release.
        sha256: SHA-256 of its manifest.
    """
    day = datetime.fromisoformat(manifest.created_at).date()
    holds = ", ".join(f"{n:,} {KINDS[kind]}" for kind, n in manifest.entries.items())
    return cite_dataset(
        manifest.accession,
        title=f"headcat, release {manifest.name}",
        day=day,
        version=manifest.name,
        url=manifest.url,
        note=f"{holds.capitalize() or 'No entries'}. SHA-256 of the manifest: {sha256}.",
    )
