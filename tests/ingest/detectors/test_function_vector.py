"""Function-vector heads in a language model that is told which mapping to use, by construction.

A sign says which of two mappings is meant, and the counterpart has a sign that says nothing. One head carries the sign,
one the word; heads of the next layer put both together. Its mean over prompts of one mapping is all that a sign says.
"""

from functools import cache

import pytest

from catalog.notation import HeadRef
from ingest.detectors.function_vector import function_vector
from ingest.evidence import ItemScores
from ingest.interventions.task_run import TaskRun
from ingest.scan import vocabulary_of
from ingest.tasks.rendering import Example, render
from ingest.tasks.task import Measure, Task, TaskBatch
from tests.ingest.task_model import LOGIT, Block, Circuit

SIGN, WORD, UP, DOWN = HeadRef(0, 0), HeadRef(0, 1), HeadRef(1, 0), HeadRef(1, 1)
_WORDS = ("red", "blue", "green", "black", "white", "brown")
_IMAGES = {
    "up": ("one", "two", "three", "four", "five", "six"),
    "down": ("dog", "cat", "cow", "fish", "bird", "bee"),
}
_TEXTS = ("So {sign} {query} go {answer}", "Then {sign} , {query} go {answer}", "By {sign} and {query} go {answer}")


def _example(row: int) -> Example:
    subtask = row % 2
    sign = sorted(_IMAGES)[subtask]
    at = row // 2 % len(_WORDS)
    images = _IMAGES[sign]
    return Example(
        template=row // 2 % len(_TEXTS),
        text=_TEXTS[row // 2 % len(_TEXTS)],
        clean={"sign": sign, "query": _WORDS[at]},
        corrupted={"sign": "maybe"},
        answers=(images[at],),
        others=[other[at] for name, other in _IMAGES.items() if name != sign],
        controls=("sun", "moon"),
        subtask=subtask,
    )


def _made(vocabulary, n_prompts: int, length: int, seed: int) -> TaskBatch:
    return render(vocabulary, [_example(row) for row in range(n_prompts)], length)


_TASK = Task(
    "signs", _made, "a sign and a word", 16, measure=Measure.LOGIT_DIFFERENCE, required_accuracy=0.75,
    sentences=lambda generator: _example(generator.randrange(24)).told(generator),
)  # fmt: skip


@cache
def scored() -> ItemScores:
    """Shares of all heads."""
    circuit = Circuit(_TASK, n_layers=2, extra_words=["maybe sun moon"])
    signs = circuit.mapping((sign, sign, 1.0) for sign in _IMAGES)
    words = circuit.mapping((word, word, 1.0) for word in _WORDS)
    circuit.head(0, 0).look(["go"], _IMAGES).write(Block.IN, Block.MID, signs)
    circuit.head(0, 1).look(["go"], _WORDS).write(Block.IN, Block.TOLD, words)
    for head, (sign, images) in enumerate(_IMAGES.items()):
        # The last token looks at itself where the sign is there, and at nothing where it is not.
        image = circuit.mapping(zip(_WORDS, images, [4.0] * len(images), strict=True))
        mapping = circuit.head(1, head).match(Block.MID, Block.IN, circuit.mapping([(sign, "go", 2 * LOGIT)]))
        mapping.write(Block.TOLD, Block.OUT, image)
    loaded = circuit.loaded()
    # Each word once with each sign: no mean holds what was written for the word that is asked about.
    run = TaskRun(loaded, _TASK.make(vocabulary_of(loaded), 2 * len(_WORDS), 16, 0), _TASK)
    assert run.accuracy == 1.0
    return function_vector.function(run)


def _share(head: HeadRef) -> float:
    return float(scored().value[head.layer, head.head].mean())


def test_the_head_that_carries_the_sign_restores_the_whole_task() -> None:
    assert _share(SIGN) == pytest.approx(1.0, abs=0.02)


def test_a_head_that_carries_the_word_restores_nothing() -> None:
    # In the counterpart there is no sign to use the word by.
    assert _share(WORD) == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("head", [UP, DOWN])
def test_what_heads_write_for_other_words_is_no_answer(head: HeadRef) -> None:
    assert _share(head) < 0.05
