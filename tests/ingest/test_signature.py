"""Key files: private for the user alone, never overwritten, and what is none is refused in one sentence."""

from pathlib import Path

import pytest

from ingest.errors import SigningKeyError
from ingest.signature import Signature, make_key, read_private_key, read_public_key, sign


def test_a_key_signs_and_its_public_half_knows_it(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    public = make_key(file)
    assert file.stat().st_mode & 0o077 == 0
    signature = Signature.parse(sign("text", read_private_key(file)))
    assert signature.public_key == read_public_key(public)
    assert signature.fits("text")
    assert not signature.fits("other text")


def test_files_that_hold_no_such_key_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    public = make_key(file)
    for attempt, problem in (
        (lambda: make_key(file), "is there already"),
        (lambda: read_private_key(public), "holds no private key"),
        (lambda: read_public_key(file), "holds no public key"),
        (lambda: read_public_key(tmp_path / "none"), "cannot be read"),
        (lambda: make_key(tmp_path / "no" / "key"), "cannot be written"),
    ):
        with pytest.raises(SigningKeyError, match=problem):
            attempt()
