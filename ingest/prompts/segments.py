"""Prompts of several segments: short sentences that have nothing to do with each other, one to a line.

Each segment ends with its own delimiter: a line break or, without a tokenizer, one fixed token. It opens with nothing
of the kind, so that a head that looks at the latest delimiter looks outside its segment.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from ingest.errors import NoTargetError
from ingest.measure import NO_KEY
from ingest.prompts.batch import PromptBatch, PromptFamily, Vocabulary, body_length, unpadded
from ingest.prompts.corpus import check_knows, text_ids

# As turns of a talk between strangers; written for this purpose.
SENTENCES = (
    "The ferry to the island leaves at seven in the morning.",
    "My grandmother kept her buttons in an old biscuit tin.",
    "A new bridge across the canal will open next spring.",
    "He prefers the blue kettle because it pours without a drip.",
    "Snow fell on the orchard while the pears were still unpicked.",
    "Nobody in the office remembers who ordered the green lamps.",
    "The lecture on volcanoes was moved to the smaller hall.",
    "Her violin needs two strings and a careful repair.",
    "We counted forty geese above the reservoir on Sunday.",
    "The baker sells yesterday's rolls for half the price.",
    "An owl nests in the tower behind the town library.",
    "Please water the tomatoes before the sun reaches the fence.",
    "Their train stood for an hour outside a quiet village.",
    "The museum lends bicycles to visitors who leave a coat.",
    "I could not find the recipe that your uncle wrote down.",
    "Two lanterns hung from the mast of the fishing boat.",
    "The committee asked for shorter reports and longer breaks.",
    "A fox crossed the tennis court during the second set.",
    "She sharpened the pencils and put them back in a row.",
    "The river carried a wooden chair past the mill.",
    "Every clock in the station shows a different time.",
    "Our neighbour grows mushrooms in a disused tunnel.",
    "The dentist whistles when he thinks that nobody listens.",
    "Three parcels arrived without a name or an address.",
)

# Of random tokens: long enough for a block to be more than its last tokens, short enough for several in a prompt.
_SHORTEST, _LONGEST = 6, 12


@dataclass(frozen=True)
class SegmentBatch(PromptBatch):
    """Prompts with the segment that each token belongs to."""

    segment: Int[Tensor, "batch pos"]
    """Number of the segment, from zero; NO_KEY on BOS and padding."""


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> SegmentBatch:
    """BOS where there is one, then segments until the prompt is full; the last one may be cut short.

    Raises:
        NoTargetError: The prompts do not hold two segments, or the vocabulary is too small for random ones.
        PromptError: There is nothing to make.
    """
    room = body_length(vocabulary, n_prompts, length, at_least=2)
    if vocabulary.encode is not None:
        check_knows(vocabulary, "plain English sentences", SENTENCES)
    rows, numbers = [], []
    for row in range(n_prompts):
        generator = random.Random(f"{seed}/{row}")
        ids, number = _row(vocabulary, room, generator)
        rows.append(torch.tensor(ids))
        numbers.append(torch.tensor(number))
    batch = unpadded(rows, vocabulary)
    segment = torch.stack(numbers)
    if batch.has_bos:
        segment = torch.cat([torch.full((n_prompts, 1), NO_KEY), segment], dim=1)
    if bool((segment.max(dim=1).values < 1).any()):
        raise NoTargetError(
            f"Prompts of {length} tokens hold a single segment, and a boundary needs two: ask for longer prompts."
        )
    return SegmentBatch(batch.tokens, batch.is_real, batch.has_bos, segment)


def _row(vocabulary: Vocabulary, room: int, generator: random.Random) -> tuple[list[int], list[int]]:
    ids: list[int] = []
    numbers: list[int] = []
    for number, segment in enumerate(_segments(vocabulary, room, generator)):
        ids += segment
        numbers += [number] * len(segment)
        if len(ids) >= room:
            break
    return ids[:room], numbers[:room]


def _segments(vocabulary: Vocabulary, room: int, generator: random.Random) -> Iterator[list[int]]:
    if vocabulary.encode is None:
        yield from _of_random_tokens(vocabulary, room, generator)
        return
    while True:
        for sentence in generator.sample(SENTENCES, len(SENTENCES)):
            yield text_ids(vocabulary, f"{sentence}\n")


def _of_random_tokens(vocabulary: Vocabulary, room: int, generator: random.Random) -> Iterator[list[int]]:
    delimiter, *others = vocabulary.ordinary_ids.tolist()
    if not others:
        raise NoTargetError("The vocabulary holds a single ordinary token, of which no segments can be made.")
    # A short prompt still gets a boundary in its first half.
    longest = max(2, min(_LONGEST, room // 2))
    while True:
        n_tokens = generator.randint(min(_SHORTEST, longest), longest) - 1
        yield [*generator.choices(others, k=n_tokens), delimiter]


segments = PromptFamily(
    name="segments",
    make=make,
    description="BOS where there is one, then unrelated sentences, one to a line (random tokens without a tokenizer)",
    default_length=128,
)
