"""Reads dependency trees in CoNLL-U, strictly: a wrong tree would teach nothing and score something.

Read are the columns ID, FORM, UPOS, HEAD, DEPREL and `SpaceAfter=No`. Ranges of words that share one written form
(`3-4`) are accepted where the words spell that form; empty nodes (`8.1`) belong to enhanced dependencies and are left
out. Format: https://universaldependencies.org/format.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.errors import TreebankError

_N_COLUMNS = 10


@dataclass(frozen=True)
class Word:
    """One word of a sentence."""

    form: str
    word_class: str
    """UPOS; `_` where it is not annotated."""
    governor: int
    """Index of the governing word in the sentence, from zero; -1 for the root."""
    relation: str
    """The universal relation, subtypes left out: `nsubj` for `nsubj:pass`."""
    has_space_after: bool
    line: int


Sentence = tuple[Word, ...]


@dataclass(frozen=True)
class _Range:
    """Words that share one written form."""

    first: int
    last: int
    form: str
    has_space_after: bool
    line: int


def load_treebank(path: Path, *, projective: bool = False) -> list[Sentence]:
    """The sentences of a file.

    Args:
        path: A CoNLL-U file in UTF-8.
        projective: Refuse trees whose branches cross.

    Raises:
        TreebankError: The file cannot be read, or is no CoNLL-U, or holds no valid trees; names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise TreebankError(f"The treebank {path} cannot be read ({problem}): give a CoNLL-U file in UTF-8.") from None
    return parse(text, str(path), projective=projective)


def parse(text: str, name: str, *, projective: bool = False) -> list[Sentence]:
    """The sentences of a text in CoNLL-U; `name` stands in errors. Raises as `load_treebank`."""
    sentences = [_sentence(block, name) for block in _blocks(text)]
    if not sentences:
        raise TreebankError(f"The treebank {name} holds no sentence: give a file in CoNLL-U.")
    for sentence in sentences:
        _check_tree(sentence, name, projective)
    return sentences


def written(sentence: Sequence[Word]) -> str:
    """The sentence as text, without a blank at its end."""
    return "".join(word.form + " " * word.has_space_after for word in sentence).rstrip()


def _blocks(text: str) -> Iterator[list[tuple[int, str]]]:
    block: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            if block:
                yield block
            block = []
        elif not line.startswith("#"):
            block.append((number, line))
    if block:
        yield block


def _sentence(block: Sequence[tuple[int, str]], name: str) -> Sentence:
    words: list[Word] = []
    ranges: list[_Range] = []
    for line, content in block:
        columns = content.split("\t")
        if len(columns) != _N_COLUMNS:
            raise TreebankError(
                f"{name}, line {line}: {len(columns)} columns instead of {_N_COLUMNS}; CoNLL-U separates them by tabs."
            )
        number, form, has_space_after = columns[0], columns[1], "SpaceAfter=No" not in columns[9].split("|")
        if "." in number:
            continue
        if "-" in number:
            first, _, last = number.partition("-")
            bounds = _number(first, name, line), _number(last, name, line)
            ranges.append(_Range(*bounds, form, has_space_after, line))
            continue
        if _number(number, name, line) != len(words) + 1:
            raise TreebankError(f"{name}, line {line}: word {number} follows word {len(words)}; number words from 1.")
        governor = _number(columns[6], name, line) - 1
        words.append(Word(form, columns[3], governor, columns[7].partition(":")[0], has_space_after, line))
    if not words:
        raise TreebankError(f"{name}, line {block[0][0]}: the sentence has no words.")
    for given in ranges:
        _close_up(words, given, name)
    return tuple(words)


def _number(text: str, name: str, line: int) -> int:
    if not text.isdecimal():
        raise TreebankError(f"{name}, line {line}: {text!r} stands where the number of a word is due.")
    return int(text)


def _close_up(words: list[Word], given: _Range, name: str) -> None:
    """Write the words of a range without blanks between them."""
    first, last = given.first - 1, given.last - 1
    spelt = "".join(word.form for word in words[first : last + 1])
    if not 0 <= first < last < len(words) or spelt != given.form:
        raise TreebankError(
            f"{name}, line {given.line}: the words {given.first}-{given.last} spell {spelt!r} and not {given.form!r}, "
            "so they have no place in the text; leave this sentence out."
        )
    for index in range(first, last + 1):
        words[index] = replace(words[index], has_space_after=index == last and given.has_space_after)


def _check_tree(sentence: Sentence, name: str, projective: bool) -> None:
    line = sentence[0].line
    for word in sentence:
        if not word.form.strip():
            raise TreebankError(f"{name}, line {word.line}: the form is empty.")
        if word.governor >= len(sentence):
            raise TreebankError(
                f"{name}, line {word.line}: the head is word {word.governor + 1} of {len(sentence)}; heads lie within "
                "the sentence."
            )
        if (word.governor < 0) != (word.relation == "root"):
            raise TreebankError(f"{name}, line {word.line}: head 0 and the relation root belong together.")
    roots = [word for word in sentence if word.governor < 0]
    if len(roots) != 1:
        raise TreebankError(f"{name}, line {line}: the sentence has {len(roots)} roots; a tree has one.")
    chains = [_ancestors(sentence, index, name) for index in range(len(sentence))]
    if projective:
        _check_projective(sentence, chains, name)


def _ancestors(sentence: Sentence, index: int, name: str) -> set[int]:
    above: set[int] = set()
    at = sentence[index].governor
    while at >= 0:
        if at in above or at == index:
            raise TreebankError(
                f"{name}, line {sentence[index].line}: the heads of {sentence[index].form!r} lead in a circle; a tree "
                "ends at its root."
            )
        above.add(at)
        at = sentence[at].governor
    return above


def _check_projective(sentence: Sentence, chains: Sequence[set[int]], name: str) -> None:
    """Every word between a word and its head descends from that head, or a branch crosses another."""
    for index, word in enumerate(sentence):
        low, high = sorted((index, word.governor))
        if word.governor >= 0 and any(word.governor not in chains[between] for between in range(low + 1, high)):
            raise TreebankError(
                f"{name}, line {word.line}: the branch from {word.form!r} to its head crosses another; the tree is "
                "not projective."
            )
