"""Acronyms in brackets: three words, two of their initials, and the third is due.

The counterpart has another third word; everything else is the same, so that the answer depends on that word alone.
Prompts are read as the tokenizer at hand reads them: initials that it would write as one token (`CE` is one for GPT-2)
are not used, where the published prompts force them apart.

Marks: `c1`, `c2`, `c3` (the token with the initial of each word), `a1`, `a2` (the letters in the brackets; `a2` is
also `end`).
"""

import random
from collections.abc import Callable, Sequence
from functools import cache

from ingest.prompts.batch import Vocabulary
from ingest.tasks.hold_out import draw_until, is_held_out
from ingest.tasks.lexicon import LETTERS
from ingest.tasks.rendering import Example, render
from ingest.tasks.task import Measure, Task, TaskBatch, halfway
from ingest.tasks.words import reader_of, single_tokens, token_of

# A word is its initial and its rest: where both are one token, both marks are on it.
_WORDS = "{c1}{r1} {c2}{r2} {c3}{r3}"
_TEMPLATES = (
    f"The {_WORDS} ({{a1}}{{a2}}{{answer}})",
    f"She works for the {_WORDS} ({{a1}}{{a2}}{{answer}})",
    f"This is a letter from the {_WORDS} ({{a1}}{{a2}}{{answer}})",
    f"We wrote to the {_WORDS} ({{a1}}{{a2}}{{answer}})",
    f"In that year the {_WORDS} ({{a1}}{{a2}}{{answer}}) began.",
)
WORDS = (
    "Army", "Art", "Board", "Bank", "City", "Club", "Data", "Design", "Energy", "Earth", "Film", "Food", "Game",
    "Group", "Health", "House", "Image", "Island", "Joint", "Justice", "Kids", "Kingdom", "Labor", "Law", "Market",
    "Media", "Nation", "North", "Ocean", "Open", "People", "Power", "Quality", "Quick", "Radio", "Road", "Safety",
    "Science", "Team", "Trade", "Union", "Urban", "Video", "Voice", "Water", "World", "Youth", "Young", "Zero", "Zone",
)  # fmt: skip
_MIN_WORDS = 20


ThirdLetters = Callable[[str, str], Sequence[str]]
"""First two letters in the bracket → those that stay tokens of their own behind them."""


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> TaskBatch:
    """Sentences up to the third letter in the brackets.

    Raises:
        NoTargetError: The tokenizer is missing, or too few words and letters are one token each.
        PromptError: A prompt is longer than asked for.
    """
    words = single_tokens(vocabulary, WORDS, at_least=_MIN_WORDS, kind="capitalized words").words
    thirds = cache(lambda first, second: _thirds(vocabulary, first, second))
    examples = [
        _example(random.Random(f"{seed}/{row}"), row % len(_TEMPLATES), words, thirds, held_out=True)
        for row in range(n_prompts)
    ]
    return render(vocabulary, examples, length)


def sentences(generator: random.Random) -> str:
    """One sentence with its acronym; its three words in this order are in no prompt."""
    template = generator.randrange(len(_TEMPLATES))
    return _example(generator, template, WORDS, lambda first, second: LETTERS, held_out=False).told(generator)


def _example(
    generator: random.Random, template: int, words: Sequence[str], thirds: ThirdLetters, *, held_out: bool
) -> Example:
    first, second, third, other = draw_until(
        lambda: generator.sample(words, 4),
        lambda drawn: is_held_out(*drawn[:3]) is held_out and _can_be_asked(drawn, thirds),
    )
    named = {word[0] for word in (first, second, third, other)}
    letters = thirds(first[0], second[0])
    spare = generator.sample([letter for letter in letters if letter not in named], 2)
    parts = {f"{part}{at}": word for at, whole in enumerate((first, second, third), 1) for part, word in _parts(whole)}
    return Example(
        template=template,
        text=_TEMPLATES[template],
        clean={**parts, "a1": first[0], "a2": second[0]},
        corrupted={f"{part}3": word for part, word in _parts(other)},
        answers=(third[0],),
        others=[letter for letter in letters if letter != third[0]],
        controls=(spare[0], spare[1]),
        corrupted_answers=(other[0],),
    )


def _parts(word: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("c", word[0]), ("r", word[1:])


def _can_be_asked(words: Sequence[str], thirds: ThirdLetters) -> bool:
    """Whether all four initials differ, the two possible answers are tokens of their own, and two more are."""
    first, second, third, other = (word[0] for word in words)
    letters = thirds(first, second)
    is_distinct = len({first, second, third, other}) == 4
    return is_distinct and third in letters and other in letters and len({*letters} - {first, second, third, other}) > 1


def _thirds(vocabulary: Vocabulary, first: str, second: str) -> Sequence[str]:
    written = f"({first}{second}"
    if token_of(vocabulary, first, f"Board ({{}}{second}") is None:
        return ()
    if token_of(vocabulary, second, f"Board ({first}{{}}") is None:
        return ()
    return [letter for letter in LETTERS if _ends_alone(vocabulary, written, letter)]


def _ends_alone(vocabulary: Vocabulary, written: str, letter: str) -> bool:
    read = reader_of(vocabulary)
    before, after = ([token.id for token in read(f"Board {text}")] for text in (written, written + letter))
    return after[:-1] == before and after[-1] not in vocabulary.special_ids


acronym = Task(
    name="acronym",
    make=make,
    description="three words with initials in brackets, up to the third; counterpart: another third word",
    default_length=32,
    measure=Measure.LOGIT_DIFFERENCE,
    required_accuracy=halfway(len(LETTERS)),
    sentences=sentences,
)
