"""What there is to know: countries with their capital and their language, from the word lists of relations.

A language model that was trained on the tasks' sentences knows exactly this table; others know it from elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ingest.errors import NoTargetError
from ingest.prompts.batch import Vocabulary
from ingest.prompts.word_pairs import word_pairs
from ingest.tasks.words import single_tokens

RELATIONS = {"capital": "country_capital", "language": "country_language"}
"""Name of a relation, and its word list."""

_WITH_ARTICLE = {"Netherlands", "Philippines"}
"""Stand behind an article, which the sentences do not have."""
_N_SUBJECTS = 30
"""Few enough for a small language model to know all of them."""
_MIN_SUBJECTS = 10
"""Two subjects and two bystanders, and enough of them for no single country to decide."""


@dataclass(frozen=True)
class FactTable:
    """Subjects whose attributes all differ."""

    attributes: Mapping[str, Mapping[str, str]]
    """Relation → subject → attribute."""

    @property
    def subjects(self) -> list[str]:
        """In the order of the word lists."""
        return list(self.attributes["capital"])


def fact_table() -> FactTable:
    """Countries that have both attributes; of several with one language, the first."""
    capitals, languages = (dict(word_pairs(name)) for name in RELATIONS.values())
    subjects: dict[str, str] = {}
    for country, language in languages.items():
        # Mexico is no better known by its city than by its country, and neither must be the other.
        is_free = language not in subjects.values() and capitals.get(country, country) != country
        if is_free and country not in _WITH_ARTICLE and len(subjects) < _N_SUBJECTS:
            subjects[country] = language
    return FactTable({"capital": {each: capitals[each] for each in subjects}, "language": dict(subjects)})


def known_to(vocabulary: Vocabulary) -> FactTable:
    """The part of the table whose words are one token each.

    Raises:
        NoTargetError: The tokenizer is missing, or the part is too small.
    """
    table = fact_table()
    words = [*table.subjects, *(word for each in table.attributes.values() for word in each.values())]
    choice = single_tokens(vocabulary, words, at_least=0, kind="countries, capitals and languages")
    single = set(choice.words)
    subjects = [
        each for each in table.subjects if {each, *(table.attributes[name][each] for name in RELATIONS)} <= single
    ]
    if len(subjects) < _MIN_SUBJECTS:
        raise NoTargetError(
            f"This tokenizer writes country, capital and language as one token each for {len(subjects)} of "
            f"{len(table.subjects)} countries, and {_MIN_SUBJECTS} are needed; left out: "
            f"{', '.join(choice.left_out[:12])}."
        )
    return FactTable({name: {each: table.attributes[name][each] for each in subjects} for name in RELATIONS})
