"""Every exception of the catalog.

    CatalogError                      something to tell the user, in one sentence
    ├── InvalidNotationError          not a head name or an accession
    ├── NotFoundError                 no such entry; carries near names
    ├── AmbiguousNameError            a name that stands for several entries
    ├── WithdrawnError                the entry was withdrawn; carries reason and successor
    ├── InvalidQueryError             a filter, sort or cursor that cannot be used
    ├── SeedError                     a record file that cannot be loaded; carries file and place
    ├── SchemaVersionError            the database is at another schema version
    ├── BackupError                   a backup that cannot be written or read
    ├── ExportError                   an export that cannot be written
    ├── RetractionError               a detector that cannot be retracted or reinstated
    ├── ReleaseError                  a release that cannot be made or loaded
    ├── JobStateError                 a job that has ended, or has not
    └── DatabaseUnavailableError      the database cannot be reached or written

They know nothing of HTTP: `api/errors.py` maps them.
"""

from collections.abc import Sequence


class CatalogError(Exception):
    """Base of what this package raises; the message is one sentence that says what to do."""


class InvalidNotationError(CatalogError):
    """A text that should have been a head name or an accession."""

    def __init__(self, text: str, rule: str) -> None:
        super().__init__(f"{text!r} cannot be read: {rule}.")
        self.text = text


class NotFoundError(CatalogError):
    """No entry has this name."""

    def __init__(self, kind: str, name: str, near: Sequence[str] = ()) -> None:
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        super().__init__(f"There is no {kind} named {name!r}.{hint}")
        self.kind = kind
        self.name = name
        self.near = list(near)


class AmbiguousNameError(CatalogError):
    """One name, several entries."""

    def __init__(self, kind: str, name: str, candidates: Sequence[str]) -> None:
        super().__init__(f"The name {name!r} stands for several {kind}s: {', '.join(candidates)}. Name one of them.")
        self.kind = kind
        self.name = name
        self.candidates = list(candidates)


class JobStateError(CatalogError):
    """Something was asked of a job that its state forbids."""

    def __init__(self, job_id: str, state: str, rule: str) -> None:
        super().__init__(f"Job {job_id} is {state}: {rule}.")
        self.job_id = job_id
        self.state = state


class WithdrawnError(CatalogError):
    """The entry was withdrawn; its last citable form still resolves."""

    def __init__(self, accession: str, reason: str, successor: str | None, last_version: int) -> None:
        follow = f" It was replaced by {successor}." if successor else ""
        super().__init__(
            f"{accession} was withdrawn: {reason.rstrip('.')}.{follow} Its last form is {accession}.v{last_version}."
        )
        self.accession = accession
        self.reason = reason
        self.successor = successor
        self.last_version = last_version


class InvalidQueryError(CatalogError):
    """A query that cannot be answered as asked."""

    def __init__(self, field: str, message: str, near: Sequence[str] = ()) -> None:
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        super().__init__(message + hint)
        self.field = field
        self.near = list(near)


class SeedError(CatalogError):
    """A record file that cannot be loaded; nothing of the run was stored."""

    def __init__(self, file: str, where: str, problem: str) -> None:
        super().__init__(
            f"{file}: {where}: {problem}. Nothing was loaded; correct the record and run `headcat seed` again."
        )
        self.file = file
        self.where = where
        self.problem = problem


class SchemaVersionError(CatalogError):
    """The database is at another schema version than this program."""

    def __init__(self, found: str | None, needed: str, *, is_known: bool = True) -> None:
        if not is_known:
            super().__init__(
                f"The database is at schema version {found!r}, made by another version of headcat: use that one, or "
                "name another database in HEADCAT_DATABASE_URL."
            )
            self.found, self.needed = found, needed
            return
        state = "holds no catalog yet" if found is None else f"is at schema version {found}"
        super().__init__(f"The database {state}, this program needs {needed}: run `headcat db upgrade`.")
        self.found = found
        self.needed = needed


class BackupError(CatalogError):
    """A backup that cannot be written or read; nothing was changed."""


class ExportError(CatalogError):
    """An export that cannot be written; nothing was left behind."""


class RetractionError(CatalogError):
    """A detector that cannot be retracted or reinstated as asked; nothing was changed."""


class ReleaseError(CatalogError):
    """A release that cannot be made or loaded; nothing was changed."""


class DatabaseUnavailableError(CatalogError):
    """The database cannot be reached or written."""

    def __init__(self, url: str, problem: str) -> None:
        super().__init__(f"The catalog at {url} cannot be used: {problem}.")
        self.url = url
