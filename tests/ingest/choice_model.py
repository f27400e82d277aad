"""A language model that answers multiple choice by construction: content first, letter second.

| head | at | looks for | writes |
|---|---|---|---|
| L0H0 | contents | the latest letter | that letter, where the content stands |
| L0H1 | the last token | the kind that is asked for | the kind |
| L1H0 content gatherer | the last token | contents of that kind | the letter that is written there |
| L1H1 | the last token | all contents | nothing |
| L2H0 correct | the last token | the letter that was gathered | the same, for the logits |
"""

from functools import cache

import torch

from catalog.notation import HeadRef
from ingest.scan_result import ScanResult
from ingest.tasks.lexicon import KINDS, LETTERS
from ingest.tasks.multiple_choice import multiple_choice
from tests.ingest.task_model import LOGIT, NEAR, Block, Circuit
from tests.ingest.task_scans import scan_for

LABELLER, ASKER, GATHERER, LOOKING, CORRECT = (
    HeadRef(layer, head) for layer, head in ((0, 0), (0, 1), (1, 0), (1, 1), (2, 0))
)
_LAST = (":", "is", "Option")


@cache
def scanned() -> ScanResult:
    """Both detectors on this language model."""
    circuit = Circuit(multiple_choice, n_layers=3)
    letters = [letter for letter in LETTERS[:8] if letter in circuit.ids]
    contents = [word for words in KINDS.values() for word in words]
    same = circuit.mapping((letter, letter, 1.0) for letter in letters)
    kinds = circuit.mapping((kind, kind, 1.0) for kind in KINDS)
    of_kind = circuit.mapping((kind, word, LOGIT) for kind, words in KINDS.items() for word in words)
    circuit.head(0, 0).look(contents, letters, NEAR).prefer_late().write(Block.IN, Block.MID, same)
    circuit.head(0, 1).look(_LAST, KINDS).write(Block.IN, Block.TOLD, kinds)
    circuit.head(1, 0).match(Block.TOLD, Block.IN, of_kind).write(Block.MID, Block.MID, same)
    circuit.head(1, 1).look(_LAST, contents)
    found = circuit.head(2, 0).match(Block.MID, Block.IN, LOGIT * torch.eye(circuit.n_words))
    found.write(Block.IN, Block.OUT, 4 * same)
    return scan_for(circuit.loaded(), ["content_gatherer", "correct"])
