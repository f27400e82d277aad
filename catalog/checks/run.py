"""Runs every check over a catalog and compares its schema with the models."""

from dataclasses import dataclass, field

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from catalog import schema
from catalog.checks import circuit, detector, entry_version, finding, head_score, head_type, language_model
from catalog.checks.rule import Rule
from catalog.db import make_reader
from catalog.models import Base

ALL: tuple[Rule, ...] = (
    *language_model.RULES,
    *head_type.RULES,
    *finding.RULES,
    *circuit.RULES,
    *head_score.RULES,
    *detector.RULES,
    *entry_version.RULES,
)

_SHOWN = 20


@dataclass
class CheckReport:
    """Rows that each rule found, differences in the schema, and how many rows there are."""

    found: list[tuple[Rule, list[str]]] = field(default_factory=list)
    drift: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def n_offending(self) -> int:
        """Rows that break a rule; information does not count, a difference in the schema does."""
        return len(self.drift) + sum(len(rows) for rule, rows in self.found if not rule.is_information)

    def lines(self) -> list[str]:
        """The report, rule by rule; rows beyond the first twenty of a rule are counted."""
        lines = [f"{table}: {count:,} rows" for table, count in self.counts.items()]
        for rule, rows in self.found:
            kind = "information" if rule.is_information else "broken"
            state = f"{kind}, {len(rows)} rows" if rows else "holds"
            lines.append(f"{state}: {rule.sentence}")
            lines += [f"  {row}" for row in rows[:_SHOWN]]
            if len(rows) > _SHOWN:
                lines.append(f"  … and {len(rows) - _SHOWN} more")
        lines += [f"schema differs: {difference}" for difference in self.drift]
        lines.append("The schema is as this program needs it." if not self.drift else "Run `headcat db upgrade`.")
        return lines


def run_checks(engine: Engine) -> CheckReport:
    """Run every check and count the rows of every table."""
    with make_reader(engine)() as session:
        return CheckReport(
            found=[(rule, rule.find(session)) for rule in ALL],
            drift=schema.drift(engine),
            counts=_counts(session),
        )


def _counts(session: Session) -> dict[str, int]:
    counts = {}
    for table in Base.metadata.sorted_tables:
        count = session.scalar(select(func.count()).select_from(table))
        if count:
            counts[table.name] = count
    return dict(sorted(counts.items()))
