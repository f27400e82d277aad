"""Keys and values: four names with a number each, then one of the names, and its number is due.

The counterpart asks for another of the four names. Numbers have two digits and say nothing by themselves.

Marks: `key` and `value` (the pair that is asked for), `other_key` and `other_value` (the rest), `query`, `end`.
"""

import random
from collections.abc import Sequence

from ingest.prompts.batch import Vocabulary
from ingest.tasks.hold_out import draw_until, is_held_out
from ingest.tasks.indirect_object import NAMES
from ingest.tasks.rendering import Example, render
from ingest.tasks.task import Measure, Task, TaskBatch, halfway
from ingest.tasks.words import single_tokens

# {pairs} becomes four times what stands beside it.
_TEMPLATES = (
    ("In the list we find {pairs}. The number of {query} is {answer}.", "{key} with {value}"),
    ("These are the rooms: {pairs}. The room of {query} is {answer}.", "{key} has {value}"),
    ("Points: {pairs}. So {query} has {answer}.", "{key} has {value}"),
    ("They drew numbers, {pairs}. Then {query} showed {answer}.", "{key} drew {value}"),
)
_N_PAIRS = 4
_VALUES = tuple(str(number) for number in range(10, 100))
_MIN_NAMES, _MIN_VALUES = 8, 12


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> TaskBatch:
    """Lists and the name asked for, up to its number; each place in the list is asked for in turn.

    Raises:
        NoTargetError: The tokenizer is missing, or too few names or numbers are one token each.
        PromptError: A prompt is longer than asked for.
    """
    names = single_tokens(vocabulary, NAMES, at_least=_MIN_NAMES, kind="names").words
    values = single_tokens(vocabulary, _VALUES, at_least=_MIN_VALUES, kind="numbers of two digits").words
    examples = [_example(random.Random(f"{seed}/{row}"), row, names, values, held_out=True) for row in range(n_prompts)]
    return render(vocabulary, examples, length)


def sentences(generator: random.Random) -> str:
    """One list with its question and answer; the name and number asked for are together in no prompt."""
    row = generator.randrange(len(_TEMPLATES) * _N_PAIRS)
    return _example(generator, row, NAMES, _VALUES, held_out=False).told(generator)


def _example(
    generator: random.Random, row: int, names: Sequence[str], values: Sequence[str], *, held_out: bool
) -> Example:
    template = row % len(_TEMPLATES)
    place = row // len(_TEMPLATES) % _N_PAIRS
    keys, numbers = draw_until(
        lambda: (generator.sample(names, _N_PAIRS), generator.sample(values, _N_PAIRS + 2)),
        lambda drawn: is_held_out(drawn[0][place], drawn[1][place]) is held_out,
    )
    other = generator.choice([at for at in range(_N_PAIRS) if at != place])
    slots = [("key", "value") if at == place else (f"other_key_{at}", f"other_value_{at}") for at in range(_N_PAIRS)]
    text, pair = _TEMPLATES[template]
    filled = ", ".join(pair.replace("{key}", f"{{{key}}}").replace("{value}", f"{{{value}}}") for key, value in slots)
    words = {slot: word for pair, named in zip(slots, zip(keys, numbers, strict=False), strict=True)
             for slot, word in zip(pair, named, strict=True)}  # fmt: skip
    return Example(
        template=template,
        text=text.replace("{pairs}", filled),
        clean={**words, "query": keys[place]},
        corrupted={"query": keys[other]},
        answers=(numbers[place],),
        others=[number for at, number in enumerate(numbers[:_N_PAIRS]) if at != place],
        controls=(numbers[_N_PAIRS], numbers[_N_PAIRS + 1]),
        corrupted_answers=(numbers[other],),
    )


key_value = Task(
    name="key_value",
    make=make,
    description="four names with a number each, and one name again; counterpart: another of the names is asked for",
    default_length=48,
    measure=Measure.LOGIT_DIFFERENCE,
    required_accuracy=halfway(_N_PAIRS),
    sentences=sentences,
)
