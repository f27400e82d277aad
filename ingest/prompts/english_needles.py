"""Needles in haystacks of English: a sentence hidden in documentation text, and a question that it answers.

The question ends with the first words of the sentence, so that a language model that only continues text can answer,
too. What it should write is the rest of the sentence, token for token. Sentences are ours, about lighthouse keepers who
never lived; the haystack is that of `natural_text`.
"""

import random

from ingest.errors import NoTargetError
from ingest.prompts import natural_text
from ingest.prompts.batch import PromptFamily, Vocabulary
from ingest.prompts.corpus import check_knows, text_ids
from ingest.prompts.needles import Hidden, NeedleBatch, depths, haystack_lengths, hidden_batch

ANSWER_LENGTH = 32
"""Tokens to be written, at most: a sentence's rest in words of a few letters to a token."""

_TOWNS = ("Arkona", "Bergsund", "Corvo", "Dunmore", "Eskifell", "Farne", "Gotska", "Hirtholm", "Inishlea", "Jomsvik")
_NAMES = ("Adela Nygaard", "Bruno Castell", "Carla Winther", "Dmitri Olsen", "Elena Marsh", "Farid Holm", "Greta Pell")
_COLOURS = ("yellow", "scarlet", "silver", "purple", "orange", "black", "green")
_ANIMALS = ("heron", "otter", "walrus", "falcon", "lobster", "badger", "raven")


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> NeedleBatch:
    """Haystack with a sentence, then the question; the length includes what the language model is to write.

    Raises:
        NoTargetError: There is no tokenizer, it does not know our words or cuts them too finely, or the length is too
            small.
        PromptError: No prompts are asked for.
    """
    if vocabulary.encode is None:
        raise NoTargetError("English needles must be read, and this language model has no tokenizer.")
    check_knows(vocabulary, "our hidden sentences", (" ".join(words) for words in (_NAMES, _COLOURS, _ANIMALS)))
    opening = [] if vocabulary.bos_id is None else [vocabulary.bos_id]
    sentences = [_sentence(vocabulary, random.Random(f"{seed}/{row}")) for row in range(n_prompts)]
    taken = max((len(cue) + len(needle) + len(question) for cue, needle, question in sentences), default=0)
    lengths = haystack_lengths(n_prompts, length - len(opening) - taken - ANSWER_LENGTH, at_least=2 * ANSWER_LENGTH)
    hay = natural_text.make(vocabulary, n_prompts, max(lengths) + len(opening), seed).tokens[:, len(opening) :]
    prompts = []
    for text, haystack, depth, (cue, needle, question) in zip(hay, lengths, depths(lengths), sentences, strict=True):
        ids = text[:haystack].tolist()
        prompts.append(Hidden(opening, ids[:depth], cue, needle, ids[depth:], question))
    return hidden_batch(prompts, has_bos=bool(opening), with_answer=False)


def _sentence(vocabulary: Vocabulary, generator: random.Random) -> tuple[list[int], list[int], list[int]]:
    """Beginning of the sentence, its rest, and the question that ends with the same beginning."""
    town, name = generator.choice(_TOWNS), generator.choice(_NAMES)
    colour, animal = generator.choice(_COLOURS), generator.choice(_ANIMALS)
    beginning = f"\nThe keeper of the lighthouse at {town} is called"
    whole = text_ids(vocabulary, f"{beginning} {name}, and the boat is named after a {colour} {animal}.\n")
    # A tokenizer may join characters across the seam; what both share is the beginning, in its own tokens.
    alone = text_ids(vocabulary, beginning)
    n_shared = next((i for i, (a, b) in enumerate(zip(whole, alone, strict=False)) if a != b), len(alone))
    cue, needle = whole[:n_shared], whole[n_shared:]
    if len(needle) > ANSWER_LENGTH:
        raise NoTargetError(
            f"The tokenizer cuts the rest of the hidden sentence into {len(needle)} tokens, and {ANSWER_LENGTH} are "
            "decoded: it is too fine for this test."
        )
    asked = text_ids(vocabulary, f"\nQuestion: Who keeps the lighthouse at {town}, and what is the boat named after?")
    return cue, needle, [*asked, *cue]


english_needles = PromptFamily(
    name="english_needles",
    make=make,
    description="documentation text that hides a sentence, at depths from start to end; a question that it answers",
    default_length=512,
)
