"""Text that prompts are cut from: English that every Python carries, or a file; and whether a tokenizer knows it.

The built-in text is the documentation of `pydoc_data.topics`: no download and no licence of a third party. It differs
between versions of Python, so the hash of the prompts is part of a run's provenance.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from pydoc_data.topics import topics

from ingest.errors import CorpusError, NoTargetError
from ingest.prompts.batch import Vocabulary

FILE_OF_FOLDER = "natural_text.txt"
"""A language model's folder may hold text of the kind that it was trained on; prompts of text are then cut from it."""

MOST_UNKNOWN = 0.1
"""Largest share of unknown tokens in a text that still counts as read: more, and what is left is no text."""

_SHORTEST = 1000
# Read to see whether a tokenizer knows a text: enough for a share, and a hundredth of what a scan reads.
_N_SAMPLED, _CHARACTERS_OF_SAMPLE = 20, 500


@dataclass(frozen=True)
class Corpus:
    """Texts in a language that a tokenizer may or may not know."""

    name: str
    texts: tuple[str, ...] = field(repr=False)

    @property
    def sha256(self) -> str:
        """Hash of the texts and where each ends."""
        return hashlib.sha256("\0".join(self.texts).encode()).hexdigest()

    @property
    def longest(self) -> int:
        """Characters of the longest text."""
        return max(map(len, self.texts))


@cache
def built_in() -> Corpus:
    """English documentation text of the running Python."""
    return Corpus("English documentation text", tuple(topics[name] for name in sorted(topics)))


def read_corpus(file: Path) -> Corpus:
    """Text of a file; blank lines part its texts where they are long, else it is one.

    Raises:
        CorpusError: There is no such file, it is not UTF-8, or too short to cut prompts from.
    """
    try:
        content = file.read_text(encoding="utf-8")
    except OSError as problem:
        raise CorpusError(f"The text {file.name} cannot be read ({problem.strerror}); name a text file.") from problem
    except UnicodeDecodeError as problem:
        raise CorpusError(f"The text {file.name} is not UTF-8 (byte {problem.start}); save it as UTF-8.") from problem
    if len(content.split()) < 2 or len(content) < _SHORTEST:
        raise CorpusError(
            f"The text {file.name} has {len(content)} characters, too few to cut prompts from: give at least "
            f"{_SHORTEST}."
        )
    parts = [part.strip() for part in content.split("\n\n")]
    long_enough = tuple(part for part in parts if len(part) >= _SHORTEST)
    return Corpus(file.name, long_enough or (content,))


def check_knows_corpus(vocabulary: Vocabulary, corpus: Corpus) -> None:
    """Refuse a tokenizer that does not know most of a corpus.

    Raises:
        NoTargetError: More than MOST_UNKNOWN of its tokens are unknown.
    """
    step = max(1, len(corpus.texts) // _N_SAMPLED)
    check_knows(vocabulary, corpus.name, (text[:_CHARACTERS_OF_SAMPLE] for text in corpus.texts[::step]))


def check_knows(vocabulary: Vocabulary, what: str, texts: Iterable[str]) -> None:
    """Refuse a tokenizer that does not know most of some texts.

    Raises:
        NoTargetError: More than MOST_UNKNOWN of their tokens are unknown.
    """
    ids = [i for text in texts for i in _ids(vocabulary, text)]
    share = 1.0 if not ids else sum(i in vocabulary.special_ids for i in ids) / len(ids)
    if share > MOST_UNKNOWN:
        raise NoTargetError(
            f"The tokenizer does not know {share:.0%} of the tokens of {what}, so that what is left is no text "
            f"(at most {MOST_UNKNOWN:.0%} may be unknown)."
        )


def _ids(vocabulary: Vocabulary, text: str) -> list[int]:
    if vocabulary.encode is not None:
        return vocabulary.encode(text)
    assert vocabulary.read is not None, "text is read where there is a tokenizer"
    return [token.id for token in vocabulary.read(text)]


def text_ids(vocabulary: Vocabulary, text: str) -> list[int]:
    """The ids of a text without special ones: a text holds none but what stands for the unknown."""
    return [i for i in _ids(vocabulary, text) if i not in vocabulary.special_ids]
