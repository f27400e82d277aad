"""A mapping shown by examples: ten words with what they are mapped to, then one more word, and its image is due.

Which mapping it is, only the examples say: the number after and the number before are of the same words, and many
adjectives have both an opposite and a comparative. The counterpart has the same words with images out of order. Right
answers are held against the images that are shown and against what other mappings make of the last word.

Training text has every pair of every mapping; what is held out is the last word with the first one and the mapping.

Marks: `input` and `label` (of the examples), `query`, `end`.
"""

import random
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import pairwise

from ingest.errors import NoTargetError
from ingest.prompts.batch import Vocabulary
from ingest.prompts.word_pairs import series, word_pairs
from ingest.tasks.hold_out import draw_until, is_held_out
from ingest.tasks.rendering import Example, render
from ingest.tasks.task import Measure, Task, TaskBatch, halfway
from ingest.tasks.words import single_tokens

# Every word has a blank before it, so that it is the same token as input, as label and as answer.
_TEMPLATES = (
    ("Q: {input} A: {label}\n", "Q: {query} A: {answer}"),
    ("Word: {input} Image: {label}\n", "Word: {query} Image: {answer}"),
    ("When I say {input} you say {label}.\n", "When I say {query} you say {answer}."),
    ("From {input} to {label},\n", "from {query} to {answer},"),
)
N_SHOTS = 10
_FEWEST_SHOTS = 3
_N_PAIRS = 20
"""Pairs of a word list that are used: enough for ten examples and a question, few enough to be learned."""
_MIN_PAIRS = 14
_OUT_OF_ORDER = 0.35
"""Share of training text whose images are out of order."""
_LISTS = {
    "opposite": "adjective_antonym",
    "comparative": "adjective_comparative",
    "past": "verb_past_tense",
    "plural": "noun_plural",
}
Mappings = Mapping[str, Mapping[str, str]]


@cache
def mappings() -> Mappings:
    """Every mapping by name; no word has two images in one of them."""
    numbers = series()["number_words"]
    found: dict[str, dict[str, str]] = {
        "after": dict(pairwise(numbers)),
        "before": dict(pairwise(reversed(numbers))),
    }
    for name, words in _LISTS.items():
        pairs: dict[str, str] = {}
        for source, target in word_pairs(words):
            if len(pairs) < _N_PAIRS and source not in pairs and target not in pairs.values():
                pairs[source] = target
        found[name] = pairs
    return found


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> TaskBatch:
    """Examples and a question, up to the image; templates and mappings come in turn.

    Raises:
        NoTargetError: The tokenizer is missing, or of no two mappings enough pairs are one token a word.
        PromptError: A prompt is longer than asked for.
    """
    usable = _known_to(vocabulary)
    examples = [
        _example(random.Random(f"{seed}/{row}"), row, usable, N_SHOTS, held_out=True) for row in range(n_prompts)
    ]
    return render(vocabulary, examples, length)


def sentences(generator: random.Random) -> str:
    """Three to ten examples, a question and its image; no prompt asks for this word after this first one.

    In a part of the texts the images are out of order, and any of them follows: where examples show no mapping, words
    alone must not tell which one is meant.
    """
    row = generator.randrange(len(_TEMPLATES) * len(mappings()))
    n_shots = generator.randint(_FEWEST_SHOTS, N_SHOTS)
    example = _example(generator, row, mappings(), n_shots, held_out=False)
    if generator.random() < _OUT_OF_ORDER:
        images = [example.corrupted[f"label_{at}"] for at in range(n_shots)]
        example = replace(example, clean={**example.clean, **example.corrupted}, answers=images)
    return example.told(generator)


def _example(generator: random.Random, row: int, usable: Mappings, n_shots: int, *, held_out: bool) -> Example:
    template = row % len(_TEMPLATES)
    name = sorted(usable)[row // len(_TEMPLATES) % len(usable)]
    pairs = usable[name]
    *inputs, query = draw_until(
        lambda: generator.sample(sorted(pairs), n_shots + 1),
        lambda drawn: is_held_out(drawn[0], drawn[-1], name) is held_out,
    )
    labels = [pairs[each] for each in inputs]
    shift = generator.randrange(1, n_shots)
    images = {image for each in usable.values() for image in each.values()}
    first, second = generator.sample(sorted(images - {*labels, *inputs, query, pairs[query]}), 2)
    elsewhere = [other[query] for each, other in usable.items() if each != name and query in other]
    shown, asked = _TEMPLATES[template]
    slots = range(n_shots)
    return Example(
        template=template,
        text="".join(shown.format(input=f"{{input_{at}}}", label=f"{{label_{at}}}") for at in slots) + asked,
        clean={
            **{f"input_{at}": each for at, each in enumerate(inputs)},
            **{f"label_{at}": each for at, each in enumerate(labels)},
            "query": query,
        },
        corrupted={f"label_{at}": labels[(at + shift) % n_shots] for at in slots},
        answers=(pairs[query],),
        others=[each for each in dict.fromkeys([*labels, *elsewhere]) if each != pairs[query]],
        controls=(first, second),
        subtask=sorted(usable).index(name),
    )


def _known_to(vocabulary: Vocabulary) -> Mappings:
    usable = {}
    for name, pairs in mappings().items():
        single = set(single_tokens(vocabulary, sorted({*pairs, *pairs.values()}), at_least=0, kind=name).words)
        kept = {source: target for source, target in pairs.items() if {source, target} <= single}
        if len(kept) >= _MIN_PAIRS:
            usable[name] = kept
    if len(usable) < 2:
        raise NoTargetError(
            f"This tokenizer writes {_MIN_PAIRS} pairs with one token a word for {len(usable)} of {len(mappings())} "
            "mappings, and two mappings are needed."
        )
    return usable


in_context_mapping = Task(
    name="in_context_mapping",
    make=make,
    description=f"{N_SHOTS} words with their images and one more word; counterpart: the images out of order",
    default_length=128,
    measure=Measure.LOGIT_DIFFERENCE,
    required_accuracy=halfway(N_SHOTS + 1),
    sentences=sentences,
)
