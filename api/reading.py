"""The one reading transaction of a request: opened by the outermost layer that reads, used by all layers within it."""

from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.types import Scope


@dataclass(frozen=True, slots=True)
class Reading:
    """A transaction that reads, and the state of the catalog that it sees."""

    session: Session
    revision: str


def reading_of(scope: Scope) -> Reading | None:
    """That of a request; None where no outer layer reads, as for requests that are no GET."""
    found: Reading | None = scope.get("state", {}).get("reading")
    return found


def share(scope: Scope, reading: Reading) -> None:
    """Have the inner layers use a transaction; who opened it closes it."""
    scope.setdefault("state", {})["reading"] = reading
