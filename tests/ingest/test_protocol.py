"""Settings frozen before a run: what was changed since is named, and only then does a run confirm anything."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.errors import FrozenSettingsError
from ingest.protocol import CONFIRMATORY, EXPLORATORY, check_frozen, frozen_settings, protocol_settings, standing_of

AT = datetime(2026, 1, 2, tzinfo=UTC)
RUN = {"prompts": 32, "seed": 0, "dtype": "float32"}


def test_settings_name_every_constant_and_hash_to_the_same_each_time() -> None:
    settings = protocol_settings()
    assert settings == protocol_settings()
    assert settings["constants"] == {
        "alpha": 0.05,
        "min_excess": 0.2,
        "min_effect": 0.05,
        "most_of_group": 0.5,
        "silent_share": 0.01,
        "n_resamples": 2000,
        "confidence": 0.95,
        "least_left": 0.05,
    }


def test_a_run_is_confirmatory_only_with_settings_that_came_first() -> None:
    frozen = check_frozen(frozen_settings(RUN, "code", AT), RUN, "code")
    assert standing_of(frozen, (AT + timedelta(seconds=1)).isoformat()) == CONFIRMATORY
    assert standing_of(frozen, (AT - timedelta(seconds=1)).isoformat()) == EXPLORATORY
    assert standing_of(None, AT.isoformat()) == EXPLORATORY


def test_what_differs_from_the_frozen_settings_is_named() -> None:
    frozen = frozen_settings(RUN, "code", AT)
    refusals = {
        "seed 0, and this run has 7": (frozen, RUN | {"seed": 7}, "code"),
        "measuring code has changed": (frozen, RUN, "other code"),
        "hash does not match": (frozen | {"frozen_at": "2020-01-01T00:00:00+00:00"}, RUN, "code"),
        "holds no settings": ([], RUN, "code"),
    }
    for problem, (content, run, code) in refusals.items():
        with pytest.raises(FrozenSettingsError, match=problem):
            check_frozen(content, run, code)
