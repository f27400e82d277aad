"""What must hold of a stored record before it is judged again: complete, unchanged, and of one piece.

Each check raises `RecordRefusedError` with the name of the field. Nothing is computed from prompts here; that is
`recompute.py`.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from catalog.canonical import sha256_of
from ingest.errors import RecordRefusedError
from ingest.frozen_form import RECORD_VERSION, frozen_text, version_of
from ingest.protocol import CONFIRMATORY, CONSTANTS, EXPLORATORY, hash_of, standing_of
from ingest.replay.paths import names_in
from ingest.replay.stored import Stored
from ingest.signature import Signature
from ingest.verdict import KNOWN_VERSIONS, PROTOCOL_VERSION

# Without these a run cannot be repeated, or its numbers mean nothing; names as they stand in the record.
_REQUIRED = (
    "accession",
    "protocol_version",
    "finding.accession",
    "finding.head",
    "finding.polarity",
    "language_model.id",
    "language_model.revision",
    "language_model.weights_sha256",
    "detector.name",
    "detector.version",
    "detector.metric",
    "detector.code_sha256",
    "measured.polarity",
    "measured.score",
    "judgement.verdict",
    "judgement.grade",
    "judgement.reasons",
    "provenance.options.n_prompts",
    "provenance.seed",
    "provenance.attention_path",
    "provenance.prompts",
    "provenance.prompts_sha256",
    "provenance.weights_sha256",
    "provenance.code_sha256",
    "provenance.arguments",
    "provenance.started_at",
    "provenance.finished_at",
    "provenance.versions.headcat",
    "provenance.versions.torch",
    "provenance.versions.transformers",
    "provenance.versions.numpy",
    "provenance.machine.device",
    "provenance.machine.dtype",
    "provenance.machine.softmax_dtype",
)
_REQUIRED_SINCE_2 = (
    "protocol.version",
    "protocol.constants",
    "protocol.code_sha256",
    "protocol.sha256",
    "standing",
    "tested_with",
    "by_prompt.score",
    "by_prompt.mean_ablation",
    "by_prompt.resample_ablation",
    "adjustments.score",
    "adjustments.mean_ablation",
)
_MAY_BE_NULL = {"measured.score", *_REQUIRED_SINCE_2}


def check(stored: Stored, public_key: bytes | None = None) -> str:
    """Check one record; its sha256.

    Args:
        stored: The record.
        public_key: Whose signature it must have; None accepts an unsigned one.

    Raises:
        RecordRefusedError: Something does not hold; the field is named.
    """
    record = stored.record
    _check_versions(stored)
    _check_complete(stored)
    text = _frozen(stored)
    found = sha256_of(text)
    if stored.sha256 is not None and stored.sha256 != found:
        raise RecordRefusedError(
            stored.where, "record_sha256", f"the record hashes to {found[:12]}…, and {stored.sha256[:12]}… is stated"
        )
    _check_signature(stored, text, public_key)
    _check_provenance(stored.where, record)
    if version_of(record) >= 2:
        _check_protocol(stored.where, record)
    return found


def _check_versions(stored: Stored) -> None:
    version = version_of(stored.record)
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= RECORD_VERSION:
        raise RecordRefusedError(
            stored.where, "record_version", f"{version!r} is none that this program knows (1 to {RECORD_VERSION})"
        )
    protocol = stored.record.get("protocol_version")
    if protocol not in KNOWN_VERSIONS:
        raise RecordRefusedError(
            stored.where,
            "protocol_version",
            f"{protocol!r} is none that this program knows: {', '.join(KNOWN_VERSIONS)}",
        )


def _check_complete(stored: Stored) -> None:
    wanted: Iterable[str] = _REQUIRED
    if version_of(stored.record) >= 2:
        wanted = (*_REQUIRED, *_REQUIRED_SINCE_2)
    for path in wanted:
        value: Any = stored.record
        for name in names_in(path):
            if not isinstance(value, dict) or name not in value:
                raise RecordRefusedError(stored.where, path, "it is missing")
            value = value[name]
        if value is None and path not in _MAY_BE_NULL:
            raise RecordRefusedError(stored.where, path, "it is null")


def _frozen(stored: Stored) -> str:
    try:
        return frozen_text(stored.record)
    except ValueError as problem:
        raise RecordRefusedError(stored.where, "record", str(problem).rstrip(".")) from problem


def _check_signature(stored: Stored, text: str, public_key: bytes | None) -> None:
    if stored.signature is None:
        if public_key is not None:
            raise RecordRefusedError(stored.where, "signature", "the record is not signed, and a key was named")
        return
    try:
        signature = Signature.parse(stored.signature)
    except ValueError as problem:
        raise RecordRefusedError(stored.where, "signature", str(problem)) from problem
    if public_key is not None and signature.public_key != public_key:
        raise RecordRefusedError(stored.where, "signature", f"it is by another key, {signature.signer}")
    if not signature.fits(text):
        raise RecordRefusedError(stored.where, "signature", "it does not fit the record")


def _check_provenance(where: str, record: dict[str, Any]) -> None:
    provenance = record["provenance"]
    seed = provenance["seed"]
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise RecordRefusedError(where, "provenance.seed", "it is no seed")
    if provenance["weights_sha256"] != record["language_model"]["weights_sha256"]:
        raise RecordRefusedError(where, "provenance.weights_sha256", "it is not that of language_model")
    try:
        made = sorted((name, each["sha256"]) for name, each in provenance["prompts"].items())
        began, ended = (datetime.fromisoformat(provenance[f"{name}_at"]) for name in ("started", "finished"))
    except (TypeError, KeyError, AttributeError) as problem:
        raise RecordRefusedError(where, "provenance.prompts", "a family of prompts has no sha256") from problem
    except ValueError as problem:
        raise RecordRefusedError(where, "provenance.started_at", f"it is no time ({problem})") from problem
    hashes = "".join(f"{name} {sha256}\n" for name, sha256 in made)
    if hashlib.sha256(hashes.encode()).hexdigest() != provenance["prompts_sha256"]:
        raise RecordRefusedError(where, "provenance.prompts_sha256", "it does not follow from those of the prompts")
    if began.tzinfo is None or ended.tzinfo is None:
        raise RecordRefusedError(where, "provenance.started_at", "it names no time zone")
    if ended < began:
        raise RecordRefusedError(where, "provenance.finished_at", "the run ended before it began")


def _check_protocol(where: str, record: dict[str, Any]) -> None:
    protocol = record["protocol"]
    if hash_of(protocol) != protocol["sha256"]:
        raise RecordRefusedError(where, "protocol.sha256", "it does not follow from the settings")
    if protocol["version"] != record["protocol_version"]:
        raise RecordRefusedError(where, "protocol.version", "it is not the protocol_version")
    if protocol["version"] == PROTOCOL_VERSION and protocol["constants"] != CONSTANTS:
        raise RecordRefusedError(where, "protocol.constants", f"they are not those of version {PROTOCOL_VERSION}")
    frozen = record.get("frozen_settings")
    if frozen is None:
        wanted = EXPLORATORY
    else:
        _check_frozen(where, record, frozen)
        wanted = standing_of(frozen, record["provenance"]["started_at"])
    if record["standing"] != wanted:
        raise RecordRefusedError(where, "standing", f"the record says {record['standing']!r}, and it is {wanted}")


def _check_frozen(where: str, record: dict[str, Any], frozen: Any) -> None:
    """Settings that a run followed are those of its record, whatever `standing` says."""
    provenance = record["provenance"]
    ran = {
        "protocol_sha256": record["protocol"]["sha256"],
        "code_sha256": provenance["code_sha256"],
        "run": {
            "prompts": provenance["options"]["n_prompts"],
            "seed": provenance["seed"],
            "dtype": provenance["machine"]["dtype"],
        },
    }
    if not isinstance(frozen, dict) or frozen.get("sha256") != hash_of(frozen):
        raise RecordRefusedError(where, "frozen_settings.sha256", "it does not follow from the settings")
    for name, value in ran.items():
        if frozen.get(name) != value:
            raise RecordRefusedError(where, f"frozen_settings.{name}", f"it is not what a {CONFIRMATORY} run had")
    try:
        has_zone = datetime.fromisoformat(frozen["frozen_at"]).tzinfo is not None
    except (KeyError, TypeError, ValueError) as problem:
        raise RecordRefusedError(where, "frozen_settings.frozen_at", "it is no time") from problem
    if not has_zone:
        raise RecordRefusedError(where, "frozen_settings.frozen_at", "it names no time zone")
