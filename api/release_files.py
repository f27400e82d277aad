"""Files of releases that this server offers: those of a whole release in the folder HEADCAT_RELEASES."""

from pathlib import Path

from catalog.errors import NotFoundError
from catalog.export.folder import CHECKSUMS, sha256_of_file
from catalog.models import Release
from catalog.release.manifest import MANIFEST, Manifest

TEXTS = (MANIFEST, "README.md", "CHANGES.md", "croissant.json", "ro-crate-metadata.json", CHECKSUMS)
"""Files of a release beside its data."""


def release_folder(releases: Path, release: Release) -> Path | None:
    """The folder of a release; None where this server has no whole copy of it."""
    folder = releases / release.name
    file = folder / MANIFEST
    return folder if file.is_file() and sha256_of_file(file) == release.manifest_sha256 else None


def release_file(releases: Path, release: Release, name: str) -> tuple[Path, str]:
    """A file of a release and its SHA-256.

    Raises:
        NotFoundError: The release has no such file, or this server has no copy of it.
    """
    manifest = Manifest.model_validate(release.manifest)
    known = {file.name: file for file in manifest.files}
    # Only names that the manifest lists reach the file system: no address leads out of the folder.
    if name not in known and name not in TEXTS:
        raise NotFoundError(f"file of the release {release.name!r}", name, [each for each in known if name in each][:5])
    folder = release_folder(releases, release)
    path = None if folder is None else folder / name
    if path is None or not path.is_file() or (name in known and path.stat().st_size != known[name].n_bytes):
        raise NotFoundError(f"copy on this server of the release {release.name!r}, and so no file", name)
    return path, known[name].sha256 if name in known else sha256_of_file(path)
