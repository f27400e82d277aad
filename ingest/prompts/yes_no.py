"""Questions to be answered by one of two words that both stand in the instruction: Yes and No.

Templates, things and kinds are written for headcat. Which of the two words comes first, and which is right, is balanced
over every four prompts. Neither word occurs anywhere else in a prompt.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool
from torch import Tensor

from ingest.errors import NoTargetError
from ingest.prompts.batch import PromptBatch, PromptFamily, TokenInText, Vocabulary, body_length
from ingest.prompts.corpus import check_knows

_TEMPLATES = (
    "Answer the question with {first} or {second}. Question: {question} Answer:",
    "Reply only {first} or {second} to what you are asked. {question} Reply:",
    "You must choose between {first} and {second}. {question} Choice:",
    "Please respond with a single word, {first} or {second}. {question} Response:",
    "Task: decide the following and write {first} or {second}. {question} Decision:",
    "Say {first} or {second}, and nothing else. {question} I say:",
    "The only possible answers are {first} and {second}. {question} The answer is:",
)

_THINGS = {
    "bird": ("sparrow", "eagle", "swan", "owl", "crow"),
    "fish": ("salmon", "shark", "trout", "herring"),
    "tree": ("birch", "willow", "maple", "pine"),
    "metal": ("copper", "silver", "iron", "zinc"),
    "fruit": ("pear", "cherry", "plum", "grape"),
    "tool": ("hammer", "chisel", "wrench", "saw"),
    "vehicle": ("truck", "tram", "bicycle", "ferry"),
}


@dataclass(frozen=True)
class YesNoBatch(PromptBatch):
    """Prompts with the places of both words."""

    is_yes: Bool[Tensor, "batch pos"]
    is_no: Bool[Tensor, "batch pos"]


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> YesNoBatch:
    """BOS where there is one, then instruction and question.

    Raises:
        NoTargetError: The tokenizer is missing or does not say where tokens lie, writes the two words with different
            numbers of tokens, or a question does not fit.
    """
    if vocabulary.read is None:
        raise NoTargetError(
            "The tokenizer is missing or does not say where its tokens lie in a text, so Yes and No cannot be found in "
            "a question: give the language model a tokenizer.json."
        )
    room = body_length(vocabulary, n_prompts, length, at_least=2)
    check_knows(vocabulary, "our yes-or-no questions", [*_TEMPLATES, "Yes", "No"])
    generator = random.Random(seed)
    rows = [_row(_text(index, generator), vocabulary.read) for index in range(n_prompts)]
    longest = max(len(ids) for ids, _, _ in rows)
    if longest > room:
        raise NoTargetError(
            f"A question with its instruction takes {longest} tokens and a prompt has room for {room}: ask for longer "
            "prompts."
        )
    if any(sum(yes) != sum(no) for _, yes, no in rows):
        raise NoTargetError(
            "This tokenizer writes Yes and No with different numbers of tokens, so attention to the two cannot be "
            "compared."
        )
    return _batch(rows, vocabulary)


def _text(index: int, generator: random.Random) -> str:
    first, second = ("Yes", "No") if index % 2 == 0 else ("No", "Yes")
    is_true = index // 2 % 2 == 0
    question = generator.choice((_kind_question, _size_question, _letter_question))(is_true, generator)
    return generator.choice(_TEMPLATES).format(first=first, second=second, question=question)


def _kind_question(is_true: bool, generator: random.Random) -> str:
    kind, other = generator.sample(sorted(_THINGS), 2)
    thing = generator.choice(_THINGS[kind if is_true else other])
    return f"Is the {thing} a kind of {kind}?"


def _size_question(is_true: bool, generator: random.Random) -> str:
    small, large = sorted(generator.sample(range(2, 100), 2))
    return f"Is {large if is_true else small} larger than {small if is_true else large}?"


def _letter_question(is_true: bool, generator: random.Random) -> str:
    word = generator.choice(_THINGS[generator.choice(sorted(_THINGS))])
    letters = [letter for letter in "aeioprst" if (letter in word) == is_true]
    return f'Does the word "{word}" contain the letter "{generator.choice(letters)}"?'


def _row(text: str, read: Callable[[str], Sequence[TokenInText]]) -> tuple[list[int], list[bool], list[bool]]:
    tokens = read(text)
    yes, no = ([_covers(token, text, word) for token in tokens] for word in ("Yes", "No"))
    return [token.id for token in tokens], yes, no


def _covers(token: TokenInText, text: str, word: str) -> bool:
    start = text.index(word)
    return token.start < start + len(word) and token.end > start and not text[token.start : token.end].isspace()


def _batch(rows: Sequence[tuple[list[int], list[bool], list[bool]]], vocabulary: Vocabulary) -> YesNoBatch:
    n_bos = 0 if vocabulary.bos_id is None else 1
    n_pos = n_bos + max(len(ids) for ids, _, _ in rows)
    tokens = torch.full((len(rows), n_pos), vocabulary.bos_id or 0)
    is_real, is_yes, is_no = (torch.zeros(len(rows), n_pos, dtype=torch.bool) for _ in range(3))
    for at, (ids, yes, no) in enumerate(rows):
        body = slice(n_bos, n_bos + len(ids))
        tokens[at, body] = torch.tensor(ids)
        is_real[at, : body.stop] = True
        is_yes[at, body] = torch.tensor(yes)
        is_no[at, body] = torch.tensor(no)
    return YesNoBatch(tokens, is_real, vocabulary.bos_id is not None, is_yes=is_yes, is_no=is_no)


yes_no = PromptFamily(
    name="yes_no",
    make=make,
    description="BOS where there is one, then an instruction that names Yes and No, and a question",
    default_length=128,
)
