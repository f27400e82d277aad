"""Things of several colors: what stands on the table is said with its color, and the color of one thing is due.

The counterpart asks for another of the things.

Marks: `object` and `color` (what is asked for), `other_object` and `other_color` (the rest), `query`, `end`.
"""

import random
from collections.abc import Sequence

from ingest.prompts.batch import Vocabulary
from ingest.tasks.hold_out import draw_until, is_held_out
from ingest.tasks.lexicon import COLORS, OBJECTS
from ingest.tasks.rendering import Example, render
from ingest.tasks.task import Measure, Task, TaskBatch, halfway
from ingest.tasks.words import single_tokens

# {things} becomes three times a color and a thing.
_TEMPLATES = (
    "On the table there are {things}. The color of the {query} is {answer}.",
    "I see {things} in the room. What color is the {query}? It is {answer}.",
    "In the box we found {things}. The {query} is {answer}.",
    "She bought {things}. Question: what color is the {query}? Answer: {answer}.",
    "There are {things} on the floor, and the {query} is {answer}.",
)
_N_THINGS = 3
_MIN_WORDS = 6


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> TaskBatch:
    """Descriptions and a question, up to the color; each place is asked for in turn.

    Raises:
        NoTargetError: The tokenizer is missing, or too few colors or things are one token each.
        PromptError: A prompt is longer than asked for.
    """
    colors = single_tokens(vocabulary, COLORS, at_least=_MIN_WORDS, kind="colors").words
    objects = single_tokens(vocabulary, OBJECTS, at_least=_MIN_WORDS, kind="things").words
    examples = [
        _example(random.Random(f"{seed}/{row}"), row, colors, objects, held_out=True) for row in range(n_prompts)
    ]
    return render(vocabulary, examples, length)


def sentences(generator: random.Random) -> str:
    """One description with question and color; the thing asked for has another color in prompts."""
    row = generator.randrange(len(_TEMPLATES) * _N_THINGS)
    return _example(generator, row, COLORS, OBJECTS, held_out=False).told(generator)


def _example(
    generator: random.Random, row: int, colors: Sequence[str], objects: Sequence[str], *, held_out: bool
) -> Example:
    template = row % len(_TEMPLATES)
    place = row // len(_TEMPLATES) % _N_THINGS
    hues, things = draw_until(
        lambda: (generator.sample(colors, _N_THINGS + 2), generator.sample(objects, _N_THINGS)),
        lambda drawn: is_held_out(drawn[0][place], drawn[1][place]) is held_out,
    )
    other = generator.choice([at for at in range(_N_THINGS) if at != place])
    slots = [
        ("color", "object") if at == place else (f"other_color_{at}", f"other_object_{at}") for at in range(_N_THINGS)
    ]
    named = [f"a {{{color}}} {{{thing}}}" for color, thing in slots]
    words = {
        slot: word for at, pair in enumerate(slots) for slot, word in zip(pair, (hues[at], things[at]), strict=True)
    }
    return Example(
        template=template,
        text=_TEMPLATES[template].replace("{things}", ", ".join(named[:-1]) + " and " + named[-1]),
        clean={**words, "query": things[place]},
        corrupted={"query": things[other]},
        answers=(hues[place],),
        others=[hue for at, hue in enumerate(hues[:_N_THINGS]) if at != place],
        controls=(hues[_N_THINGS], hues[_N_THINGS + 1]),
        corrupted_answers=(hues[other],),
    )


colored_objects = Task(
    name="colored_objects",
    make=make,
    description="three things with a color each, and one thing again; counterpart: another of the things is asked for",
    default_length=48,
    measure=Measure.LOGIT_DIFFERENCE,
    required_accuracy=halfway(_N_THINGS),
    sentences=sentences,
)
