"""Language models that are told what is not true, with a head for either side by construction.

| head | at the last token | writes |
|---|---|---|
| L0H0 context | looks for what is stated | the same word |
| L0H1 memory | looks for countries | their capital and their language |
| L0H2 | looks for both | nothing |

In one language model the context is written louder, in the other what is known.
"""

from functools import cache

from catalog.notation import HeadRef
from ingest.scan_result import ScanResult
from ingest.tasks.fact_table import fact_table
from ingest.tasks.knowledge_conflict import knowledge_conflict
from tests.ingest.task_model import Block, Circuit
from tests.ingest.task_scans import scan_for

CONTEXT, MEMORY, LOOKING = (HeadRef(0, head) for head in range(3))
_LOUD, _SOFT = 6.0, 2.0
_LAST = ("is",)


@cache
def scanned(louder: HeadRef) -> ScanResult:
    """Both detectors on the language model in which one head is louder."""
    circuit = Circuit(knowledge_conflict, n_layers=1)
    table = fact_table()
    attributes = sorted({attribute for each in table.attributes.values() for attribute in each.values()})
    stated = circuit.mapping((attribute, attribute, 1.0) for attribute in attributes)
    known = circuit.mapping(
        (subject, attribute, 1.0) for each in table.attributes.values() for subject, attribute in each.items()
    )
    context, memory = ((_LOUD if head == louder else _SOFT) for head in (CONTEXT, MEMORY))
    circuit.head(0, 0).look(_LAST, attributes).write(Block.IN, Block.OUT, context * stated)
    circuit.head(0, 1).look(_LAST, table.subjects).write(Block.IN, Block.OUT, memory * known)
    circuit.head(0, 2).look(_LAST, [*attributes, *table.subjects])
    return scan_for(circuit.loaded(), ["context", "memory"])
