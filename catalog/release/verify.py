"""Whether the files of a release are those that its manifest names."""

from pathlib import Path

from catalog.errors import ReleaseError
from catalog.export.folder import sha256_of_file
from catalog.release.manifest import Manifest


def verify_files(folder: Path, manifest: Manifest) -> None:
    """Compare every file of data with its checksum.

    Raises:
        ReleaseError: A file is missing, lies outside of the folder, or was changed.
    """
    for file in manifest.files:
        path = folder / file.name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ReleaseError(f"The manifest of {folder} names {file.name}, which lies outside of it; do not use it.")
        if not path.is_file():
            raise ReleaseError(f"{path} is missing; get the whole release again.")
        if sha256_of_file(path) != file.sha256:
            raise ReleaseError(f"{path} is not the file that was released, its checksum differs; get it again.")
