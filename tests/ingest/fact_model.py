"""A language model that states facts by construction, with one head of each kind of factual recall.

| head | at the last token | writes |
|---|---|---|
| L0H0 subject | looks for countries | capital and language of each |
| L0H1 relation | looks for the words of the relation | all capitals, or all languages |
| L0H2 mixed | looks for both | both, a quarter as much |
| L0H3 | looks for countries | nothing |
"""

from functools import cache

from catalog.notation import HeadRef
from ingest.scan_result import ScanResult
from ingest.tasks.fact_table import fact_table
from ingest.tasks.facts import facts
from tests.ingest.task_model import LOGIT, Block, Circuit
from tests.ingest.task_scans import scan_for

SUBJECT, RELATION, MIXED, LOOKING = (HeadRef(0, head) for head in range(4))
NAMES = ("mover", "subject", "relation", "mixed")
_LAST = ("is", "speak", ":")
_TABLE = fact_table()
_WORDS = {"capital": ("capital",), "language": ("language", "speak")}
"""Words of the sentences that tell a relation."""


@cache
def scanned() -> ScanResult:
    """All detectors that read facts, on this language model."""
    circuit = Circuit(facts, n_layers=1)
    known = circuit.mapping(
        (subject, attribute, 1.0) for each in _TABLE.attributes.values() for subject, attribute in each.items()
    )
    fitting = circuit.mapping(
        (word, attribute, 1.0)
        for relation, words in _WORDS.items()
        for word in words
        for attribute in _TABLE.attributes[relation].values()
    )
    relation = [word for words in _WORDS.values() for word in words]
    circuit.head(0, 0).look(_LAST, _TABLE.subjects).write(Block.IN, Block.OUT, 4 * known)
    circuit.head(0, 1).look(_LAST, relation).write(Block.IN, Block.OUT, 4 * fitting)
    # The word that asks stands beside the country, and each has half of the attention.
    both = circuit.head(0, 2).look(_LAST, _TABLE.subjects).look(_LAST, relation, LOGIT)
    both.write(Block.IN, Block.OUT, 2 * known).write(Block.IN, Block.OUT, 2 * fitting)
    circuit.head(0, 3).look(_LAST, _TABLE.subjects)
    return scan_for(circuit.loaded(), NAMES)
