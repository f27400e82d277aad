"""The types of problem that the server reports, each with an address that explains it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of problem; its slug ends the address `/problems/{slug}`."""

    slug: str
    status: int
    title: str
    meaning: str


FORBIDDEN = Kind("forbidden", 403, "Forbidden", "This server does not let the client do that; `detail` says who may.")
NOT_FOUND = Kind(
    "not-found", 404, "Not found", "Nothing has this address or name. `near` lists names that look like it."
)
METHOD_NOT_ALLOWED = Kind(
    "method-not-allowed", 405, "Method not allowed", "This address is only read; the header Allow says with what."
)
NOT_ACCEPTABLE = Kind(
    "not-acceptable", 406, "Not acceptable", "None of the media types of the header Accept is on offer here."
)
AMBIGUOUS = Kind("ambiguous-name", 409, "Ambiguous name", "The name stands for several entries; `near` lists them.")
CONFLICT = Kind(
    "wrong-state", 409, "Wrong state", "What was asked does not fit the state of the thing; `detail` says what does."
)
WITHDRAWN = Kind(
    "withdrawn",
    410,
    "Withdrawn",
    "The entry was withdrawn for the stated reason. Its last form stays citable at `last_version_url`.",
)
INVALID_REQUEST = Kind(
    "invalid-request",
    422,
    "Invalid request",
    "A part of the request cannot be used; `errors` points to each one and says why.",
)
TOO_LARGE = Kind(
    "content-too-large", 413, "Content too large", "The body of the request is larger than the server reads."
)
TOO_MANY = Kind(
    "too-many-requests",
    429,
    "Too many requests",
    "The client asks more than the server answers; Retry-After says how many seconds to wait.",
)
TOO_LONG = Kind("uri-too-long", 414, "Address too long", "The address is longer than the server reads.")
UNAVAILABLE = Kind(
    "catalog-unavailable", 503, "Catalog unavailable", "The database cannot be read at the moment; try again later."
)
BAD_REQUEST = Kind("bad-request", 400, "Bad request", "The request is malformed.")
INTERNAL = Kind(
    "internal-error", 500, "Internal error", "A fault of the server. It was logged; nothing of it is shown here."
)

KINDS: dict[str, Kind] = {
    kind.slug: kind
    for kind in (
        BAD_REQUEST,
        FORBIDDEN,
        NOT_FOUND,
        METHOD_NOT_ALLOWED,
        NOT_ACCEPTABLE,
        AMBIGUOUS,
        CONFLICT,
        WITHDRAWN,
        TOO_LARGE,
        TOO_LONG,
        INVALID_REQUEST,
        TOO_MANY,
        INTERNAL,
        UNAVAILABLE,
    )
}
