"""What of the schema leaves the catalog: all that it knows, nothing about who contributed or holds a key."""

from sqlalchemy import JSON, Boolean, Column, Date, DateTime, Float, Integer, Table
from sqlalchemy.types import TypeDecorator

from catalog.models import Base

PRIVATE_TABLES = frozenset({"contributors", "api_keys", "submissions", "review_events", "job_runs"})
"""Persons, their keys, and what is not published yet."""


def exported_tables() -> list[Table]:
    """Tables that an export holds; those that others refer to come first."""
    return [table for table in Base.metadata.sorted_tables if table.name not in PRIVATE_TABLES]


def exported_columns(table: Table) -> list[Column]:
    """Columns that an export holds: all but derived ones, and those that point at a person or a submission."""
    return [
        column
        for column in table.columns
        if not column.info.get("is_derived")
        and not any(key.column.table.name in PRIVATE_TABLES for key in column.foreign_keys)
    ]


def kind_of(column: Column) -> str:
    """What a column holds: `json`, `datetime`, `date`, `boolean`, `integer`, `float` or `text`."""
    declared = column.type
    held = declared.impl_instance if isinstance(declared, TypeDecorator) else declared
    # DateTime is no Date and Boolean no Integer to SQLAlchemy, so that the order does not matter.
    kinds = {
        JSON: "json",
        DateTime: "datetime",
        Date: "date",
        Boolean: "boolean",
        Integer: "integer",
        Float: "float",
    }
    return next((name for kind, name in kinds.items() if isinstance(held, kind)), "text")
