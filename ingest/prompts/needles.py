"""Needles in haystacks of random tokens: what to look up is given by its marker alone, in no language at all.

A haystack of random tokens holds a marker, once, and behind it a needle of further random tokens. The prompt ends with
the marker again. A language model that can copy from its context writes the needle; where the needle stands is known by
construction. `english_needles.py` asks the same in words.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ingest.errors import NoTargetError, PromptError
from ingest.prompts.batch import PromptBatch, PromptFamily, Vocabulary

# Tokens of a needle: as many as must be copied in a row, few enough for contexts of a few dozen tokens.
NEEDLE_LENGTH = 8
# Haystacks grow in four steps from a quarter of the room to all of it, as published runs sweep over lengths.
_N_LENGTHS = 4
# Twice a needle, so that a stretch of its length without any of it fits beside it at every depth.
_SHORTEST_HAYSTACK = 2 * NEEDLE_LENGTH


@dataclass(frozen=True)
class NeedleBatch(PromptBatch):
    """Prompts with a needle, padded on the left: what is decoded follows the last column."""

    is_marked: Bool[Tensor, "batch pos"]
    """Tokens of the needle."""
    is_decoy: Bool[Tensor, "batch pos"]
    """As many tokens of the haystack, in a row, where nothing is to be found."""
    needle: Int[Tensor, "batch needle"]
    """The needle's own tokens, one after another; NO_TOKEN fills up."""
    is_answer: Bool[Tensor, "batch pos"]
    """Queries that should write the needle, where the prompt contains the answer; all false where it does not."""


NO_TOKEN = -1


@dataclass(frozen=True)
class Hidden:
    """One prompt: haystack, needle and question."""

    opening: list[int]
    """BOS, where there is one."""
    before: list[int]
    """Haystack in front of the needle."""
    cue: list[int]
    """What the needle stands behind, and the question ends with."""
    needle: list[int]
    after: list[int]
    """Rest of the haystack."""
    question: list[int]

    @property
    def tokens(self) -> list[int]:
        """All in order."""
        return [*self.opening, *self.before, *self.cue, *self.needle, *self.after, *self.question]

    @property
    def needle_start(self) -> int:
        """Position of the needle's first token."""
        return len(self.opening) + len(self.before) + len(self.cue)

    @property
    def decoy_start(self) -> int:
        """The middle of the longer part of the haystack, less half a needle."""
        if len(self.before) >= len(self.after):
            return len(self.opening) + (len(self.before) - len(self.needle)) // 2
        return self.needle_start + len(self.needle) + (len(self.after) - len(self.needle)) // 2


def hidden_batch(prompts: list[Hidden], *, has_bos: bool, with_answer: bool) -> NeedleBatch:
    """Prompts as a batch, with the needle again behind the question where the answer is wanted.

    The last token of an answer has nothing left to write, so it is left out.
    """
    answers = [each.needle[:-1] if with_answer else [] for each in prompts]
    width = max(len(each.tokens) + len(answer) for each, answer in zip(prompts, answers, strict=True))
    longest = max(len(each.needle) for each in prompts)
    tokens = torch.zeros(len(prompts), width, dtype=torch.long)
    is_real, is_marked, is_decoy, is_answer = (torch.zeros(tokens.shape, dtype=torch.bool) for _ in range(4))
    needle = torch.full((len(prompts), longest), NO_TOKEN, dtype=torch.long)
    for row, (each, answer) in enumerate(zip(prompts, answers, strict=True)):
        text = [*each.tokens, *answer]
        start = width - len(text)
        tokens[row, start:] = torch.tensor(text)
        is_real[row, start:] = True
        for marks, begin in ((is_marked, each.needle_start), (is_decoy, each.decoy_start)):
            marks[row, start + begin : start + begin + len(each.needle)] = True
        needle[row, : len(each.needle)] = torch.tensor(each.needle)
        if with_answer:
            is_answer[row, width - len(each.needle) :] = True
    return NeedleBatch(tokens, is_real, has_bos, is_marked, is_decoy, needle, is_answer)


def haystack_lengths(n_prompts: int, room: int, at_least: int) -> list[int]:
    """Lengths of the prompts' haystacks: four sizes in turn, the largest filling the room.

    Raises:
        PromptError: No prompts are asked for.
        NoTargetError: There is no room for a haystack.
    """
    if n_prompts < 1:
        raise PromptError(f"{n_prompts} prompts leave nothing to measure: ask for at least 1.")
    if room < at_least:
        raise NoTargetError(
            f"Needle, question and answer leave {max(room, 0)} tokens for a haystack, and it needs {at_least}: ask for "
            f"prompts that are longer by {at_least - room}, if the language model's context allows it."
        )
    return [max(at_least, room * (1 + row % _N_LENGTHS) // _N_LENGTHS) for row in range(n_prompts)]


def depths(lengths: list[int]) -> list[int]:
    """Tokens of each haystack before its needle: the runs of each length sweep from its start to its end."""
    n_each = -(-len(lengths) // _N_LENGTHS)
    return [
        round(length * (row // _N_LENGTHS) / max(1, n_each - 1)) if n_each > 1 else length // 2
        for row, length in enumerate(lengths)
    ]


def _make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int, *, with_answer: bool) -> NeedleBatch:
    # Room for what is written belongs to the length: a prompt and its answer must both fit into the context.
    has_bos = vocabulary.bos_id is not None
    room = length - int(has_bos) - 2 - 2 * NEEDLE_LENGTH
    lengths = haystack_lengths(n_prompts, room, _SHORTEST_HAYSTACK)
    ids = vocabulary.ordinary_ids
    if len(ids) < NEEDLE_LENGTH + 2:
        raise NoTargetError(
            f"The vocabulary holds {len(ids)} ordinary tokens; marker, needle and haystack need {NEEDLE_LENGTH + 2} "
            "different ones."
        )
    generator = torch.Generator().manual_seed(seed)
    prompts = []
    for haystack, depth in zip(lengths, depths(lengths), strict=True):
        order = ids[torch.randperm(len(ids), generator=generator)]
        marker, needle, others = order[0], order[1 : NEEDLE_LENGTH + 1], order[NEEDLE_LENGTH + 1 :]
        # Haystack tokens are neither in the needle nor its marker; in large vocabularies each occurs about once.
        hay = others[torch.randint(len(others), (haystack,), generator=generator)].tolist()
        opening = [] if vocabulary.bos_id is None else [vocabulary.bos_id]
        cue = [int(marker)]
        prompts.append(Hidden(opening, hay[:depth], cue, needle.tolist(), hay[depth:], question=cue))
    return hidden_batch(prompts, has_bos=has_bos, with_answer=with_answer)


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> NeedleBatch:
    """Haystack, needle and the marker again; the length includes what the language model is to write.

    Raises:
        NoTargetError: The vocabulary or the length is too small.
    """
    return _make(vocabulary, n_prompts, length, seed, with_answer=False)


def make_answered(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> NeedleBatch:
    """The same prompts with the needle behind them, as if it had been written.

    Raises:
        NoTargetError: The vocabulary or the length is too small.
    """
    return _make(vocabulary, n_prompts, length, seed, with_answer=True)


needles = PromptFamily(
    name="needles",
    make=make,
    description="random tokens that hold a marker and a needle of 8 tokens, at depths from start to end; marker again",
    default_length=256,
)

answered_needles = PromptFamily(
    name="answered_needles",
    make=make_answered,
    description="as needles, with the needle behind the prompt as its answer",
    default_length=256,
)
