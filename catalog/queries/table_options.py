"""What a table of head scores loads with it, wherever one is shown."""

from sqlalchemy.orm import joinedload
from sqlalchemy.sql.base import ExecutableOption

from catalog.models import HeadScoreTable


def table_options() -> list[ExecutableOption]:
    """Language model, metric and source; made when asked for, for at import all mappers would be configured."""
    related = (
        HeadScoreTable.language_model,
        HeadScoreTable.metric,
        HeadScoreTable.paper,
        HeadScoreTable.scan_run,
    )
    return [joinedload(each) for each in related]
