"""Small sums: two numbers from 1 to 12, and their sum is due.

The counterpart has two other numbers with another sum. Training text has every sum, in other sentences: what is held
out is two numbers in one sentence.

Marks: `first`, `second` (the numbers), `operator`, `end`.
"""

import random
from collections.abc import Sequence

from ingest.prompts.batch import Vocabulary
from ingest.tasks.hold_out import draw_until, is_held_out
from ingest.tasks.rendering import Example, render
from ingest.tasks.task import Measure, Task, TaskBatch, halfway
from ingest.tasks.words import single_tokens

_TEMPLATES = (
    "We know that {first} {operator} {second} = {answer}.",
    "Add them: {first} {operator} {second} is {answer}.",
    "The sum of {first} {operator} {second} is {answer}.",
    "Question: how much is {first} {operator} {second}? Answer: {answer}.",
)
_OPERATORS = ("+", "plus", "and", "plus")
_NUMBERS = tuple(str(number) for number in range(1, 13))
_SUMS = tuple(str(number) for number in range(2, 25))
BYSTANDERS = tuple(str(number) for number in range(40, 100))
"""Numbers that no such sum reaches."""


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> TaskBatch:
    """Additions up to the sum.

    Raises:
        NoTargetError: The tokenizer is missing, or a number of one or two digits is not one token.
        PromptError: A sum is not one token behind its prompt, or a prompt is longer than asked for.
    """
    single_tokens(vocabulary, _SUMS, at_least=len(_SUMS), kind="numbers")
    bystanders = single_tokens(vocabulary, BYSTANDERS, at_least=2, kind="numbers of two digits").words
    examples = [
        _example(random.Random(f"{seed}/{row}"), row % len(_TEMPLATES), bystanders, held_out=True)
        for row in range(n_prompts)
    ]
    return render(vocabulary, examples, length)


def sentences(generator: random.Random) -> str:
    """One addition with its sum; no prompt has these two numbers in this sentence."""
    return _example(generator, generator.randrange(len(_TEMPLATES)), BYSTANDERS, held_out=False).told(generator)


def _example(generator: random.Random, template: int, bystanders: Sequence[str], *, held_out: bool) -> Example:
    first, second = draw_until(
        lambda: generator.choices(_NUMBERS, k=2), lambda drawn: is_held_out(*drawn, str(template)) is held_out
    )
    answer = _sum(first, second)
    others = draw_until(lambda: generator.choices(_NUMBERS, k=2), lambda drawn: _sum(*drawn) != answer)
    controls = generator.sample(bystanders, 2)
    return Example(
        template=template,
        text=_TEMPLATES[template],
        clean={"first": first, "operator": _OPERATORS[template], "second": second},
        corrupted={"first": others[0], "second": others[1]},
        answers=(answer,),
        others=[number for number in _SUMS if number != answer],
        controls=(controls[0], controls[1]),
        corrupted_answers=(_sum(*others),),
    )


def _sum(first: str, second: str) -> str:
    return str(int(first) + int(second))


arithmetic = Task(
    name="arithmetic",
    make=make,
    description="additions of numbers from 1 to 12 up to the sum; counterpart: two other numbers",
    default_length=32,
    measure=Measure.LOGIT_DIFFERENCE,
    required_accuracy=halfway(len(_SUMS)),
    sentences=sentences,
)
