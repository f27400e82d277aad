"""The matrix of transfer as a table that spreadsheets read."""

import csv
import io
from collections.abc import Iterable

from catalog.queries.transfer import TransferRow
from catalog.vocabulary import Verdict

_COLUMNS = ("head_type", "language_model", "revision", "task", "prompts", "reading", "claims", "untested", *Verdict)
_RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r")


def transfer_csv(rows: Iterable[TransferRow]) -> str:
    """One line a cell; what a spreadsheet would run as a formula begins with an apostrophe."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in rows:
        model = row.language_model
        for cell in row.cells:
            verdicts = [cell.verdicts.get(verdict, 0) for verdict in Verdict]
            reading = "broad" if cell.is_broad else "narrow"
            named = (row.head_type.slug, model.slug, model.revision, cell.task, cell.prompts or "", reading)
            writer.writerow([*map(_harmless, named), cell.n_claims, cell.n_claims - sum(verdicts), *verdicts])
    return written.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_RUN_BY_SPREADSHEETS) else text
