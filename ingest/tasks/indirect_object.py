"""Indirect objects: two names, one of which comes again; the other one is who is given something.

Every prompt comes in both orders of the names, in turn: the indirect object first (ABBA) and second (BABA). Its
counterpart has three other names in the three places, so that nothing says who comes next. What the repeated name
tells, and where it stands first, is taken apart by three further counterparts with the same prompts:

| task | counterpart of "Mary and John … John gave" | the name that is repeated | its first place |
|---|---|---|---|
| `swapped_places` | John and Mary … John gave | the same | the other |
| `swapped_names` | John and Mary … Mary gave | the other | the same |
| `other_repeated` | Mary and John … Mary gave | the other | the other |

The prompts of all four are equal. In the last two the right answer of the counterpart is the repeated name.

Marks: `io`, `s1` and `s2` (the name that comes again, first and second time), `place`, `object`, `end`.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from ingest.prompts.batch import Vocabulary
from ingest.tasks.hold_out import draw_pair
from ingest.tasks.lexicon import OBJECTS
from ingest.tasks.rendering import Example, render
from ingest.tasks.task import Measure, Task, TaskBatch, halfway
from ingest.tasks.words import single_tokens

# {first} and {second} become the slots of the two names, in either order.
_TEMPLATES = (
    "When {first} and {second} went to the {place}, {s2} gave the {object} to {answer}.",
    "After {first} and {second} met at the {place}, {s2} handed the {object} to {answer}.",
    "Then {first} and {second} came to the {place}, and {s2} passed the {object} to {answer}.",
    "While {first} and {second} were at the {place}, {s2} showed the {object} to {answer}.",
    "One day {first} and {second} walked to the {place} and {s2} offered the {object} to {answer}.",
    "Since {first} and {second} worked at the {place}, {s2} sold the {object} to {answer}.",
    "Before {first} and {second} left the {place}, {s2} brought the {object} to {answer}.",
    "Today {first} and {second} had a talk in the {place}, so {s2} sent the {object} to {answer}.",
)
_ABBA, _BABA = ({"first": "{io}", "second": "{s1}"}, {"first": "{s1}", "second": "{io}"})

NAMES = (
    "Mary", "John", "Tom", "Anna", "James", "Sarah", "David", "Emma", "Paul", "Laura", "Mark", "Kate", "Peter", "Alice",
    "Simon", "Jane", "Adam", "Lucy", "Kevin", "Rose", "Daniel", "Amy", "Martin", "Julia", "Robert", "Helen", "Jack",
    "Maria", "Henry", "Sophie", "Frank", "Rachel", "George", "Linda", "Charlie", "Claire", "Steve", "Ruth", "Oliver",
    "Grace",
)  # fmt: skip
_PLACES = ("store", "park", "school", "office", "station", "garden", "market", "library", "beach", "kitchen")
_MIN_NAMES = 10
"""Prompt, counterpart and control take seven different names."""

Counterpart = Callable[[str, str, Sequence[str]], Mapping[str, str]]
"""Indirect object, repeated name and further names → the counterpart's names, by slot."""


def _three_others(io: str, s: str, spare: Sequence[str]) -> Mapping[str, str]:
    return dict(zip(("io", "s1", "s2"), spare, strict=True))


def _swapped_places(io: str, s: str, spare: Sequence[str]) -> Mapping[str, str]:
    return {"io": s, "s1": io}


def _swapped_names(io: str, s: str, spare: Sequence[str]) -> Mapping[str, str]:
    return {"io": s, "s1": io, "s2": io}


def _other_repeated(io: str, s: str, spare: Sequence[str]) -> Mapping[str, str]:
    return {"s2": io}


# Who the counterpart's answer is; none has one where three names differ.
_ANSWER_OF_COUNTERPART: Mapping[Counterpart, str] = {_swapped_places: "io", _swapped_names: "s", _other_repeated: "s"}


def make(
    vocabulary: Vocabulary, n_prompts: int, length: int, seed: int, *, counterpart: Counterpart = _three_others
) -> TaskBatch:
    """Sentences up to where the indirect object is due; templates and orders come in turn.

    Raises:
        NoTargetError: The tokenizer is missing, or fewer than ten names are one token each.
        PromptError: A prompt does not align with its counterpart, or is longer than asked for.
    """
    names = single_tokens(vocabulary, NAMES, at_least=_MIN_NAMES, kind="names").words
    examples = [
        _example(random.Random(f"{seed}/{row}"), row, names, counterpart, held_out=True) for row in range(n_prompts)
    ]
    return render(vocabulary, examples, length)


def sentences(generator: random.Random) -> str:
    """One sentence with its indirect object; its pair of names is in no prompt."""
    row = generator.randrange(2 * len(_TEMPLATES))
    return _example(generator, row, NAMES, _three_others, held_out=False).told(generator)


def _example(
    generator: random.Random, row: int, names: Sequence[str], counterpart: Counterpart, *, held_out: bool
) -> Example:
    template = row % len(_TEMPLATES)
    order = (_ABBA, _BABA)[row // len(_TEMPLATES) % 2]
    io, s = generator.sample(draw_pair(generator, names, held_out=held_out), 2)
    c, d, e, *controls = generator.sample([name for name in names if name not in {io, s}], 5)
    answers = {"io": (io,), "s": (s,), "": ()}
    return Example(
        template=template,
        text=_TEMPLATES[template].replace("{first}", order["first"]).replace("{second}", order["second"]),
        clean={"io": io, "s1": s, "s2": s, "place": generator.choice(_PLACES), "object": generator.choice(OBJECTS)},
        corrupted=counterpart(io, s, (c, d, e)),
        answers=(io,),
        others=(s,),
        controls=(controls[0], controls[1]),
        corrupted_answers=answers[_ANSWER_OF_COUNTERPART.get(counterpart, "")],
    )


def _task(name: str, counterpart: Counterpart, description: str) -> Task:
    return Task(
        name=name,
        make=partial(make, counterpart=counterpart),
        description=f"sentences with two names, one of which comes again; counterpart: {description}",
        default_length=32,
        measure=Measure.LOGIT_DIFFERENCE,
        required_accuracy=halfway(2),
        sentences=sentences,
    )


indirect_object = _task("indirect_object", _three_others, "three other names")
swapped_places = _task("indirect_object_swapped_places", _swapped_places, "the two names change places")
swapped_names = _task("indirect_object_swapped_names", _swapped_names, "each name stands for the other")
other_repeated = _task("indirect_object_other_repeated", _other_repeated, "the other name comes again")
