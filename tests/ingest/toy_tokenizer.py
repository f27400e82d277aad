"""A tokenizer of a few lines: words in pieces of at most four letters, blanks before what they precede."""

import re
import zlib
from functools import cache

from ingest.prompts.batch import TokenInText, Vocabulary

_PIECE = re.compile(r" ?[A-Za-z]{1,4}| ?[0-9]| ?[^A-Za-z0-9 ]| ")
_N_SPECIAL = 3


@cache
def text_vocabulary(bos_id: int | None = 0, size: int = 3000) -> Vocabulary:
    """A vocabulary that reads text; the id of a piece is a hash of it, so that different pieces may share one."""

    def read(text: str) -> list[TokenInText]:
        return [
            TokenInText(
                _N_SPECIAL + zlib.crc32(found.group().encode()) % (size - _N_SPECIAL), found.group(), *found.span()
            )
            for found in _PIECE.finditer(text)
        ]

    return Vocabulary(
        size,
        bos_id,
        frozenset(range(_N_SPECIAL)),
        encode=lambda text: [token.id for token in read(text)],
        read=read,
    )
