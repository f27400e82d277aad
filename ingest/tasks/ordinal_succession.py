"""Series with an order, counted on: Tuesday, Wednesday, Thursday, and Friday is due.

The counterpart starts elsewhere in the same series: words for numbers, weekdays, months, ordinals or letters. That one
member follows another stands in training text too; what is held out is where a count starts in which sentence.

Marks: `member` (the first two that are named), `last` (the one to be counted on from), `end`.
"""

import random
from collections.abc import Mapping, Sequence

from ingest.errors import NoTargetError
from ingest.prompts.batch import Vocabulary
from ingest.prompts.word_pairs import series
from ingest.tasks.hold_out import draw_until, is_held_out
from ingest.tasks.rendering import Example, render
from ingest.tasks.task import Measure, Task, TaskBatch, halfway
from ingest.tasks.words import single_tokens

_TEMPLATES = (
    "In order: {member_1}, {member_2}, {last}, {answer}.",
    "We count {member_1}, then {member_2}, then {last}, then {answer}.",
    "The list reads {member_1} and {member_2} and {last} and {answer}.",
    "After {member_1} comes {member_2}, after that comes {last}, and after {last_2} comes {answer}.",
    "They said {member_1}, {member_2}, {last} and {answer}.",
)
_SERIES = ("number_words", "days", "months", "ordinal_words", "letters")
_N_NAMED = 3
_MIN_MEMBERS = 6
"""Two starts with three members and their answers, overlapping at most."""


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> TaskBatch:
    """Counts up to the fourth member; templates come in turn.

    Raises:
        NoTargetError: The tokenizer is missing, or no two series have six members in a row that are one token each.
        PromptError: A prompt is longer than asked for.
    """
    usable = {name: _longest_run(vocabulary, name) for name in _SERIES}
    usable = {name: members for name, members in usable.items() if len(members) >= _MIN_MEMBERS}
    if len(usable) < 2:
        raise NoTargetError(
            f"This tokenizer writes {len(usable)} of {len(_SERIES)} ordered series with one token a member for "
            f"{_MIN_MEMBERS} members in a row, and two series are needed."
        )
    examples = [
        _example(random.Random(f"{seed}/{row}"), row % len(_TEMPLATES), usable, held_out=True)
        for row in range(n_prompts)
    ]
    return render(vocabulary, examples, length)


def sentences(generator: random.Random) -> str:
    """One count with its fourth member; prompts start elsewhere in this sentence."""
    template = generator.randrange(len(_TEMPLATES))
    return _example(generator, template, {name: series()[name] for name in _SERIES}, held_out=False).told(generator)


def _example(
    generator: random.Random, template: int, usable: Mapping[str, Sequence[str]], *, held_out: bool
) -> Example:
    def draw() -> tuple[str, int]:
        name = generator.choice(sorted(usable))
        return name, generator.choice(_starts(usable[name]))

    # Short series have a start that is held out in some sentences only, so both are drawn together.
    name, start = draw_until(draw, lambda drawn: is_held_out(usable[drawn[0]][drawn[1]], str(template)) is held_out)
    members = usable[name]
    other = generator.choice([at for at in _starts(members) if at != start])
    first, second = generator.sample(usable[generator.choice([each for each in sorted(usable) if each != name])], 2)
    answer = members[start + _N_NAMED]
    return Example(
        template=template,
        text=_TEMPLATES[template],
        clean=_slots(members, start),
        corrupted=_slots(members, other),
        answers=(answer,),
        others=[member for member in members if member != answer],
        controls=(first, second),
        corrupted_answers=(members[other + _N_NAMED],),
    )


def _starts(members: Sequence[str]) -> range:
    return range(len(members) - _N_NAMED)


def _slots(members: Sequence[str], start: int) -> dict[str, str]:
    first, second, last = members[start : start + _N_NAMED]
    return {"member_1": first, "member_2": second, "last": last, "last_2": last}


def _longest_run(vocabulary: Vocabulary, name: str) -> list[str]:
    """Most members in a row that are one token each."""
    single = set(single_tokens(vocabulary, series()[name], at_least=0, kind=name).words)
    runs: list[list[str]] = [[]]
    for member in series()[name]:
        if member in single:
            runs[-1].append(member)
        else:
            runs.append([])
    return max(runs, key=len)


ordinal_succession = Task(
    name="ordinal_succession",
    make=make,
    description="series with an order up to the fourth member; counterpart: the series starts elsewhere",
    default_length=32,
    measure=Measure.LOGIT_DIFFERENCE,
    required_accuracy=halfway(7),
    sentences=sentences,
)
