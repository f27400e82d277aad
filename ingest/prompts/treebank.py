"""English sentences whose grammar is known: several to a prompt, with the dependency tree of each.

The sentences in `data/english.conllu` were written and labelled for headcat, with universal relations; another treebank
in CoNLL-U makes a family of its own (`treebank_family`). A prompt's sentences are dealt without repetition, so that
prompts are independent: a sentence is used again only where the treebank is too small for that.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor

from ingest.errors import NoTargetError
from ingest.prompts.batch import PromptBatch, PromptFamily, TokenInText, Vocabulary, body_length
from ingest.prompts.conllu import Sentence, load_treebank, parse, written
from ingest.prompts.corpus import check_knows

NO_WORD = -1

# With the 193 sentences at hand, 32 prompts share none of them.
_FEWEST_SENTENCES = 6
# Relations that fewer sentences show, per prompt, are left to chance: seldom would a deal bring them into all prompts.
_FREQUENT = 2


@dataclass(frozen=True)
class TreebankBatch(PromptBatch):
    """Prompts of parsed sentences; words are numbered through a prompt, punctuation included."""

    word: Int[Tensor, "batch pos"]
    """The word that a token belongs to; NO_WORD on BOS and padding."""
    governor: Int[Tensor, "batch word"]
    """The word that governs each word; NO_WORD for roots and past the last word."""
    sentence: Int[Tensor, "batch word"]
    relation: Int[Tensor, "batch word"]
    """Index into `relations` of the relation to the governor."""
    word_class: Int[Tensor, "batch word"]
    """Equal for words of the same part of speech."""
    relations: tuple[str, ...] = field(repr=False)


def treebank_family(name: str, description: str, sentences: Callable[[], list[Sentence]]) -> PromptFamily:
    """A family of prompts from the sentences of a treebank, which is read when the first prompts are made."""

    def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> PromptBatch:
        return make_prompts(sentences(), vocabulary, n_prompts, length, seed)

    # Long enough for six sentences spelt letter by letter; with ordinary tokens they end long before.
    return PromptFamily(name, make, description, default_length=384)


def treebank_of(path: Path) -> PromptFamily:
    """A family of prompts from a treebank of the user's.

    Raises:
        TreebankError: On making prompts: the file is no CoNLL-U.
    """
    return treebank_family(
        "treebank", f"BOS where there is one, then parsed sentences of {path.name}", cache(lambda: load_treebank(path))
    )


def make_prompts(
    sentences: Sequence[Sentence], vocabulary: Vocabulary, n_prompts: int, length: int, seed: int
) -> TreebankBatch:
    """BOS where there is one, then sentences as long as they fit.

    Raises:
        NoTargetError: The tokenizer is missing, does not say where tokens lie or does not know them, or no sentence
            fits.
        PromptError: No prompts, or no length.
    """
    if vocabulary.read is None:
        raise NoTargetError(
            "The tokenizer is missing or does not say where its tokens lie in a text, so tokens cannot be matched to "
            "the words of a treebank: give the language model a tokenizer.json."
        )
    room = body_length(vocabulary, n_prompts, length, at_least=2)
    read = vocabulary.read
    check_knows(vocabulary, "the treebank", (written(sentence) for sentence in sentences))
    # A blank in front, as in the middle of a prompt.
    costs = [len(read(" " + written(sentence))) for sentence in sentences]
    if min(costs) > room:
        raise NoTargetError(
            f"The shortest sentence of the treebank takes {min(costs)} tokens and a prompt has room for {room}: ask "
            "for longer prompts."
        )
    shown = [frozenset(word.relation for word in sentence) for sentence in sentences]
    hands = _deal(costs, shown, n_prompts, room, random.Random(seed))
    rows = [_row([sentences[index] for index in hand], read, room) for hand in hands]
    return _batch(rows, vocabulary)


def _deal(
    costs: Sequence[int], shown: Sequence[frozenset[str]], n_prompts: int, room: int, generator: random.Random
) -> list[list[int]]:
    """Sentences of each prompt, dealt round by round so that all prompts get about as many.

    Of those that fit, a prompt takes the first that shows most of what it still lacks, a rare relation weighing more:
    a relation can be measured only where every prompt shows it.
    """
    frequency = Counter(relation for relations in shown for relation in relations)
    n_frequent = _FREQUENT * n_prompts

    def gain(index: int, hand: list[int]) -> float:
        seen = frozenset[str]().union(*(shown[held] for held in hand))
        missing = [relation for relation in shown[index] - seen if frequency[relation] >= n_frequent]
        return sum((1 / frequency[relation] for relation in missing), start=0.0)

    hands: list[list[int]] = [[] for _ in range(n_prompts)]
    left = [room] * n_prompts
    n_rounds = max(_FEWEST_SENTENCES, len(costs) // n_prompts)
    stack: list[int] = []
    for _ in range(n_rounds):
        for prompt in range(n_prompts):
            fitting = [index for index in stack if costs[index] <= left[prompt] and index not in hands[prompt]]
            if not fitting and len(hands[prompt]) < _FEWEST_SENTENCES:
                stack = generator.sample(range(len(costs)), len(costs))
                fitting = [index for index in stack if costs[index] <= left[prompt] and index not in hands[prompt]]
            if fitting:
                best = max(fitting, key=lambda index: gain(index, hands[prompt]))  # the first of equals
                stack.remove(best)
                hands[prompt].append(best)
                left[prompt] -= costs[best]
    return hands


@dataclass(frozen=True)
class _Row:
    ids: list[int]
    words: list[int]
    sentences: list[Sentence]


def _row(chosen: list[Sentence], read: Callable[[str], list[TokenInText]], room: int) -> _Row:
    while True:
        text, spans = _text(chosen)
        tokens = read(text)
        # Sentences may take a token more together than apart.
        if len(tokens) <= room or len(chosen) == 1:
            tokens = tokens[:room]
            return _Row([token.id for token in tokens], [_word_at(token, text, spans) for token in tokens], chosen)
        chosen = chosen[:-1]


def _text(sentences: Sequence[Sentence]) -> tuple[str, list[int]]:
    """The sentences as one text, and for each of its characters the word, NO_WORD on blanks."""
    text, spans, n_words = "", list[int](), 0
    for sentence in sentences:
        for index, word in enumerate(sentence):
            is_last = index == len(sentence) - 1
            blank = " " if word.has_space_after or is_last else ""
            text += word.form + blank
            spans += [n_words] * len(word.form) + [NO_WORD] * len(blank)
            n_words += 1
    return text.rstrip(), spans


def _word_at(token: TokenInText, text: str, spans: Sequence[int]) -> int:
    visible = text[token.start : token.end].lstrip()
    return spans[token.end - len(visible)] if visible else NO_WORD


def _batch(rows: Sequence[_Row], vocabulary: Vocabulary) -> TreebankBatch:
    n_bos = 0 if vocabulary.bos_id is None else 1
    n_pos = n_bos + max(len(row.ids) for row in rows)
    n_words = max(sum(map(len, row.sentences)) for row in rows)
    filler = 0 if vocabulary.bos_id is None else vocabulary.bos_id
    tokens = torch.full((len(rows), n_pos), filler)
    is_real = torch.zeros(len(rows), n_pos, dtype=torch.bool)
    word = torch.full((len(rows), n_pos), NO_WORD)
    governor, sentence, relation, word_class = (torch.full((len(rows), n_words), NO_WORD) for _ in range(4))
    everything = [word for row in rows for each in row.sentences for word in each]
    relations = sorted({word.relation for word in everything})
    classes = sorted({word.word_class for word in everything})
    for at, row in enumerate(rows):
        end = n_bos + len(row.ids)
        tokens[at, n_bos:end] = torch.tensor(row.ids)
        is_real[at, :end] = True
        word[at, n_bos:end] = torch.tensor(row.words)
        start = 0
        for number, each in enumerate(row.sentences):
            for index, one in enumerate(each, start=start):
                governor[at, index] = NO_WORD if one.governor < 0 else start + one.governor
                sentence[at, index] = number
                relation[at, index] = relations.index(one.relation)
                word_class[at, index] = classes.index(one.word_class)
            start += len(each)
    return TreebankBatch(
        tokens,
        is_real,
        vocabulary.bos_id is not None,
        word=word,
        governor=governor,
        sentence=sentence,
        relation=relation,
        word_class=word_class,
        relations=tuple(relations),
    )


@cache
def english() -> list[Sentence]:
    """The sentences that come with headcat."""
    name = "english.conllu"
    return parse(files("ingest.prompts").joinpath("data", name).read_text(encoding="utf-8"), name, projective=True)


treebank = treebank_family(
    "treebank",
    "BOS where there is one, then English sentences whose dependency trees were labelled for headcat",
    english,
)
