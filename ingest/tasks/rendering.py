"""From a text with slots to rows of tokens: prompt and counterpart in line, with marks where the slots lie.

A template is a sentence with slots in braces, `{answer}` among them: the prompt is what stands before it. Each slot
marks its tokens under its own name; slots that differ in a number behind an underscore (`key_1`, `key_2`) share one.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Formatter

import torch
from jaxtyping import Int
from torch import Tensor

from ingest.errors import NoTargetError, PromptError
from ingest.prompts.batch import Vocabulary, body_length
from ingest.tasks.task import END, NO_ANSWER, TaskBatch
from ingest.tasks.words import reader_of

_ANSWER = "answer"
_NUMBER = re.compile(r"_\d+$")


@dataclass(frozen=True)
class Example:
    """One prompt and its counterpart in words."""

    template: int
    text: str
    """The template itself."""
    clean: Mapping[str, str]
    """Word of each slot in the prompt."""
    corrupted: Mapping[str, str]
    """Words of the slots that differ in the counterpart."""
    answers: Sequence[str]
    others: Sequence[str]
    controls: tuple[str, str]
    corrupted_answers: Sequence[str] = ()
    subtask: int | None = None
    """Which of several mappings it shows."""

    def told(self, generator: random.Random) -> str:
        """The whole sentence with one of its answers, as training text has it."""
        return self.text.format(**self.clean, answer=generator.choice(self.answers))


@dataclass(frozen=True)
class _Row:
    tokens: list[int]
    marks: Mapping[str, list[bool]]


def render(vocabulary: Vocabulary, examples: Sequence[Example], length: int) -> TaskBatch:
    """Examples as a batch, padded on the right, with BOS in front where the tokenizer has one.

    Raises:
        NoTargetError: The tokenizer is missing, does not say where its tokens lie, or does not know a word.
        PromptError: Prompt and counterpart do not align, an answer is not one token behind its prompt, or a prompt is
            longer than asked for.
    """
    room = body_length(vocabulary, len(examples), length, at_least=2)
    pairs = [_pair(vocabulary, example) for example in examples]
    longest = max(len(clean.tokens) for clean, _ in pairs)
    if longest > room:
        raise PromptError(
            f"A prompt of this task takes {longest} tokens and there is room for {room}: ask for longer prompts, if "
            "the language model's context allows it."
        )
    n_bos = 0 if vocabulary.bos_id is None else 1
    shape = (len(pairs), n_bos + longest)
    tokens, corrupted = (torch.full(shape, vocabulary.bos_id or 0) for _ in range(2))
    is_real = torch.zeros(shape, dtype=torch.bool)
    names = dict.fromkeys(name for clean, _ in pairs for name in clean.marks)
    marks = {name: torch.zeros(shape, dtype=torch.bool) for name in names}
    for row, (clean, other) in enumerate(pairs):
        body = slice(n_bos, n_bos + len(clean.tokens))
        tokens[row, body] = torch.tensor(clean.tokens)
        corrupted[row, body] = torch.tensor(other.tokens)
        is_real[row, : body.stop] = True
        for name, is_marked in clean.marks.items():
            marks[name][row, body] = torch.tensor(is_marked)
    return TaskBatch(
        tokens,
        is_real,
        has_bos=vocabulary.bos_id is not None,
        corrupted=corrupted,
        marks=marks,
        answer_ids=_answer_ids(vocabulary, examples, "answers"),
        other_ids=_answer_ids(vocabulary, examples, "others"),
        control_ids=_answer_ids(vocabulary, examples, "controls"),
        template=torch.tensor([example.template for example in examples]),
        corrupted_answer_ids=(
            _answer_ids(vocabulary, examples, "corrupted_answers")
            if all(example.corrupted_answers for example in examples)
            else None
        ),
        subtask=_subtasks(examples),
    )


def _subtasks(examples: Sequence[Example]) -> Int[Tensor, " batch"] | None:
    numbers = [example.subtask for example in examples if example.subtask is not None]
    return torch.tensor(numbers) if len(numbers) == len(examples) else None


def _pair(vocabulary: Vocabulary, example: Example) -> tuple[_Row, _Row]:
    words, others = example.clean, {**example.clean, **example.corrupted}
    clean, corrupted = (_row(vocabulary, example.text, filling) for filling in (words, others))
    changed = {_mark(slot) for slot in example.corrupted}
    may_differ = [any(clean.marks[name][pos] for name in changed) for pos in range(len(clean.tokens))]
    if (
        len(clean.tokens) != len(corrupted.tokens)
        or clean.marks != corrupted.marks
        or any(
            one != other and not may for one, other, may in zip(clean.tokens, corrupted.tokens, may_differ, strict=True)
        )
    ):
        one, other = (_before_answer(example.text, filling) for filling in (words, others))
        raise PromptError(
            f"Prompt and counterpart do not align: this tokenizer writes {one!r} with {len(clean.tokens)} tokens, and "
            f"{other!r} with {len(corrupted.tokens)}, or with others at places that should be the same."
        )
    return clean, corrupted


def _row(vocabulary: Vocabulary, template: str, words: Mapping[str, str]) -> _Row:
    text, spans = _filled(template, words)
    tokens = reader_of(vocabulary)(text)
    unknown = [text[token.start : token.end] for token in tokens if token.id in vocabulary.special_ids]
    if unknown or not tokens:
        raise NoTargetError(f"The tokenizer of this language model does not know {', '.join(unknown) or 'the text'}.")
    marks: dict[str, list[bool]] = {}
    for name, (start, end) in spans:
        covered = [token.start < end and token.end > start for token in tokens]
        earlier = marks.get(name, [False] * len(tokens))
        marks[name] = [one or other for one, other in zip(earlier, covered, strict=True)]
    marks[END] = [False] * (len(tokens) - 1) + [True]
    return _Row([token.id for token in tokens], marks)


def _filled(template: str, words: Mapping[str, str]) -> tuple[str, list[tuple[str, tuple[int, int]]]]:
    """The prompt, and the characters of each slot under the name of its mark."""
    text, spans = "", []
    for literal, slot, _, _ in Formatter().parse(template):
        text += literal
        if slot is None or slot == _ANSWER:
            break
        spans.append((_mark(slot), (len(text), len(text) + len(words[slot]))))
        text += words[slot]
    return text.rstrip(" "), spans


def _mark(slot: str) -> str:
    return _NUMBER.sub("", slot)


def _before_answer(template: str, words: Mapping[str, str]) -> str:
    return _filled(template, words)[0]


def _answer_ids(vocabulary: Vocabulary, examples: Sequence[Example], which: str) -> Int[Tensor, "batch answer"]:
    rows = []
    for example in examples:
        words = {**example.clean, **(example.corrupted if which == "corrupted_answers" else {})}
        rows.append(_next_ids(vocabulary, example.text, words, getattr(example, which)))
    longest = max(len(row) for row in rows)
    return torch.tensor([row + [NO_ANSWER] * (longest - len(row)) for row in rows], dtype=torch.long)


def _next_ids(vocabulary: Vocabulary, template: str, words: Mapping[str, str], answers: Sequence[str]) -> list[int]:
    """The one token that each answer is behind this very prompt."""
    read = reader_of(vocabulary)
    prompt = _before_answer(template, words)
    # With the blank that stands before the answer, unlike the prompt.
    opening = template[: template.index("{" + _ANSWER + "}")].format(**words)
    before = [token.id for token in read(prompt)]
    found = []
    for answer in answers:
        after = [token.id for token in read(opening + answer)]
        if after[:-1] != before or after[-1] in vocabulary.special_ids:
            raise PromptError(f"{answer!r} is not one token of this tokenizer behind {prompt!r}.")
        found.append(after[-1])
    return found
