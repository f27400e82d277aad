"""Numbers of records from the values of prompts that they keep: many records at once, by the functions of the scan.

What one head's values cannot give is taken as stated: `STATED` names it.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ingest.adjustment import Adjustment
from ingest.effects import over_templates
from ingest.errors import RecordRefusedError
from ingest.frozen_form import version_of
from ingest.prompt_values import Array, unpack
from ingest.replay.breadth import PREFIX, by_prompt_of_breadth
from ingest.replay.paths import names_in
from ingest.replay.stored import Stored
from ingest.statistics.bootstrap import interval, resampling_weights
from ingest.statistics.signed_rank import p_greater, smallest_p
from ingest.statistics.unit_statistics import interval_statistics, unit_statistics

STATED = (
    "rank, output share, liveness and gate; how many tests had a p as small; the difference to other heads of the "
    "layer, or to random groups, and the effects of these"
)

Expected = dict[str, Any]
"""Path of a field in the record → the value that the prompts give."""

_CLOSE = 1e-9
"""Relative: sums over prompts may be taken in another order, and move the last digits."""
_NOTHING = 1e-12
_MOST_UNITS = 4096
"""Prompts or items behind one score. No detector has as many, and exact ranks of more would take minutes."""
_ABLATIONS = ("mean_ablation", "resample_ablation")
_SETS = ("score", *_ABLATIONS)


@dataclass(frozen=True)
class _Values:
    """Values of one head for one score or effect."""

    record: int
    """Place of its record among those at hand."""
    name: str
    value: Array
    chance: Array
    null: Array | None
    template: tuple[int, ...] | None


def expected_numbers(stored: Sequence[Stored]) -> list[Expected]:
    """What the values of prompts give for each record; nothing for records that keep none.

    Raises:
        RecordRefusedError: Values of a record cannot be read.
    """
    expected: list[Expected] = [{} for _ in stored]
    groups: dict[tuple[Any, ...], list[_Values]] = defaultdict(list)
    for index, each in enumerate(stored):
        if version_of(each.record) < 2:
            continue
        seed = each.record["provenance"]["seed"]
        for name in _SETS:
            kept = each.record["by_prompt"][name]
            if kept is not None:
                values = _read(index, name, kept, each.where)
                group = (kept["kind"], seed, len(values.value), values.template, values.null is None, name)
                groups[group].append(values)
        expected[index] |= _adjusted(each) | _ranked(each)
        for name, kept in by_prompt_of_breadth(each).items():
            values = _read(index, name, kept, each.where, "breadth.by_prompt")
            groups[kept["kind"], seed, len(values.value), None, values.null is None, name].append(values)
    for (kind, seed, *_), members in groups.items():
        compute = _COMPUTE.get(members[0].name) or (_of_masses if kind == "mass" else _of_effects)
        for values, numbers in zip(members, compute(members, seed), strict=True):
            expected[values.record] |= _read_by_the_verdict(stored[values.record], values.name, numbers)
    return expected


def _read_by_the_verdict(stored: Stored, name: str, numbers: Expected) -> Expected:
    """Numbers without those that the record keeps of ablations and the verdict does not read.

    Where the score is itself an effect, it is the cause; the ablations beside it are kept for whoever wants them.
    """
    score = stored.record["by_prompt"]["score"]
    if name not in _ABLATIONS or score is None or score["kind"] != "effect":
        return numbers
    return {path: value for path, value in numbers.items() if not path.startswith("measured.")}


def differences(record: dict[str, Any], expected: Expected) -> Iterable[tuple[str, Any, Any]]:
    """Fields that differ: path, what the record says, what the prompts give."""
    for path, wanted in expected.items():
        found: Any = record
        for name in names_in(path):
            found = found.get(name) if isinstance(found, dict) else None
        if not _is_equal(path, found, wanted):
            yield path, found, wanted


def _is_equal(path: str, found: Any, wanted: Any) -> bool:
    if isinstance(wanted, bool) or isinstance(found, bool) or not isinstance(found, int | float):
        return found is wanted
    # What is nearly nothing may come out as nothing, except for a p: 2e-10 and 0 are two answers.
    is_p = path.rpartition(".")[2].startswith("p")
    return math.isclose(found, wanted, rel_tol=_CLOSE, abs_tol=0 if is_p else _NOTHING)


def _read(index: int, name: str, kept: dict[str, Any], where: str, part_of: str = "by_prompt") -> _Values:
    said = f"{part_of}.{name.removeprefix(PREFIX)}"

    def values_of(part: str) -> Array:
        try:
            return unpack(kept[part], kept["n"])
        except (ValueError, KeyError, TypeError) as problem:
            raise RecordRefusedError(where, f"{said}.{part}", str(problem)) from problem

    if not isinstance(kept, dict) or kept.get("kind") not in ("mass", "effect"):
        raise RecordRefusedError(where, f"{said}.kind", "it is neither mass nor effect")
    n, template = kept.get("n"), kept.get("template")
    if not isinstance(n, int) or isinstance(n, bool) or not 1 <= n <= _MOST_UNITS:
        raise RecordRefusedError(where, f"{said}.n", "it is no number of prompts")
    is_template = template is None or (
        isinstance(template, list) and len(template) == n and all(type(each) is int for each in template)
    )
    if not is_template:
        raise RecordRefusedError(where, f"{said}.template", "it does not name one template for each prompt")
    null = None if kept.get("null") is None else values_of("null")
    if kept["kind"] == "effect" and null is None:
        raise RecordRefusedError(where, f"{said}.null", "an effect has a control")
    return _Values(
        index, name, values_of("value"), values_of("chance"), null, None if template is None else tuple(template)
    )


def _of_masses(members: list[_Values], seed: int) -> list[Expected]:
    value, chance = (np.stack([getattr(each, part) for each in members]) for part in ("value", "chance"))
    found = {"measured.score": value.mean(axis=-1), "measured.chance": chance.mean(axis=-1)}
    if members[0].null is not None:
        null = np.stack([each.null for each in members if each.null is not None])
        statistics = unit_statistics(value, chance, null, seed)
        found |= {
            f"measured.{name}": statistics[name] for name in ("ci_low", "ci_high", "excess_low", "excess_high")
        } | {"adjustments.score.p": statistics["p"]}
    return _by_head(found)


def _of_broad_scores(members: list[_Values], seed: int) -> list[Expected]:
    value, chance = (np.stack([getattr(each, part) for each in members]) for part in ("value", "chance"))
    found = {"breadth.measured.score": value.mean(axis=-1), "breadth.measured.chance": chance.mean(axis=-1)}
    if members[0].null is not None:
        null = np.stack([each.null for each in members if each.null is not None])
        bounds = interval_statistics(value, chance, null, resampling_weights(value.shape[-1], seed))
        found |= {f"breadth.measured.{name}": values for name, values in bounds.items()}
    return _by_head(found)


def _of_broad_shares(members: list[_Values], _seed: int) -> list[Expected]:
    parts = {"share": "value", "share_chance": "chance"}
    return _by_head(
        {
            f"breadth.measured.{name}": np.stack([getattr(each, part) for each in members]).mean(axis=-1)
            for name, part in parts.items()
        }
    )


_COMPUTE = {"breadth_score": _of_broad_scores, "breadth_share": _of_broad_shares}


def _of_effects(members: list[_Values], seed: int) -> list[Expected]:
    value = np.stack([each.value for each in members])
    control = np.stack([each.null for each in members if each.null is not None])
    n_prompts = value.shape[-1]
    weights = resampling_weights(n_prompts, seed)
    resampled = value @ weights
    bounds, effect = interval(resampled), value.mean(axis=-1)
    if members[0].name == "resample_ablation":
        numbers = {"effect": effect, "low": bounds.low, "high": bounds.high}
        return _by_head({f"measured.cause.resample.{name}": values for name, values in numbers.items()})
    template = None if members[0].template is None else np.array(members[0].template, dtype=np.int64)
    templates = over_templates(value, template)
    found: dict[str, Any] = {
        "measured.cause.effect": effect,
        "measured.cause.low": bounds.low,
        "measured.cause.high": bounds.high,
        "measured.cause.control": control.mean(axis=-1),
        **{f"measured.cause.{name}": np.broadcast_to(values, len(members)) for name, values in templates.items()},
        f"adjustments.{members[0].name}.p": p_greater(value - control),
    }
    if members[0].name == "score":
        above = interval(resampled - control @ weights)
        found |= {
            "measured.score": effect,
            "measured.chance": np.zeros(len(members)),
            "measured.ci_low": bounds.low,
            "measured.ci_high": bounds.high,
            "measured.excess_low": above.low,
            "measured.excess_high": above.high,
            "measured.cause.is_score": np.ones(len(members), dtype=bool),
        }
    return _by_head(found)


def _by_head(found: dict[str, Any]) -> list[Expected]:
    plain = {path: values.tolist() for path, values in found.items()}
    return [dict(zip(plain, numbers, strict=True)) for numbers in zip(*plain.values(), strict=True)]


def _adjusted(stored: Stored) -> Expected:
    found: Expected = {}
    measured = stored.record["measured"]
    for name in ("score", "mean_ablation"):
        kept = stored.record["adjustments"][name]
        if kept is None:
            continue
        how = _adjustment(stored.where, name, kept)
        values = stored.record["by_prompt"][name]
        if isinstance(values, dict) and isinstance(values.get("n"), int) and how.smallest_p < smallest_p(values["n"]):
            raise RecordRefusedError(
                stored.where, f"adjustments.{name}.smallest_p", f"{values['n']} prompts give no p as small"
            )
        paths = []
        if name == "score":
            paths.append("measured")
        cause = measured.get("cause")
        if cause is not None and cause.get("is_score") == (name == "score"):
            paths.append("measured.cause")
        for path in paths:
            found |= {f"{path}.p_adjusted": how.p_adjusted, f"{path}.p_attainable": how.p_attainable}
    return found


def _ranked(stored: Stored) -> Expected:
    """How a group of heads stands among the random groups that its record names."""
    random = stored.record.get("random_groups")
    cause = stored.record["measured"].get("cause")
    if random is None or cause is None:
        return {}
    try:
        effects = [float(each["effect"]) for each in random]
        n_as_large = sum(each >= cause["effect"] for each in effects)
    except (TypeError, ValueError, KeyError) as problem:
        raise RecordRefusedError(stored.where, "random_groups", "they do not name an effect each") from problem
    return {"measured.cause.group.n_groups": len(effects), "measured.cause.group.n_as_large": n_as_large}


def _adjustment(where: str, name: str, kept: Any) -> Adjustment:
    try:
        how = Adjustment(**kept)
        is_whole = 1 <= how.at_rank <= how.n_tests and how.p <= how.at_p <= 1 and 0 <= how.smallest_p <= 1
    except TypeError as problem:
        raise RecordRefusedError(where, f"adjustments.{name}", "it is no adjustment of a p") from problem
    if not is_whole:
        raise RecordRefusedError(where, f"adjustments.{name}", "its ranks and p cannot be those of one set of tests")
    return how
