"""Facts: a country and a relation, and the capital or the language is due.

The counterpart asks the same of another country. An answer is held against two others: the same country's attribute by
the other relation, and the same relation's attribute of the counterpart's country. So a head that says all it knows of
the country gains against the second, one that raises all capitals gains against the first, and neither against both.
Training text has every fact, in other sentences: what is held out is a fact in one sentence.

Marks: `subject` (the country), `relation` (the words that say what is asked), `end`.
"""

import random

from ingest.prompts.batch import Vocabulary
from ingest.tasks.fact_table import RELATIONS, FactTable, fact_table, known_to
from ingest.tasks.hold_out import draw_until, is_held_out
from ingest.tasks.rendering import Example, render
from ingest.tasks.task import Measure, Task, TaskBatch, halfway

# Behind the subject, and before it.
_AFTER = {"capital": "is a country whose capital is", "language": "is a country where people speak"}
_BEFORE = {"capital": "the capital of", "language": "the language of"}
_TEMPLATES = (
    ("Fact: {subject} {relation} {answer}.", _AFTER),
    ("Everyone knows that {subject} {relation} {answer}.", _AFTER),
    ("I read that {subject} {relation} {answer}.", _AFTER),
    ("It is a fact that {relation} {subject} is {answer}.", _BEFORE),
    ("Question: what is {relation} {subject}? Answer: {answer}.", _BEFORE),
    ("As we all know, {relation} {subject} is {answer}.", _BEFORE),
)


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> TaskBatch:
    """Statements up to the attribute; templates and relations come in turn.

    Raises:
        NoTargetError: The tokenizer is missing, or too few countries, capitals and languages are one token each.
        PromptError: A prompt is longer than asked for.
    """
    table = known_to(vocabulary)
    examples = [_example(random.Random(f"{seed}/{row}"), row, table, held_out=True) for row in range(n_prompts)]
    return render(vocabulary, examples, length)


def sentences(generator: random.Random) -> str:
    """One fact in a sentence in which no prompt asks for it."""
    row = generator.randrange(len(_TEMPLATES) * len(RELATIONS))
    return _example(generator, row, fact_table(), held_out=False).told(generator)


def _example(generator: random.Random, row: int, table: FactTable, *, held_out: bool) -> Example:
    template = row % len(_TEMPLATES)
    turn = row // len(_TEMPLATES) % len(RELATIONS)
    relation, other_relation = sorted(RELATIONS, reverse=turn == 1)
    subject = draw_until(
        lambda: generator.choice(table.subjects),
        lambda drawn: is_held_out(drawn, relation, str(template)) is held_out,
    )
    other, first, second = generator.sample([each for each in table.subjects if each != subject], 3)
    attribute = table.attributes[relation]
    text, phrases = _TEMPLATES[template]
    return Example(
        template=template,
        text=text,
        clean={"subject": subject, "relation": phrases[relation]},
        corrupted={"subject": other},
        answers=(attribute[subject],),
        others=(table.attributes[other_relation][subject], attribute[other]),
        controls=(attribute[first], attribute[second]),
        corrupted_answers=(attribute[other],),
    )


facts = Task(
    name="facts",
    make=make,
    description="capitals and languages of countries, up to the answer; counterpart: another country",
    default_length=32,
    measure=Measure.LOGIT_DIFFERENCE,
    required_accuracy=halfway(3),
    sentences=sentences,
)
