"""Records of real verifications on the planted Llama, made without a database: some heads, with and without a cause."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from catalog.canonical import canonical_json, sha256_of
from catalog.models import Finding, HeadType, LanguageModel
from catalog.notation import HeadRef
from catalog.vocabulary import Polarity
from ingest.frozen_form import frozen_text
from ingest.loading import load_language_model
from ingest.planted.build import save_planted
from ingest.registry import select
from ingest.replay.stored import Stored
from ingest.scan import scan
from ingest.scan_result import ScanOptions, ScanResult
from ingest.verification_record import make_rerun, verification_record

NAMES = ("induction", "positional", "previous_token")
TOGETHER = "L1H0+L1H3"
PLANTED = {"induction": (1, 0), "positional": (1, 1), "previous_token": (0, 0)}
_ADDED_BY_2 = {
    "record_version", "protocol", "frozen_settings", "standing", "repeats", "tested_with", "by_prompt", "adjustments",
    "published_rule",
}  # fmt: skip


@cache
def scanned() -> ScanResult:
    with TemporaryDirectory() as folder:
        save_planted(Path(folder), "llama")
        loaded = replace(load_language_model(folder, device="cpu"), hub_id="headcat/planted-llama")
        groups = {"induction": [tuple(map(HeadRef.parse, TOGETHER.split("+")))]}
        return scan(loaded, select(NAMES), ScanOptions(n_prompts=16), groups=groups, arguments={"all": True})


@cache
def _record(name: str, layer: int, head: int, polarity: Polarity, group: str | None = None) -> dict[str, Any]:
    result = scanned()
    language_model = LanguageModel(
        slug="headcat--planted-llama", hub_id="headcat/planted-llama", revision=result.loaded.revision
    )
    claim = Finding(accession="AHF-000001", version=1, layer=layer, head=head, polarity=polarity, group_heads=group)
    claim.head_type, claim.language_model = HeadType(slug=name), language_model
    found = next(each for each in result.detectors if each.detector.name == name)
    return verification_record(make_rerun(result, found, claim, language_model, "AHV-0000001"))


def make_record(name: str = "induction", *, polarity: Polarity = Polarity.IS, place: Any = None) -> dict[str, Any]:
    """One record; the planted head where no place is named."""
    layer, head = place or PLANTED[name]
    return json.loads(json.dumps(_record(name, layer, head, polarity)))


def make_group_record() -> dict[str, Any]:
    """The record of two heads together: the planted induction head, and the one that writes nothing."""
    return json.loads(json.dumps(_record("induction", 1, 0, Polarity.IS, TOGETHER)))


def stored(record: dict[str, Any], **beside: Any) -> Stored:
    """The record with its true hash."""
    return Stored(record, record["accession"], sha256_of(frozen_text(record)), **beside)


def as_version_1(record: dict[str, Any]) -> Stored:
    """What an earlier headcat would have frozen of the same run."""
    old = {name: value for name, value in record.items() if name not in _ADDED_BY_2}
    return Stored(old, old["accession"], sha256_of(canonical_json(old)))
