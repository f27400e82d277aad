"""How to cite a release as a whole."""

from datetime import datetime

from catalog.citation.record import CONTRIBUTORS, PUBLISHER, Citation
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
    return Citation(
        key=f"headcat:{manifest.accession}",
        kind="dataset",
        title=f"headcat, release {manifest.name} ({manifest.accession})",
        authors=(CONTRIBUTORS,),
        is_collective=True,
        year=day.year,
        day=day,
        venue=None,
        publisher=PUBLISHER,
        version=manifest.name,
        url=manifest.url,
        doi=None,
        arxiv_id=None,
        pages=None,
        volume=None,
        note=f"{holds.capitalize() or 'No entries'}. SHA-256 of the manifest: {sha256}.",
        sources=(),
    )
