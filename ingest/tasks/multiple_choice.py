"""Multiple choice: four options behind letters, one of which is of the kind that is asked for; its letter is due.

The letters are four of A to H in any order, and each place holds the right option in turn, so that neither a letter nor
a place says anything. In the counterpart the right option has changed places with another one: the same letters, the
same words, another answer.

Marks: `right_letter`, `right_content`, `wrong_letter`, `wrong_content`, `kind` (what is asked for), `end`.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
_NAMED_ITSELF = 0.5
"""Share of training text that asks for the thing itself, "find the pear": how looking up an option's letter is learned,
before a kind is looked up the same way."""


@dataclass(frozen=True)
class _Question:
    """What is asked for, and the options in their order."""

    asked: str
    contents: Sequence[str]
    place: int
    """Of the right option."""


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
    return render(vocabulary, [_prompt(f"{seed}/{row}", row, letters, usable) for row in range(n_prompts)], length)


def sentences(generator: random.Random) -> str:
    """A question with two to four options and the letter; its options in this order are in no prompt."""
    n_options = generator.randint(2, _N_OPTIONS)
    place = generator.randrange(n_options)
    question = draw_until(
        lambda: _draw(generator, KINDS, place, n_options), lambda drawn: not is_held_out(*drawn.contents)
    )
    if generator.random() < _NAMED_ITSELF:
        question = replace(question, asked=question.contents[place])
    return _example(generator, generator.randrange(len(_TEMPLATES)), _LETTERS, question).told(generator)


def _prompt(seed: str, row: int, letters: Sequence[str], kinds: Mapping[str, Sequence[str]]) -> Example:
    """Templates come in turn, and so do places of the right option."""
    generator = random.Random(seed)
    place = row // len(_TEMPLATES) % _N_OPTIONS
    question = draw_until(
        lambda: _draw(generator, kinds, place, _N_OPTIONS), lambda drawn: is_held_out(*drawn.contents)
    )
    return _example(generator, row % len(_TEMPLATES), letters, question)


def _draw(generator: random.Random, kinds: Mapping[str, Sequence[str]], place: int, n_options: int) -> _Question:
    """A kind, and a word of it at its place among words of other kinds."""
    kind, *others = generator.sample(sorted(kinds), n_options)
    contents = [generator.choice(kinds[other]) for other in others]
    contents.insert(place, generator.choice(kinds[kind]))
    return _Question(kind, contents, place)


def _example(generator: random.Random, template: int, letters: Sequence[str], question: _Question) -> Example:
    contents, place = question.contents, question.place
    places = range(len(contents))
    *signs, first, second = generator.sample(letters, len(contents) + 2)
    other = generator.choice([at for at in places if at != place])
    slots = [
        ("right_letter", "right_content") if at == place else (f"wrong_letter_{at}", f"wrong_content_{at}")
        for at in places
    ]
    text, option = _TEMPLATES[template]
    options = " ".join(
        option.replace("{letter}", f"{{{letter}}}").replace("{content}", f"{{{content}}}") for letter, content in slots
    )
    words = {slots[at][part]: (signs, contents)[part][at] for at in places for part in range(2)}
    return Example(
        template=template,
        text=text.replace("{options}", options),
        clean={**words, "kind": question.asked, **({"kind_2": question.asked} if "{kind_2}" in text else {})},
        corrupted={"right_content": contents[other], f"wrong_content_{other}": contents[place]},
        answers=(signs[place],),
        others=[sign for at, sign in enumerate(signs) if at != place],
        controls=(first, second),
        corrupted_answers=(signs[other],),
    )


multiple_choice = Task(
    name="multiple_choice",
    make=make,
    description="four options behind letters, up to the right letter; counterpart: the right option changes places",
    default_length=64,
    measure=Measure.LOGIT_DIFFERENCE,
    required_accuracy=halfway(_N_OPTIONS),
    sentences=sentences,
)
