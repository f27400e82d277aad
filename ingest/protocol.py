"""The settings that verdicts depend on, hashed, and frozen in a file before a run that is to confirm something.

A run is *confirmatory* where its settings were written down before it began and are still the same: rule, code, seed,
number of prompts, dtype. Any other run is *exploratory*: nothing is wrong with it, but seed or settings may have been
chosen after a look at the result. The file carries its own hash; who publishes that hash, or signs a record that names
it, shows that the settings came first.
"""

from datetime import datetime
from functools import cache
from typing import Any

from catalog.canonical import rfc8785_of_json, sha256_of
from ingest import verdict
from ingest.cause import CAUSAL_RULE, GROUP_RULE, MIN_EFFECT, MOST_OF_GROUP
from ingest.errors import FrozenSettingsError
from ingest.file_hashes import hash_package
from ingest.rule import ALPHA
from ingest.statistics import bootstrap

RULE_CODE = (
    "statistics/*.py",
    "adjustment.py",
    "breadth.py",
    "cause.py",
    "effects.py",
    "grade.py",
    "multiple_tests.py",
    "rule.py",
    "scoring.py",
    "verdict.py",
)
CONSTANTS = {
    "alpha": ALPHA,
    "min_excess": verdict.MIN_EXCESS,
    "min_effect": MIN_EFFECT,
    "most_of_group": MOST_OF_GROUP,
    "silent_share": verdict.SILENT_SHARE,
    "n_resamples": bootstrap.N_RESAMPLES,
    "confidence": bootstrap.CONFIDENCE,
    "least_left": bootstrap.LEAST_LEFT,
}
EXPLORATORY, CONFIRMATORY = "exploratory", "confirmatory"


@cache
def _rule_code_sha256() -> str:
    # A run writes hundreds of records, and the code does not change while it runs.
    return hash_package(RULE_CODE)


def protocol_settings() -> dict[str, Any]:
    """What a verdict by this program depends on beside what was measured, with its hash."""
    settings = {
        "version": verdict.PROTOCOL_VERSION,
        "constants": CONSTANTS,
        "rules": {"null": verdict.NULL_RULE, "causal": CAUSAL_RULE, "group": GROUP_RULE},
        "code_sha256": _rule_code_sha256(),
    }
    return settings | {"sha256": hash_of(settings)}


def hash_of(settings: dict[str, Any]) -> str:
    """Sha256 of settings without the hash that they carry."""
    return sha256_of(rfc8785_of_json({name: value for name, value in settings.items() if name != "sha256"}))


def frozen_settings(run: dict[str, Any], code_sha256: str, at: datetime) -> dict[str, Any]:
    """The file that freezes the settings of runs to come.

    Args:
        run: Seed, number of prompts and dtype.
        code_sha256: Of the code that measures.
        at: Now.
    """
    frozen = {
        "protocol_sha256": protocol_settings()["sha256"],
        "code_sha256": code_sha256,
        "run": run,
        "frozen_at": at.isoformat(),
    }
    return frozen | {"sha256": hash_of(frozen)}


def check_frozen(frozen: Any, run: dict[str, Any], code_sha256: str) -> dict[str, Any]:
    """The frozen settings, if a run that begins now has them.

    Raises:
        FrozenSettingsError: The file is none of ours, was changed, or has other settings; they are named.
    """
    if not isinstance(frozen, dict) or not {"protocol_sha256", "code_sha256", "run", "frozen_at"} <= frozen.keys():
        raise FrozenSettingsError("it holds no settings: `headcat protocol FILE` writes one")
    if frozen.get("sha256") != hash_of(frozen):
        raise FrozenSettingsError("its hash does not match its settings, so it was changed after it was written")
    if frozen["protocol_sha256"] != protocol_settings()["sha256"]:
        raise FrozenSettingsError("its protocol_sha256 is not that of this program: the rules have changed since")
    if frozen["code_sha256"] != code_sha256:
        raise FrozenSettingsError("its code_sha256 is not that of this program: the measuring code has changed since")
    for name, value in frozen["run"].items():
        if run.get(name) != value:
            raise FrozenSettingsError(f"it has {name} {value}, and this run has {run.get(name)}")
    return frozen


def standing_of(frozen: dict[str, Any] | None, started_at: str) -> str:
    """Whether a run counts as confirmatory: its settings were frozen before it began."""
    if frozen is None:
        return EXPLORATORY
    is_before = datetime.fromisoformat(frozen["frozen_at"]) < datetime.fromisoformat(started_at)
    return CONFIRMATORY if is_before else EXPLORATORY
