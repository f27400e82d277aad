"""A tokenizer of a few lines: words in pieces of at most four letters, blanks before what they precede."""

import re
import zlib
from collections.abc import Callable
from functools import cache

from ingest.prompts.batch import TokenInText, Vocabulary

_PIECE = re.compile(r" ?[A-Za-z]{1,4}| ?[0-9]| ?[^A-Za-z0-9 ]| ")
_N_SPECIAL = 3


@cache
def text_vocabulary(bos_id: int | None = 0, size: int = 3000) -> Vocabulary:
    """A vocabulary that reads text; the id of a piece is a hash of it, so that different pieces may share one."""
    read = _reader(size)
    return Vocabulary(size, bos_id, frozenset(range(_N_SPECIAL)), encode=_encoder(size), read=read)


@cache
def _reader(size: int) -> Callable[[str], list[TokenInText]]:
    def read(text: str) -> list[TokenInText]:
        return [TokenInText(_id(found.group(), size), found.group(), *found.span()) for found in _PIECE.finditer(text)]

    return read


@cache
def _encoder(size: int) -> Callable[[str], list[int]]:
    """One function for vocabularies that differ in BOS alone: frequencies are counted once for each."""
    return lambda text: [_id(piece, size) for piece in _PIECE.findall(text)]


def _id(piece: str, size: int) -> int:
    return _N_SPECIAL + zlib.crc32(piece.encode()) % (size - _N_SPECIAL)
