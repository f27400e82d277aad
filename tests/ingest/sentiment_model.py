"""A language model that sums up sentiment on punctuation, and reads it there, by construction.

| head | at | looks for | writes |
|---|---|---|---|
| L0H0 summarizer | comma and stop | words of sentiment | "good" or "bad" into a block that no logit sees |
| L0H1 | comma and stop | the same words | nothing |
| L1H0 reader | the last token | comma and stop | what is summed up there, as verdicts |
"""

from functools import cache

from catalog.notation import HeadRef
from ingest.scan_result import ScanResult
from ingest.tasks.sentiment import BYSTANDERS, NEGATIVE, POSITIVE, sentiment
from tests.ingest.task_model import Block, Circuit
from tests.ingest.task_scans import scan_for

SUMMARIZER, LOOKING, READER = HeadRef(0, 0), HeadRef(0, 1), HeadRef(1, 0)
_SIGNS = (",", ".")
_SUMS = {"good": POSITIVE, "bad": NEGATIVE}


@cache
def scanned() -> ScanResult:
    """Both detectors on this language model."""
    circuit = Circuit(sentiment, n_layers=2, extra_words=BYSTANDERS)
    told = {total: [*words["adjective"], *words["verb"]] for total, words in _SUMS.items()}
    words = [word for each in told.values() for word in each]
    summed = circuit.mapping((word, total, 1.0) for total, each in told.items() for word in each)
    verdicts = circuit.mapping((total, verdict, 1.0) for total, words in _SUMS.items() for verdict in words["answer"])
    circuit.head(0, 0).look(_SIGNS, words).write(Block.IN, Block.MID, summed)
    circuit.head(0, 1).look(_SIGNS, words)
    circuit.head(1, 0).look(["is"], _SIGNS).write(Block.MID, Block.OUT, 4 * verdicts)
    return scan_for(circuit.loaded(), ["sentiment_summarizer", "summary_reader"])
