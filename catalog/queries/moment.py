"""Dates and times as they are given: what has no zone is UTC, and a date is its first moment."""

from datetime import UTC, date, datetime, timedelta

from catalog.errors import InvalidQueryError


def moment(value: str | date, field: str) -> datetime:
    """The moment that a date or time means.

    Raises:
        InvalidQueryError: The text is neither.
    """
    try:
        read = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise InvalidQueryError(
            field, f"{value!r} is no date: write 2026-01-31, or 2026-01-31T12:00:00Z with a time."
        ) from problem


def end_of(value: date) -> datetime:
    """The last moment of a date; a moment itself where it is one."""
    if isinstance(value, datetime):
        return moment(value, "date")
    return moment(value, "date") + timedelta(days=1) - timedelta(microseconds=1)
