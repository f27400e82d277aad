"""Spans of years: what lasted from 1732 ended in 17…, and every later pair of digits is right.

The counterpart begins in the year 01 of the same century, so that nearly every pair is right. Years that the tokenizer
at hand writes in one go (1900 is one token for many) are neither asked about nor counted as right or wrong. Tokenizers
that write years digit by digit get the same prompts, and the next digit is asked: those above the tens of the start are
right, those below are wrong, and that digit itself says nothing. Tokenizers that do neither have no such task.

Marks: `noun`, `century`, `start` (the two digits of the first year), `again` (the century, where it comes back), `end`.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.errors import NoTargetError
from ingest.prompts.batch import Vocabulary
from ingest.tasks.hold_out import draw_until, is_held_out
from ingest.tasks.rendering import Example, render
from ingest.tasks.task import Measure, Task, TaskBatch, halfway
from ingest.tasks.words import reader_of, single_tokens

_TEMPLATES = (
    "The {noun} lasted from the year {century}{start} to the year {again}{answer}.",
    "The {noun} began in {century}{start} and ended in {again}{answer}.",
    "They started the {noun} in the year {century}{start} and stopped it in {again}{answer}.",
    "The {noun} went on from {century}{start} until {again}{answer}.",
    "It is known that the {noun} of {century}{start} was not over before {again}{answer}.",
)
_NOUNS = (
    "war", "siege", "reign", "strike", "dispute", "voyage", "project", "contest", "treaty", "drought", "famine",
    "plague", "revolt", "festival", "trial", "debate", "reform", "mission", "blockade", "trade",
)  # fmt: skip
_CENTURIES = tuple(str(century) for century in range(11, 20))
_FEWEST_YEARS = 80
"""Of a century's hundred years, those that the tokenizer must split for the century to be used."""
_FIRST = "01"
# Not so near to either end that nearly all pairs, or hardly any, are right.
_EARLIEST, _LATEST = 5, 95


@dataclass(frozen=True)
class _Years:
    """What a tokenizer makes of years."""

    by_century: Mapping[str, Sequence[str]]
    """Pairs of digits behind each century that can be used, ascending."""
    by_digit: bool
    """Whether each digit is a token."""


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> TaskBatch:
    """Sentences up to the second year's century.

    Raises:
        NoTargetError: The tokenizer is missing, or writes years otherwise than in two pairs or four digits.
        PromptError: A prompt is longer than asked for.
    """
    nouns = single_tokens(vocabulary, _NOUNS, at_least=3, kind="nouns").words
    years = _years_of(vocabulary)
    examples = [
        _example(random.Random(f"{seed}/{row}"), row % len(_TEMPLATES), nouns, years, held_out=True)
        for row in range(n_prompts)
    ]
    return render(vocabulary, examples, length)


def sentences(generator: random.Random) -> str:
    """One sentence with both years; its noun with its first year is in no prompt."""
    pairs = tuple(f"{year:02d}" for year in range(100))
    years = _Years(dict.fromkeys(_CENTURIES, pairs), by_digit=False)
    template = generator.randrange(len(_TEMPLATES))
    return _example(generator, template, _NOUNS, years, held_out=False).told(generator)


def _example(
    generator: random.Random, template: int, nouns: Sequence[str], years: _Years, *, held_out: bool
) -> Example:
    century = generator.choice(sorted(years.by_century))
    pairs = years.by_century[century]
    # Training text has spans from the first years on and up to the last ones: no pair of digits must be unknown.
    candidates = [pair for pair in pairs[:-1] if not held_out or _EARLIEST <= int(pair) <= _LATEST]
    noun, start = draw_until(
        lambda: (generator.choice(nouns), generator.choice(candidates)), lambda drawn: is_held_out(*drawn) is held_out
    )
    first, second = generator.sample([other for other in nouns if other != noun], 2)
    if years.by_digit:
        later, earlier = ([str(digit) for digit in digits] for digits in _around(int(start[0])))
    else:
        later, earlier = [pair for pair in pairs if pair > start], [pair for pair in pairs if pair <= start]
    return Example(
        template=template,
        text=_TEMPLATES[template],
        clean={"noun": noun, "century": century, "start": start, "again": century},
        corrupted={"start": _FIRST},
        answers=later,
        others=earlier,
        # Numbers are all on one side or the other; what a head that counts years must leave alone are the nouns.
        controls=(f" {first}", f" {second}"),
    )


def _around(digit: int) -> tuple[range, range]:
    return range(digit + 1, 10), range(digit)


def _years_of(vocabulary: Vocabulary) -> _Years:
    by_century = {
        century: [
            pair for pair in map("{:02d}".format, range(100)) if _pieces(vocabulary, century, pair) == [century, pair]
        ]
        for century in _CENTURIES
    }
    usable = {
        century: pairs for century, pairs in by_century.items() if len(pairs) >= _FEWEST_YEARS and _FIRST in pairs
    }
    if usable:
        return _Years(usable, by_digit=False)
    if all(_pieces(vocabulary, century, "32") == [*century, "3", "2"] for century in _CENTURIES):
        # Tens of 1 to 8 leave digits on both sides.
        return _Years({century: [str(year) for year in range(10, 90)] for century in _CENTURIES}, by_digit=True)
    raise NoTargetError(
        "This tokenizer writes years neither as two pairs of digits nor digit by digit, so the second half of a year "
        "cannot be asked for."
    )


def _pieces(vocabulary: Vocabulary, century: str, pair: str) -> list[str]:
    """The tokens of a year, without blanks."""
    text = f"the year {century}{pair}"
    written = (text[token.start : token.end].strip() for token in reader_of(vocabulary)(text)[2:])
    return [piece for piece in written if piece and not piece.isalpha()]


greater_than = Task(
    name="greater_than",
    make=make,
    description="spans of years up to the century of the second one; counterpart: the span begins in the year 01",
    default_length=32,
    measure=Measure.PROBABILITY_DIFFERENCE,
    required_accuracy=halfway(2),
    sentences=sentences,
)
