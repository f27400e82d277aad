"""The one error of the client."""

from typing import Any


class HeadcatError(Exception):
    """The server refused a request, could not be reached, or answered what this client cannot read."""

    def __init__(self, detail: str, *, status: int | None = None, problem: dict[str, Any] | None = None) -> None:
        given = problem or {}
        parts = [part for part in given.get("errors") or [] if isinstance(part, dict)]
        self.detail = detail
        """What happened and what to do, in a sentence."""
        self.status = status
        """HTTP status; None where there was no answer."""
        self.parts = tuple((str(part.get("pointer")), str(part.get("detail"))) for part in parts)
        """JSON pointers to what was refused, as `/query/verdict`, each with the reason."""
        names = [*(given.get("near") or []), *(name for part in parts for name in part.get("near") or [])]
        self.near = tuple(dict.fromkeys(map(str, names)))
        """Names that exist and look like those that were not found."""
        self.request_id: str | None = given.get("request_id")
        """Name of the request in the server's log."""
        self.successor: str | None = given.get("successor")
        """Accession that took the place of a withdrawn entry."""
        self.last_version_url: str | None = given.get("last_version_url")
        """Last citable form of a withdrawn entry."""
        told = [detail, *(f"{pointer}: {reason}" for pointer, reason in self.parts if reason not in detail)]
        super().__init__(" ".join(told))
