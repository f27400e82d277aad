"""Labels that only the prompt gives: words of two kinds with a letter each, then one more word, and its letter is due.

The two letters mean nothing by themselves: which stands for which kind, the eight examples say. The counterpart has
the letters the other way round, and the other letter is right.

Marks: `word`, `right_label` and `wrong_label` (the letters behind examples of the last word's kind and of the other
kind), `query`, `end`.
"""

import random
from collections.abc import Mapping, Sequence

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
    examples = [
        _example(random.Random(f"{seed}/{row}"), row % len(_TEMPLATES), letters, usable, held_out=True)
        for row in range(n_prompts)
    ]
    return render(vocabulary, examples, length)


def sentences(generator: random.Random) -> str:
    """Examples, one more word and its letter; in no prompt this word follows this first example."""
    template = generator.randrange(len(_TEMPLATES))
    return _example(generator, template, LETTERS, KINDS, held_out=False).told(generator)


def _example(
    generator: random.Random,
    template: int,
    letters: Sequence[str],
    kinds: Mapping[str, Sequence[str]],
    *,
    held_out: bool,
) -> Example:
    words, query, kind = draw_until(
        lambda: _drawn_words(generator, kinds), lambda drawn: is_held_out(drawn[0][0], drawn[1]) is held_out
    )
    right, wrong, *controls = generator.sample(letters, 4)
    slots = [("right_label" if word in kinds[kind] else "wrong_label") + f"_{at}" for at, word in enumerate(words)]
    clean = {slot: right if slot.startswith("right") else wrong for slot in slots}
    shown, asked = _TEMPLATES[template]
    text = "".join(shown.format(word=f"{{word_{at}}}", label=f"{{{slot}}}") for at, slot in enumerate(slots))
    return Example(
        template=template,
        text=_LEAD + text + asked,
        clean={**{f"word_{at}": word for at, word in enumerate(words)}, **clean, "query": query},
        corrupted={slot: wrong if letter == right else right for slot, letter in clean.items()},
        answers=(right,),
        others=(wrong,),
        controls=(controls[0], controls[1]),
        corrupted_answers=(wrong,),
    )


def _drawn_words(generator: random.Random, kinds: Mapping[str, Sequence[str]]) -> tuple[list[str], str, str]:
    """Examples of two kinds in any order, a further word, and its kind."""
    kind, other = generator.sample(sorted(kinds), 2)
    query, *same = generator.sample(kinds[kind], N_OF_A_KIND + 1)
    words = [*same, *generator.sample(kinds[other], N_OF_A_KIND)]
    generator.shuffle(words)
    return words, query, kind


in_context_labels = Task(
    name="in_context_labels",
    make=make,
    description="eight words of two kinds with a letter each, and one more word; counterpart: the letters change roles",
    default_length=96,
    measure=Measure.LOGIT_DIFFERENCE,
    required_accuracy=halfway(2),
    sentences=sentences,
)
