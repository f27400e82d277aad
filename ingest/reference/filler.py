"""Plain English sentences without a task: words in the order that grammar asks for, of invented content.

They keep the language model from being nothing but a machine for tasks, and give meaning to the words of ordinary text.
"""

import random
import tomllib
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("plain_words.toml")


@cache
def plain_words() -> dict[str, list[str]]:
    """Words by the place that they take in a sentence; `function_words` are those of all kinds that any text holds."""
    read: dict[str, list[str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return read


def sentence(generator: random.Random) -> str:
    """One sentence, with a capital in front and a full stop behind."""
    text = _clause(generator)
    if generator.random() < 0.35:
        comma = "," if generator.random() < 0.5 else ""
        text = f"{text}{comma} {_word(generator, 'conjunctions')} {_clause(generator)}"
    end = "." if generator.random() < 0.9 else generator.choice("!?")
    return text[0].upper() + text[1:] + end


def paragraph(generator: random.Random) -> str:
    """A few sentences in a row; some nouns come back, as they do in a text that is about something."""
    sentences = [sentence(generator) for _ in range(generator.randint(2, 6))]
    if len(sentences) > 2 and generator.random() < 0.5:
        sentences[-1] = sentences[generator.randrange(len(sentences) - 1)]
    return " ".join(sentences)


def _clause(generator: random.Random) -> str:
    subject = _word(generator, "pronouns") if generator.random() < 0.3 else _noun_phrase(generator)
    kind = generator.random()
    if kind < 0.45:
        rest = f"{_word(generator, 'transitive')} {_noun_phrase(generator)}"
    elif kind < 0.7:
        rest = _word(generator, "intransitive")
    elif kind < 0.85:
        rest = f"was {_word(generator, 'adjectives')}"
    else:
        rest = f"{_word(generator, 'speaking')} that {_noun_phrase(generator)} {_word(generator, 'intransitive')}"
    if generator.random() < 0.4:
        rest = f"{rest} {_place(generator)}"
    if generator.random() < 0.2:
        rest = f"{rest} {_word(generator, 'adverbs')}"
    return f"{subject} {rest}"


def _noun_phrase(generator: random.Random) -> str:
    words = [_word(generator, "determiners"), _word(generator, "nouns")]
    if generator.random() < 0.3:
        words = [words[0], _word(generator, "adjectives"), words[1]]
    if words[0] == "a" and words[1][0] in "aeiou":
        words = ["an", *words[1:]]
    return " ".join(words)


def _place(generator: random.Random) -> str:
    return f"{_word(generator, 'prepositions')} {_noun_phrase(generator)}"


def _word(generator: random.Random, place: str) -> str:
    return generator.choice(plain_words()[place])
