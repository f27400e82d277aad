"""Shipped error rates: the record file that holds them, and the rows that it makes.

Rates belong to one version of a detector. A scan that is stored brings a detector's row up to date and attaches the
rates of its version; those of another version stay in the file and are shown nowhere.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.orm import Session

import catalog
from catalog import models
from catalog.seed_files import CALIBRATION_FILE, read_calibration
from catalog.seed_schema.calibration import ErrorRateRecord
from catalog.vocabulary import Maturity
from ingest.calibration.bar import maturity_of
from ingest.command_output import write_text

SHIPPED = Path(str(catalog.__file__)).parent / "seeds"

_HEADER = """\
# Error rates of the detectors, measured by `headcat calibrate --save`; not written by hand.
# Recall is of heads known to be of the type, false_positive_rate of heads known not to be.
"""


@cache
def shipped_error_rates(folder: Path = SHIPPED) -> tuple[ErrorRateRecord, ...]:
    """All records of the file; none where there is no file.

    Raises:
        SeedError: The file cannot be used.
    """
    return tuple(record for source in read_calibration(folder) for record in source.record.error_rates)


def upsert_error_rates(session: Session, row: models.Detector, records: Iterable[ErrorRateRecord]) -> None:
    """Give a detector's row the error rates of its version, and the maturity that they earn it; the caller commits.

    A detector that somebody found faulty stays so.
    """
    own = [each for each in records if (each.detector, each.version) == (row.slug, row.version)]
    session.execute(delete(models.DetectorErrorRate).where(models.DetectorErrorRate.detector_id == row.id))
    session.add_all(
        models.DetectorErrorRate(
            detector_id=row.id,
            calibration_set=each.calibration_set,
            description=each.description,
            n_models=each.n_models,
            n_positive=each.n_positive,
            n_negative=each.n_negative,
            recall=each.recall,
            false_positive_rate=each.false_positive_rate,
            measured_at=each.measured_at,
        )
        for each in own
    )
    if row.maturity is not Maturity.FAULTY:
        row.maturity = maturity_of(own)
    session.flush()


def store_error_rates(new: Sequence[ErrorRateRecord], folder: Path = SHIPPED) -> Path:
    """Write rates to the record file, beside those of other detectors that it holds, and say where it is.

    Raises:
        SeedError: What the file holds cannot be used.
        click.ClickException: The file cannot be written.
    """
    file = folder / CALIBRATION_FILE
    write_text(as_toml(merged(shipped_error_rates(folder), new)), file)
    shipped_error_rates.cache_clear()
    return file


def merged(old: Iterable[ErrorRateRecord], new: Sequence[ErrorRateRecord]) -> list[ErrorRateRecord]:
    """Records in order of their detectors; what was measured again takes the place of all that version's rates."""
    measured = {(each.detector, each.version) for each in new}
    kept = [each for each in old if (each.detector, each.version) not in measured]
    return sorted([*kept, *new], key=lambda each: (each.detector, each.version, each.calibration_set, each.is_weak))


def as_toml(records: Iterable[ErrorRateRecord]) -> str:
    """The record file's text."""
    return _HEADER + "".join(f"\n[[error_rates]]\n{_table(each)}" for each in records)


def _table(record: ErrorRateRecord) -> str:
    lines = []
    for name, value in record.model_dump(exclude_none=True).items():
        if name == "is_weak" and not value:
            continue
        if isinstance(value, bool):
            text = str(value).lower()
        elif isinstance(value, int | float):
            text = repr(value)
        elif name == "measured_at":
            text = value.isoformat()
        else:
            text = f'"{value}"'  # slugs, closed lists and our own sentences: nothing in them needs an escape
        lines.append(f"{name} = {text}\n")
    return "".join(lines)
