"""`headcat detectors`: what can be measured, by which definition, and how often it errs."""

import tomllib
from collections.abc import Iterable
from typing import Any

import click

from catalog.db import make_engine, transaction
from catalog.schema import require_current
from catalog.settings import CatalogSettings
from catalog.vocabulary import Maturity
from catalog.wilson import wilson_interval
from ingest.calibration.bar import BAR, maturity_of
from ingest.calibration.error_rates import SHIPPED, shipped_error_rates
from ingest.calibration.unmeasured import why_absent
from ingest.command_output import check_writable, write_json
from ingest.detector import Detector
from ingest.registry import get_detector, load_detectors
from ingest.scan_rows import upsert_detector
from ingest.stated_cause import stated_cause

NOT_MEASURED = "not measured for this version"


def run_detectors(name: str | None, *, save: bool, json_file: str | None) -> None:
    """Run the command."""
    check_writable(json_file)
    chosen = [get_detector(name)] if name else list(load_detectors().values())
    if save:
        _record(chosen)
    described = [describe(each) for each in chosen]
    if json_file is not None:
        write_json(described[0] if name else described, json_file)
    if json_file == "-":
        return
    if name:
        _print_one(chosen[0], described[0])
        return
    for each in described:
        rates = each["error_rates"]
        known = "; ".join(_rate(rate) for rate in rates) if rates else NOT_MEASURED
        click.echo(f"{each['name']:<16} {each['tier']}  v{each['version']}  {each['summary']}")
        click.echo(f"{'':<16} error rates: {known}")


def _record(detectors: Iterable[Detector]) -> None:
    """Bring the catalog's rows up to date, so that its pages show detectors that no stored scan has run."""
    engine = make_engine(CatalogSettings().database_url)
    try:
        require_current(engine)
        with transaction(engine) as session:
            for each in detectors:
                upsert_detector(session, each)
    finally:
        engine.dispose()


def describe(detector: Detector) -> dict[str, Any]:
    """A detector as plain values."""
    rule = detector.rule
    return {
        "name": detector.name,
        "version": detector.version,
        "tier": detector.tier.value,
        "metric": detector.metric,
        "paper": detector.paper,
        "evidence": detector.evidence.value,
        "prompts": detector.prompts.name if detector.prompts else None,
        "definitions": list(detector.definitions),
        "summary": detector.summary,
        "methods_text": detector.methods_text,
        "published_rule": None
        if rule is None
        else {
            "threshold": rule.threshold,
            "text": rule.text,
            "source": rule.source,
            "is_applicable": rule.is_applicable,
            "why_not": rule.why_not,
        },
        **stated_cause(detector),
        "chance": _chance(detector.metric),
        "maturity": _maturity(detector).value,
        "bar": BAR,
        "error_rates": _error_rates(detector),
        "absent": why_absent(detector, shipped_error_rates()),
    }


def _error_rates(detector: Detector) -> list[dict[str, Any]] | None:
    """Shipped error rates of this version; None where there are none."""
    return [
        {
            "calibration_set": rate.calibration_set.value,
            "description": rate.description,
            "n_models": rate.n_models,
            "n_positive": rate.n_positive,
            "n_negative": rate.n_negative,
            "recall": rate.recall,
            "recall_interval": None if rate.recall is None else wilson_interval(rate.recall, rate.n_positive),
            "false_positive_rate": rate.false_positive_rate,
            "false_positive_interval": wilson_interval(rate.false_positive_rate, rate.n_negative),
        }
        for rate in shipped_error_rates()
        if (rate.detector, rate.version) == (detector.name, detector.version)
    ] or None


def _maturity(detector: Detector) -> Maturity:
    """What the shipped rates earn this version; a catalog may know that it is faulty."""
    own = [rate for rate in shipped_error_rates() if (rate.detector, rate.version) == (detector.name, detector.version)]
    return maturity_of(own)


def _chance(metric: str) -> str | None:
    """Chance level, as the record of the metric says; None for the metric of another package."""
    file = SHIPPED / "metrics" / f"{metric}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")).get("chance") if file.exists() else None


def _print_one(detector: Detector, described: dict[str, Any]) -> None:
    click.echo(f"{detector.name}, version {detector.version}, tier {detector.tier.value}, metric {detector.metric}\n")
    click.echo(detector.methods_text)
    rule = detector.rule
    click.echo(f"\nChance: {described['chance'] or 'not stated by the metric'}")
    if rule is not None:
        click.echo(f"Published rule: {rule.text} ({rule.source}).")
    if described["task"] is not None:
        click.echo(f"Task: {described['task'].replace('_', ' ')}. Gate: {described['gate']}.")
    if described["behaviour"] is not None:
        against = "working against " if described["works_against_behaviour"] else ""
        click.echo(f"Causal arm: effect of ablation, {against}{described['behaviour']}.")
    if described["no_behaviour"] is not None:
        click.echo(described["no_behaviour"])
    if described["causal_rule"] is not None:
        click.echo(f"Causal rule: {described['causal_rule']}. Least share of this type: {described['min_effect']:g}.")
    lifts = "" if described["maturity"] == Maturity.CALIBRATED else ", so that its verdicts lift no entry"
    click.echo(f"Maturity: {described['maturity']}{lifts}. Bar: {described['bar']}.")
    for rate in described["error_rates"] or ():
        click.echo(f"Error rates, {_rate(rate)}.")
    for what, reason in described["absent"].items():
        click.echo(f"{what.replace('_', ' ').capitalize()}: {reason}")


def _rate(rate: dict[str, Any]) -> str:
    recall = (
        ""
        if rate["recall"] is None
        else f"recall {rate['recall']:.3f}{_interval(rate['recall_interval'])} of {rate['n_positive']}, "
    )
    false = f"{rate['false_positive_rate']:.4f}{_interval(rate['false_positive_interval'])} of {rate['n_negative']}"
    return f"{rate['calibration_set']}: {recall}false positives {false}"


def _interval(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else f" [{interval[0]:.3f}, {interval[1]:.3f}]"
