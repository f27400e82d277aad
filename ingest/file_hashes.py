"""One hash of many files: equal hashes mean equal code, whatever the commit was called."""

import hashlib
from pathlib import Path

PACKAGE = Path(__file__).parent


def hash_files(files: list[Path], root: Path) -> str:
    """Sha256 over names and contents, in order of the names; line ends do not count."""
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda each: each.relative_to(root).as_posix()):
        content = file.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{file.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def hash_package(patterns: tuple[str, ...]) -> str:
    """Hash of the files of this package that patterns name."""
    files = (file for pattern in patterns for file in PACKAGE.glob(pattern))
    return hash_files([file for file in files if file.is_file()], PACKAGE)
