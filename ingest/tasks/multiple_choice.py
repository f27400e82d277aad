"""Multiple choice: four options behind letters, one of which is of the kind that is asked for; its letter is due.

The letters are four of A to H in any order, and each place holds the right option in turn, so that neither a letter nor
a place says anything. In the counterpart the right option has changed places with another one: the same letters, the
same words, another answer.

Marks: `right_letter`, `right_content`, `wrong_letter`, `wrong_content`, `kind` (what is asked for), `end`.
"""

import random
from collections.abc import Sequence

from ingest.errors import NoTargetError
from ingest.prompts.batch import Vocabulary
from ingest.tasks.hold_out import draw_until, is_held_out
from ingest.tasks.lexicon import KINDS, LETTERS
from ingest.tasks.rendering import Example, render
from ingest.tasks.task import Measure, Task, TaskBatch, halfway
from ingest.tasks.words import single_tokens

# {options} becomes four times what stands beside it; every letter has a blank before it.
_TEMPLATES = (
    ("Which of these is a kind of {kind}? {options} Answer: {answer}.", "( {letter} ) {content}"),
    (
        "Question: which one is a kind of {kind}? Choices: {options} The right choice is {answer}.",
        "{letter} : {content} ,",
    ),
    ("Find the {kind}: {options} The {kind_2} is {answer}.", "{letter} = {content} ,"),
    ("Options: {options} Which option is a kind of {kind}? Option {answer}.", "{letter} - {content} ,"),
)
_N_OPTIONS = 4
_LETTERS = LETTERS[:8]
_MIN_WORDS = 4
"""Single-token words that a kind needs, and kinds that the task needs."""


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> TaskBatch:
    """Question and options, up to the letter.

    Raises:
        NoTargetError: The tokenizer is missing, or too few letters, kinds or words are one token each.
        PromptError: A prompt is longer than asked for.
    """
    letters = single_tokens(vocabulary, _LETTERS, at_least=_N_OPTIONS + 2, kind="letters").words
    usable = {
        kind: words
        for kind, candidates in KINDS.items()
        if len(words := single_tokens(vocabulary, candidates, at_least=0, kind=kind).words) >= _MIN_WORDS
    }
    if len(usable) < _MIN_WORDS:
        raise NoTargetError(
            f"This tokenizer writes {len(usable)} of {len(KINDS)} kinds of things with one token a word, and "
            f"{_MIN_WORDS} are needed."
        )
    examples = [
        _example(random.Random(f"{seed}/{row}"), row, letters, usable, held_out=True) for row in range(n_prompts)
    ]
    return render(vocabulary, examples, length)


def sentences(generator: random.Random) -> str:
    """One question with options and letter; its four options in this order are in no prompt."""
    row = generator.randrange(len(_TEMPLATES) * _N_OPTIONS)
    return _example(generator, row, _LETTERS, KINDS, held_out=False).told(generator)


def _example(
    generator: random.Random, row: int, letters: Sequence[str], kinds: dict[str, tuple[str, ...]], *, held_out: bool
) -> Example:
    template = row % len(_TEMPLATES)
    place = row // len(_TEMPLATES) % _N_OPTIONS
    kind, *contents = draw_until(
        lambda: _drawn_options(generator, kinds, place), lambda drawn: is_held_out(*drawn[1:]) is held_out
    )
    signs = generator.sample(letters, _N_OPTIONS + 2)
    other = generator.choice([at for at in range(_N_OPTIONS) if at != place])
    slots = [
        ("right_letter", "right_content") if at == place else (f"wrong_letter_{at}", f"wrong_content_{at}")
        for at in range(_N_OPTIONS)
    ]
    text, option = _TEMPLATES[template]
    options = " ".join(
        option.replace("{letter}", f"{{{letter}}}").replace("{content}", f"{{{content}}}") for letter, content in slots
    )
    words = {slots[at][part]: (signs, contents)[part][at] for at in range(_N_OPTIONS) for part in range(2)}
    return Example(
        template=template,
        text=text.replace("{options}", options),
        clean={**words, "kind": kind, **({"kind_2": kind} if "{kind_2}" in text else {})},
        corrupted={"right_content": contents[other], f"wrong_content_{other}": contents[place]},
        answers=(signs[place],),
        others=[sign for at, sign in enumerate(signs[:_N_OPTIONS]) if at != place],
        controls=(signs[_N_OPTIONS], signs[_N_OPTIONS + 1]),
        corrupted_answers=(signs[other],),
    )


def _drawn_options(generator: random.Random, kinds: dict[str, tuple[str, ...]], place: int) -> list[str]:
    """A kind, then a word of it at its place among words of other kinds."""
    kind, *others = generator.sample(sorted(kinds), _N_OPTIONS)
    contents = [generator.choice(kinds[other]) for other in others]
    contents.insert(place, generator.choice(kinds[kind]))
    return [kind, *contents]


multiple_choice = Task(
    name="multiple_choice",
    make=make,
    description="four options behind letters, up to the right letter; counterpart: the right option changes places",
    default_length=64,
    measure=Measure.LOGIT_DIFFERENCE,
    required_accuracy=halfway(_N_OPTIONS),
    sentences=sentences,
)
