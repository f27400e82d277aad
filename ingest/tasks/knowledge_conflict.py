"""Knowledge against context: a statement that is not true, and then the same is asked, in the story or in truth.

Two tasks with mirrored answers, which differ in the words that lead to the question:

| task | leads with | right | held against it | counterpart |
|---|---|---|---|---|
| `knowledge_conflict` | so in the story … | what the context says | what is true | the context says a third thing |
| `memory_in_conflict` | but in truth … | what is true | what the context says | it is about another country |

Words that lead one way are needed because a language model otherwise does the one or the other everywhere, and half of
its heads would have no task. What is held out is a country with what is said of it.

Marks: `subject` (the country, where it is asked about), `told_subject` (in the statement), `context` (what is said of
it), `end`.
"""

import random
from functools import partial

from ingest.prompts.batch import Vocabulary
from ingest.tasks.fact_table import RELATIONS, FactTable, fact_table, known_to
from ingest.tasks.hold_out import draw_until, is_held_out
from ingest.tasks.rendering import Example, render
from ingest.tasks.task import Measure, Task, TaskBatch, halfway

_PHRASES = {"capital": "the capital of", "language": "the language of"}
_STATEMENTS = (
    "In the story {relation} {told_subject} is {context}",
    "She wrote that {relation} {told_subject} was {context}",
    "They said that {relation} {told_subject} is {context}",
    "In a dream I heard that {relation} {told_subject} was {context}",
)
_OF_CONTEXT = ", so in the story {relation_2} {subject} is {answer}."
_OF_MEMORY = ", but in truth {relation_2} {subject} is {answer}."


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int, *, asks_memory: bool) -> TaskBatch:
    """Statement and question, up to the attribute; templates and relations come in turn.

    Args:
        vocabulary: The tokenizer.
        n_prompts: How many.
        length: Tokens of a prompt, at most.
        seed: Of everything drawn.
        asks_memory: Whether what is true is right, or what the context says.

    Raises:
        NoTargetError: The tokenizer is missing, or too few countries, capitals and languages are one token each.
        PromptError: A prompt is longer than asked for.
    """
    table = known_to(vocabulary)
    examples = [
        _example(random.Random(f"{seed}/{row}"), row, table, asks_memory=asks_memory, held_out=True)
        for row in range(n_prompts)
    ]
    return render(vocabulary, examples, length)


def sentences(generator: random.Random) -> str:
    """One statement and what follows from it, or what is true; both halves of all sentences."""
    row = generator.randrange(len(_STATEMENTS) * len(RELATIONS))
    asks_memory = generator.random() < 0.5
    return _example(generator, row, fact_table(), asks_memory=asks_memory, held_out=False).told(generator)


def _example(generator: random.Random, row: int, table: FactTable, *, asks_memory: bool, held_out: bool) -> Example:
    template = row % len(_STATEMENTS)
    relation = sorted(RELATIONS)[row // len(_STATEMENTS) % len(RELATIONS)]
    attribute = table.attributes[relation]
    subject, told = draw_until(
        lambda: generator.sample(table.subjects, 2), lambda drawn: is_held_out(*drawn, relation) is held_out
    )
    other, first, second = generator.sample([each for each in table.subjects if each not in {subject, told}], 3)
    true, said, third = (attribute[each] for each in (subject, told, other))
    text = _STATEMENTS[template] + (_OF_MEMORY if asks_memory else _OF_CONTEXT)
    phrase = _PHRASES[relation]
    return Example(
        template=template,
        text=text,
        clean={
            "relation": phrase,
            "told_subject": subject,
            "context": said,
            "relation_2": phrase,
            "subject": subject,
        },
        corrupted={"told_subject": other, "subject": other} if asks_memory else {"context": third},
        answers=(true,) if asks_memory else (said,),
        others=(said,) if asks_memory else (true,),
        controls=(attribute[first], attribute[second]),
        corrupted_answers=(third,),
    )


def _task(name: str, *, asks_memory: bool, description: str) -> Task:
    return Task(
        name=name,
        make=partial(make, asks_memory=asks_memory),
        description=f"a country with a capital or language that is not its own, then the question {description}",
        default_length=40,
        measure=Measure.LOGIT_DIFFERENCE,
        required_accuracy=halfway(2),
        sentences=sentences,
    )


knowledge_conflict = _task(
    "knowledge_conflict", asks_memory=False, description="in the story; counterpart: the story says a third thing"
)
memory_in_conflict = _task(
    "memory_in_conflict", asks_memory=True, description="in truth; counterpart: both are about another country"
)
