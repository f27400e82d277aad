"""`headcat detectors`: what can be measured, by which definition, and how often it errs."""

from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from catalog.db import make_engine, make_reader
from catalog.errors import CatalogError, NotFoundError
from catalog.queries.detector import get_detector as get_record
from catalog.schema import require_current
from catalog.settings import CatalogSettings
from ingest.command_output import check_writable, write_json
from ingest.detector import Detector
from ingest.registry import get_detector, load_detectors

NOT_MEASURED = "not measured on this catalog"


def run_detectors(name: str | None, *, json_file: str | None) -> None:
    """Run the command."""
    check_writable(json_file)
    chosen = [get_detector(name)] if name else list(load_detectors().values())
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
        "error_rates": _error_rates(detector),
    }


def _error_rates(detector: Detector) -> list[dict[str, Any]] | None:
    """Measured error rates; None where there is no catalog or it has none of this version."""
    engine = make_engine(CatalogSettings().database_url)
    try:
        require_current(engine)
        with make_reader(engine)() as session:
            found = get_record(session, detector.name, detector.version).detector
            return [
                {
                    "calibration_set": rate.calibration_set,
                    "description": rate.description,
                    "n_models": rate.n_models,
                    "n_positive": rate.n_positive,
                    "n_negative": rate.n_negative,
                    "recall": rate.recall,
                    "recall_interval": rate.recall_interval,
                    "false_positive_rate": rate.false_positive_rate,
                    "false_positive_interval": rate.false_positive_interval,
                }
                for rate in found.error_rates
            ] or None
    except (NotFoundError, CatalogError, SQLAlchemyError):
        # The list of detectors needs no database; without one it has no error rates to show.
        return None
    finally:
        engine.dispose()


def _print_one(detector: Detector, described: dict[str, Any]) -> None:
    click.echo(f"{detector.name}, version {detector.version}, tier {detector.tier.value}, metric {detector.metric}\n")
    click.echo(detector.methods_text)
    rule = detector.rule
    if rule is None:
        click.echo("\nPublished rule: the source drew no line.")
    else:
        used = "" if rule.is_applicable else f" Not applied: {rule.why_not}."
        click.echo(f"\nPublished rule: {rule.text} ({rule.source}).{used}")
    rates = described["error_rates"]
    click.echo(f"Error rates: {'; '.join(_rate(rate) for rate in rates) if rates else NOT_MEASURED}.")


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
