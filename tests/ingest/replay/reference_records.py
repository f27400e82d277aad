"""Records of real verifications on the shipped reference language model: every kind of evidence, and ordinary text.

Nothing here names a head: which heads are of a type follows from the weights, and these are trained anew now and then.
"""

import json
from functools import cache
from typing import Any

from catalog.models import Finding, HeadType, LanguageModel
from catalog.vocabulary import Polarity
from ingest.loading import load_language_model
from ingest.local_models import SHIPPED
from ingest.registry import select
from ingest.scan import scan
from ingest.scan_result import ScanOptions, ScanResult
from ingest.verification_record import make_rerun, verification_record

TASKS = ("greater_than", "mover", "vulnerable")
"""Effects on tasks: two that a small language model learns, and one that it seldom does."""

NAMES = ("anti_induction", "copying", "induction", "retrieval", *TASKS)
"""Direct logits, weights, attention with an arm, decoding, tasks."""


@cache
def scanned() -> ScanResult:
    """A small scan with everything that a verification measures."""
    loaded = load_language_model(str(SHIPPED / "reference"), device="cpu")
    return scan(loaded, select(NAMES), ScanOptions(n_prompts=16, with_breadth=True), arguments={})


def records(name: str, polarity: Polarity = Polarity.IS) -> list[dict[str, Any]]:
    """One record for each head."""
    result = scanned()
    found = next(each for each in result.detectors if each.detector.name == name)
    return [_record(found, str(head), polarity) for head in result.heads]


def _record(found: Any, head: str, polarity: Polarity) -> dict[str, Any]:
    result = scanned()
    language_model = LanguageModel(
        slug="headcat--reference", hub_id="headcat/reference", revision=result.loaded.revision
    )
    place = next(each for each in result.heads if str(each) == head)
    claim = Finding(accession="AHF-000001", version=1, layer=place.layer, head=place.head, polarity=polarity)
    claim.head_type, claim.language_model = HeadType(slug=found.detector.name), language_model
    made = verification_record(make_rerun(result, found, claim, language_model, "AHV-0000001"))
    return json.loads(json.dumps(made))


def records_of_task() -> list[dict[str, Any]]:
    """Records of the first task that the language model can do."""
    for name in TASKS:
        made = records(name)
        if all(record["by_prompt"]["score"] is not None for record in made):
            return made
    raise AssertionError("the shipped language model can do none of these tasks")
