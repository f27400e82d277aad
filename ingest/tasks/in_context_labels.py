"""Labels that only the prompt gives: words of two kinds with a letter each, then one more word, and its letter is due.

The two letters mean nothing by themselves: which stands for which kind, the eight examples say. The counterpart has
the letters the other way round, and the other letter is right.

Marks: `word`, `right_label` and `wrong_label` (the letters behind examples of the last word's kind and of the other
kind), `query`, `end`.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.errors import NoTargetError
from ingest.prompts.batch import Vocabulary
from ingest.tasks.hold_out import draw_until, is_held_out
from ingest.tasks.lexicon import KINDS, LETTERS
from ingest.tasks.rendering import Example, render
from ingest.tasks.task import Measure, Task, TaskBatch, halfway
from ingest.tasks.words import single_tokens

_TEMPLATES = (
    ("Word: {word} Label: {label}\n", "Word: {query} Label: {answer}"),
    ("The {word} is of type {label}.\n", "The {query} is of type {answer}."),
    ("Put the {word} into box {label}.\n", "Put the {query} into box {answer}."),
    ("the {word} belongs to {label},\n", "the {query} belongs to {answer},"),
)
_LEAD = "Examples:\n"
N_OF_A_KIND = 4
"""Examples of each of the two kinds."""
_MIN_WORDS = N_OF_A_KIND + 1
_MIN_LETTERS = 4
_SHOWN = 0.4
"""Share of training text whose last word is one of the examples: how looking up a label is learned, before it is looked
up by the word's kind."""


@dataclass(frozen=True)
class _Words:
    """Examples in their order, the last word, and all words of its kind."""

    shown: Sequence[str]
    query: str
    kind: Sequence[str]


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> TaskBatch:
    """Examples and a word, up to its letter.

    Raises:
        NoTargetError: The tokenizer is missing, or too few letters, kinds or words are one token each.
        PromptError: A prompt is longer than asked for.
    """
    letters = single_tokens(vocabulary, LETTERS, at_least=_MIN_LETTERS, kind="letters").words
    usable = {
        kind: words
        for kind, candidates in KINDS.items()
        if len(words := single_tokens(vocabulary, candidates, at_least=0, kind=kind).words) >= _MIN_WORDS
    }
    if len(usable) < 2:
        raise NoTargetError(
            f"This tokenizer writes {_MIN_WORDS} words of {len(usable)} kinds of things as one token each, and two "
            "kinds are needed."
        )
    return render(vocabulary, [_prompt(f"{seed}/{row}", row, letters, usable) for row in range(n_prompts)], length)


def sentences(generator: random.Random) -> str:
    """One to four examples of each kind, a word and its letter; in no prompt this word follows this first example."""
    template = generator.randrange(len(_TEMPLATES))
    n_of_a_kind = generator.randint(1, N_OF_A_KIND)
    words = draw_until(
        lambda: _draw(generator, KINDS, n_of_a_kind), lambda drawn: not is_held_out(drawn.shown[0], drawn.query)
    )
    if generator.random() < _SHOWN:
        again = generator.choice([word for word in words.shown if word in words.kind])
        words = _Words(words.shown, again, words.kind)
    return _example(generator, template, LETTERS, words).told(generator)


def _prompt(seed: str, row: int, letters: Sequence[str], kinds: Mapping[str, Sequence[str]]) -> Example:
    generator = random.Random(seed)
    words = draw_until(
        lambda: _draw(generator, kinds, N_OF_A_KIND), lambda drawn: is_held_out(drawn.shown[0], drawn.query)
    )
    return _example(generator, row % len(_TEMPLATES), letters, words)


def _draw(generator: random.Random, kinds: Mapping[str, Sequence[str]], n_of_a_kind: int) -> _Words:
    """Examples of two kinds in any order, and a further word of one of them."""
    kind, other = generator.sample(sorted(kinds), 2)
    query, *same = generator.sample(kinds[kind], n_of_a_kind + 1)
    shown = [*same, *generator.sample(kinds[other], n_of_a_kind)]
    generator.shuffle(shown)
    return _Words(shown, query, kinds[kind])


def _example(generator: random.Random, template: int, letters: Sequence[str], words: _Words) -> Example:
    right, wrong, *controls = generator.sample(letters, 4)
    slots = [("right_label" if word in words.kind else "wrong_label") + f"_{at}" for at, word in enumerate(words.shown)]
    clean = {slot: right if slot.startswith("right") else wrong for slot in slots}
    shown, asked = _TEMPLATES[template]
    text = "".join(shown.format(word=f"{{word_{at}}}", label=f"{{{slot}}}") for at, slot in enumerate(slots))
    return Example(
        template=template,
        text=_LEAD + text + asked,
        clean={**{f"word_{at}": word for at, word in enumerate(words.shown)}, **clean, "query": words.query},
        corrupted={slot: wrong if letter == right else right for slot, letter in clean.items()},
        answers=(right,),
        others=(wrong,),
        controls=(controls[0], controls[1]),
        corrupted_answers=(wrong,),
    )


in_context_labels = Task(
    name="in_context_labels",
    make=make,
    description="eight words of two kinds with a letter each, and one more word; counterpart: the letters change roles",
    default_length=96,
    measure=Measure.LOGIT_DIFFERENCE,
    required_accuracy=halfway(2),
    sentences=sentences,
)
