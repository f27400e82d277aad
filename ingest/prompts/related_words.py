"""Short sentences that name a word and end in a word related to it: a country and its capital, a word and its opposite.

Where the related word would come next, a head that has looked at the first word may raise the second. Words and
sentences are written for this project (`word_lists/`); a sentence is used where the tokenizer has one token for its
last word.
"""

import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ingest.errors import NoTargetError
from ingest.measure import NO_KEY
from ingest.prompts.batch import PromptBatch, PromptFamily, TokenInText, Vocabulary, body_length, unpadded
from ingest.prompts.word_pairs import MIN_PAIRS, word_pairs

_SENTENCES = Path(__file__).with_name("word_lists") / "sentences.toml"
# A prompt holds at least one sentence, which takes about ten tokens.
_SHORTEST = 12


@dataclass(frozen=True)
class RelatedWords(PromptBatch):
    """Prompts of such sentences; the query is the token before the last word."""

    is_asked: Bool[Tensor, "batch pos"]
    """Queries after which the related word comes."""
    head_word: Int[Tensor, "batch pos"]
    """Position of the last token of the word that it is related to; NO_KEY where nothing is asked."""
    tail: Int[Tensor, "batch pos"]
    """The related word."""
    other_tail: Int[Tensor, "batch pos"]
    """A word that is related in the same way to another word, and is not that one's."""


@dataclass(frozen=True)
class _Sentence:
    relation: str
    ids: list[int]
    """Up to the related word, and that included."""
    head_word: int

    @property
    def tail(self) -> int:
        return self.ids[-1]


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> RelatedWords:
    """BOS where there is one, then sentences until the prompt is full; no prompt asks for a word that it has named.

    Raises:
        NoTargetError: There is no tokenizer, or it spells too few of the words with one token.
        PromptError: The length is too small for a sentence.
    """
    room = body_length(vocabulary, n_prompts, length, at_least=_SHORTEST)
    sentences = list(_sentences(vocabulary))
    n_tails = len({sentence.tail for sentence in sentences})
    if n_tails < MIN_PAIRS:
        raise NoTargetError(
            f"The tokenizer spells {n_tails} of the words that sentences end in with one token, and {MIN_PAIRS} are "
            "needed."
        )
    generator = random.Random(seed)
    rows = [_row(sentences, room, generator) for _ in range(n_prompts)]
    plain = unpadded([row[0] for row in rows], vocabulary)
    n_bos = plain.tokens.shape[1] - room
    head_word, tail, other = (
        torch.nn.functional.pad(torch.stack([row[column] for row in rows]), (n_bos, 0), value=NO_KEY)
        for column in (1, 2, 3)
    )
    is_asked = head_word != NO_KEY
    return RelatedWords(
        plain.tokens,
        plain.is_real,
        plain.has_bos,
        is_asked,
        torch.where(is_asked, head_word + n_bos, NO_KEY),
        tail.clamp(min=0),
        other.clamp(min=0),
    )


def _sentences(vocabulary: Vocabulary) -> Iterator[_Sentence]:
    if vocabulary.read is None:
        raise NoTargetError("There is no tokenizer that says where its tokens stand, so sentences cannot be made.")
    for relation, templates in tomllib.loads(_SENTENCES.read_text(encoding="utf-8")).items():
        for source, target in word_pairs(relation):
            for template in templates:
                found = _read(vocabulary.read(" " + template.format(s=source, t=target)), template, source, target)
                if found is not None and not vocabulary.special_ids.intersection(found[0]):
                    yield _Sentence(relation, *found)


def _read(tokens: list[TokenInText], template: str, source: str, target: str) -> tuple[list[int], int] | None:
    """Ids and the place of the source's last token; None where the target is no single token."""
    text = " " + template.format(s=source, t=target)
    last = tokens[-1]
    if text[last.start : last.end].strip() != target or last.end != len(text):
        return None
    end = 1 + template.index("{s}") + len(source)
    at_end = [place for place, token in enumerate(tokens) if token.end == end]
    return ([token.id for token in tokens], at_end[0]) if at_end else None


def _row(sentences: list[_Sentence], room: int, generator: random.Random) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Tokens, head words, related words and others of one prompt; the last sentence is cut where the room ends."""
    ids: list[int] = []
    marks = [[NO_KEY] * room for _ in range(3)]
    for sentence in generator.sample(sentences, len(sentences)):
        start, query = len(ids), len(ids) + len(sentence.ids) - 2
        if sentence.tail in ids or sentence.tail in sentence.ids[:-1]:
            continue
        ids += sentence.ids
        others = [each.tail for each in sentences if each.relation == sentence.relation and each.tail not in ids]
        if query < room and others:
            for mark, value in zip(
                marks, (start + sentence.head_word, sentence.tail, generator.choice(others)), strict=True
            ):
                mark[query] = value
        if len(ids) >= room:
            break
    while len(ids) < room:  # all sentences are said, and the prompt may still be longer
        ids += ids[: room - len(ids)]
    return (torch.tensor(ids[:room]), *(torch.tensor(mark) for mark in marks))  # type: ignore[return-value]


related_words = PromptFamily(
    name="related_words",
    make=make,
    description="BOS where there is one, then short sentences that end in a word related to an earlier one",
    # About six sentences, of which a head must do more than one.
    default_length=64,
)
