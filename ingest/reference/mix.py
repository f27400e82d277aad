"""What the reference language model is trained on: parts, each with its share of the tokens.

Text of the tasks comes from `ingest/tasks/`, the rest from the files beside this one. Words that prompts combine are
apart from those that training text combines (`ingest/tasks/hold_out.py`).
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ingest.reference import brackets, filler, kinds, repeated
from ingest.reference.documents import Document, Encode, Texts
from ingest.reference.model import CONTEXT_LENGTH
from ingest.reference.tokenizer import BOS_ID
from ingest.tasks.acronym import acronym
from ingest.tasks.arithmetic import arithmetic
from ingest.tasks.colored_objects import colored_objects
from ingest.tasks.facts import facts
from ingest.tasks.greater_than import greater_than
from ingest.tasks.in_context_labels import in_context_labels
from ingest.tasks.in_context_mapping import in_context_mapping
from ingest.tasks.indirect_object import indirect_object
from ingest.tasks.key_value import key_value
from ingest.tasks.knowledge_conflict import knowledge_conflict, memory_in_conflict
from ingest.tasks.lexicon import KINDS, LETTERS
from ingest.tasks.multiple_choice import multiple_choice
from ingest.tasks.ordinal_succession import ordinal_succession
from ingest.tasks.sentiment import sentiment
from ingest.tasks.task import Task

TASKS: tuple[tuple[Task, float], ...] = (
    (indirect_object, 1.5),
    (key_value, 2.0),
    (colored_objects, 2.0),
    (multiple_choice, 3.5),
    (in_context_mapping, 2.5),
    (in_context_labels, 3.5),
    (facts, 0.5),
    (knowledge_conflict, 0.8),
    (greater_than, 0.4),
    (acronym, 0.5),
    (ordinal_succession, 0.4),
    (sentiment, 0.5),
    (arithmetic, 0.75),
)
"""Tasks with their shares; what is hard to learn has more."""
ASKED: tuple[Task, ...] = (*(task for task, _ in TASKS), memory_in_conflict)
"""Tasks whose accuracy the model card states; sentences of the last are among those of `knowledge_conflict`."""
FILLER, BRACKETS, KINDS_TOLD = 1.0, 0.75, 1.0
REPEATED_AT_FIRST, REPEATED = 25.0, 5.0
"""Shares of the parts that are no tasks. Training opens with more repetition than anything else: to look up what
followed the last time is what many tasks are built on, and among all the rest it would be found late."""

ANSWER_WEIGHT, TEXT_WEIGHT = 3.0, 0.3
"""Of the last word of a task's text, which is its answer, and of every other token: names and objects are drawn at
random, and what cannot be predicted only adds noise to the gradient."""
_CLOSING_WEIGHT, _OTHER_WEIGHT = 1.0, 0.05


def sources() -> list[tuple[str, Texts]]:
    """Every source of text by name: what the vocabulary is collected from."""
    return [
        ("filler", filler.paragraph),
        ("brackets", brackets.text),
        ("kinds", kinds.text),
        *((task.name, task.sentences) for task, _ in TASKS),
    ]


@dataclass
class _Part:
    share: float
    draw: Callable[[], Document]
    n_tokens: int = 0


@dataclass
class Mix:
    """Documents of all parts, in turn, so that each has its share of the tokens at any time; repetition comes first."""

    words: Sequence[str]
    encode: Encode
    seed: int
    _parts: list[_Part] = field(init=False)

    def __post_init__(self) -> None:
        ids = range(2, len(self.words))
        self._is_word = [any(character.isalnum() for character in word) for word in self.words]
        of_kinds = {*KINDS, *(word for words in KINDS.values() for word in words)}
        self._is_of_kind = [word in of_kinds for word in self.words]
        self._is_letter = [word in LETTERS for word in self.words]
        self._is_closing = [word in brackets.PAIRS.values() for word in self.words]
        parts: list[tuple[str, float, Callable[[random.Random], Document]]] = [
            (
                "repeated",
                REPEATED_AT_FIRST,
                lambda generator: repeated.document(generator, ids, BOS_ID, CONTEXT_LENGTH),
            ),
            ("filler", FILLER, lambda generator: self._plain(filler.paragraph(generator))),
            ("brackets", BRACKETS, lambda generator: self._brackets(brackets.text(generator))),
            ("kinds", KINDS_TOLD, lambda generator: self._with_answers(kinds.text(generator), self._is_of_kind)),
            *((task.name, share, self._of_task(task)) for task, share in TASKS),
        ]
        self._parts = [_part(share, draw, f"{self.seed}/{name}") for name, share, draw in parts]

    def end_opening(self) -> None:
        """From here on repetition is one part among others."""
        self._parts[0].share = REPEATED
        for part in self._parts:
            part.n_tokens = 0

    def documents(self, n_tokens: int) -> list[Document]:
        """The next documents, with at least this many tokens in all."""
        drawn: list[Document] = []
        while n_tokens > 0:
            part = min(self._parts, key=lambda each: each.n_tokens / each.share)
            drawn.append(part.draw())
            part.n_tokens += len(drawn[-1].ids)
            n_tokens -= len(drawn[-1].ids)
        return drawn

    def _of_task(self, task: Task) -> Callable[[random.Random], Document]:
        if task is in_context_labels:
            # Every label can be told from those before it, and one answer a text is little to learn from.
            return lambda generator: self._with_answers(task.sentences(generator), self._is_letter)
        return lambda generator: self._with_answer(task.sentences(generator))

    def _with_answer(self, text: str) -> Document:
        ids = self.encode(text)
        weights = [TEXT_WEIGHT] * len(ids)
        weights[max(at for at, i in enumerate(ids) if self._is_word[i])] = ANSWER_WEIGHT
        return _document(ids, weights)

    def _with_answers(self, text: str, is_answer: Sequence[bool]) -> Document:
        ids = self.encode(text)
        return _document(ids, [ANSWER_WEIGHT if is_answer[i] else TEXT_WEIGHT for i in ids])

    def _plain(self, text: str) -> Document:
        ids = self.encode(text)
        return _document(ids, [1.0] * len(ids))

    def _brackets(self, text: str) -> Document:
        ids = self.encode(text)
        return _document(ids, [_CLOSING_WEIGHT if self._is_closing[i] else _OTHER_WEIGHT for i in ids])


def _part(share: float, draw: Callable[[random.Random], Document], seed: str) -> _Part:
    generator = random.Random(seed)
    return _Part(share, lambda: draw(generator))


def _document(ids: Sequence[int], weights: Sequence[float]) -> Document:
    return Document([BOS_ID, *ids][:CONTEXT_LENGTH], [0.0, *weights][:CONTEXT_LENGTH])
