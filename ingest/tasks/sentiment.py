"""Reviews of films: an adjective and a verb of one sentiment, and a verdict is due.

The counterpart has adjective and verb of the other sentiment. Punctuation stands between them and the verdict: where a
sentiment is summed up there, later heads need not go back to the words themselves.

Marks: `adjective`, `verb`, `subject` (the film, each time it is named), `summary` (comma and stop), `end`.
"""

import random
from collections.abc import Mapping, Sequence

from ingest.prompts.batch import Vocabulary
from ingest.tasks.hold_out import draw_until, is_held_out
from ingest.tasks.rendering import Example, render
from ingest.tasks.task import Measure, Task, TaskBatch, halfway
from ingest.tasks.words import single_tokens

_TEMPLATES = (
    "I thought this {subject_1} was {adjective}{summary_1} I {verb} it{summary_2} So the {subject_2} is {answer}.",
    "The {subject_1} was {adjective}{summary_1} and we {verb} it{summary_2} The {subject_2} is {answer}.",
    "This {subject_1} seemed {adjective}{summary_1} they {verb} it{summary_2} Verdict: the {subject_2} is {answer}.",
    "She found the {subject_1} {adjective}{summary_1} she {verb} it{summary_2} To her the {subject_2} is {answer}.",
    "What a {adjective} {subject_1}{summary_1} I {verb} it{summary_2} In the end the {subject_2} is {answer}.",
)
_SUBJECTS = ("movie", "film", "show", "play", "story", "scene", "song", "novel")
POSITIVE = {
    "adjective": (
        "wonderful", "brilliant", "fantastic", "beautiful", "lovely", "superb", "perfect", "charming", "delightful",
        "exciting", "clever", "fresh",
    ),
    "verb": ("loved", "enjoyed", "liked", "admired", "praised", "adored"),
    "answer": ("great", "good", "amazing", "excellent"),
}  # fmt: skip
NEGATIVE = {
    "adjective": (
        "horrible", "dreadful", "boring", "stupid", "ugly", "poor", "weak", "dull", "annoying", "disappointing",
        "silly", "stale",
    ),
    "verb": ("hated", "disliked", "regretted", "mocked", "despised", "criticized"),
    "answer": ("terrible", "bad", "awful", "worthless"),
}  # fmt: skip
BYSTANDERS = ("long", "short", "old", "new", "loud", "quiet")
"""What may be said of a film without saying whether it is any good."""
_LEAST = {"adjective": 4, "verb": 2, "answer": 2}

Words = Mapping[str, Sequence[str]]


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> TaskBatch:
    """Reviews up to the verdict; templates and sentiments come in turn.

    Raises:
        NoTargetError: The tokenizer is missing, or too few of the words are one token each.
        PromptError: A prompt is longer than asked for.
    """
    positive, negative = (
        {
            part: single_tokens(vocabulary, each, at_least=_LEAST[part], kind=f"{part}s of one sentiment").words
            for part, each in words.items()
        }
        for words in (POSITIVE, NEGATIVE)
    )
    bystanders = single_tokens(vocabulary, BYSTANDERS, at_least=2, kind="neutral adjectives").words
    examples = [
        _example(random.Random(f"{seed}/{row}"), row, (positive, negative), bystanders, held_out=True)
        for row in range(n_prompts)
    ]
    return render(vocabulary, examples, length)


def sentences(generator: random.Random) -> str:
    """One review with its verdict; adjective and verb are together in no prompt."""
    row = generator.randrange(2 * len(_TEMPLATES))
    return _example(generator, row, (POSITIVE, NEGATIVE), BYSTANDERS, held_out=False).told(generator)


def _example(
    generator: random.Random, row: int, sentiments: tuple[Words, Words], bystanders: Sequence[str], *, held_out: bool
) -> Example:
    template = row % len(_TEMPLATES)
    words, opposite = sentiments if row // len(_TEMPLATES) % 2 == 0 else sentiments[::-1]
    adjective, verb = draw_until(
        lambda: (generator.choice(words["adjective"]), generator.choice(words["verb"])),
        lambda drawn: is_held_out(*drawn) is held_out,
    )
    subject = generator.choice(_SUBJECTS)
    first, second = generator.sample(bystanders, 2)
    return Example(
        template=template,
        text=_TEMPLATES[template],
        clean={
            "subject_1": subject, "subject_2": subject, "adjective": adjective, "verb": verb,
            "summary_1": ",", "summary_2": ".",
        },
        corrupted={"adjective": generator.choice(opposite["adjective"]), "verb": generator.choice(opposite["verb"])},
        answers=words["answer"],
        others=opposite["answer"],
        controls=(first, second),
        corrupted_answers=opposite["answer"],
    )  # fmt: skip


sentiment = Task(
    name="sentiment",
    make=make,
    description="reviews of films up to the verdict; counterpart: adjective and verb of the other sentiment",
    default_length=32,
    measure=Measure.LOGIT_DIFFERENCE,
    required_accuracy=halfway(2),
    sentences=sentences,
)
