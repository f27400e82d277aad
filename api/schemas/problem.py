"""The one shape of every error (RFC 9457)."""

from pydantic import Field

from api.schemas.base import Record


class ProblemPart(Record):
    """One thing that is wrong with a request."""

    pointer: str = Field(description="JSON pointer into the request, as `/query/limit` or `/path/accession`.")
    detail: str = Field(description="What is wrong there, in one sentence.")
    near: list[str] = Field(description="Names that exist and look like the one that was given.")


class Problem(Record):
    """An error. `type` tells programs which one, `detail` tells people what to do."""

    type: str = Field(description="Address of the description of this type of problem.")
    title: str = Field(description="Short name of the type; the same for every occurrence.")
    status: int = Field(description="HTTP status.")
    detail: str = Field(description="What happened this time and what to do, in one sentence.")
    instance: str = Field(description="Path of the request.")
    errors: list[ProblemPart] = Field(description="Parts of the request that were refused; empty where none was.")
    near: list[str] = Field(description="Entries whose names look like the one that was not found.")
    reason: str | None = Field(description="Why the entry was withdrawn; null for other problems.")
    successor: str | None = Field(description="Accession that took its place; null where there is none.")
    request_id: str | None = Field(
        description="Name of the request, as the header `X-Request-ID` gives it; quote it when you report a fault."
    )
    last_version_url: str | None = Field(description="Last citable form of a withdrawn entry; null for others.")


class ProblemType(Record):
    """Description of a type of problem, found at the address that `type` gives."""

    type: str = Field(description="Address of this description.")
    title: str = Field(description="Short name.")
    status: int = Field(description="HTTP status that goes with it.")
    meaning: str = Field(description="When it occurs and what can be done.")
