"""Which of the forms on offer the header Accept asks for (RFC 9110, section 12.5.1)."""

from collections.abc import Mapping, Sequence

from starlette.exceptions import HTTPException


class NotAcceptable(HTTPException):
    """406: nothing on offer is accepted; carries what is."""

    def __init__(self, accept: str, offers: Sequence[str]) -> None:
        super().__init__(406, f"None of {accept} is on offer here, but {', '.join(offers)}.")
        self.offers = list(offers)


class SeeOther(Exception):  # noqa: N818 - no error, an answer
    """303: the form asked for is at another address."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


def preferred(accept: str | None, offers: Mapping[str, str]) -> str:
    """The form that the client likes best; the first one on offer where it does not care.

    Args:
        accept: The header; absent or empty means anything.
        offers: Forms by media type, our own favourite first.

    Raises:
        NotAcceptable: Nothing on offer is accepted.
    """
    ranges = [_parse(each) for each in (accept or "*/*").split(",") if each.strip()]
    # A more specific range decides over a wider one, whatever their order in the header.
    qualities = {
        offer: max((match for match in (_match(offer, each) for each in ranges) if match), default=(0, 0.0))[1]
        for offer in offers
    }
    best = max(offers, key=lambda offer: qualities[offer])
    if not qualities[best]:
        raise NotAcceptable(accept or "", list(offers))
    return offers[best]


def _parse(item: str) -> tuple[str, float]:
    name, *parameters = (part.strip().lower() for part in item.split(";"))
    quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
    try:
        return name, min(max(float(quality), 0.0), 1.0)
    except ValueError:
        return name, 0.0


def _match(offer: str, accepted: tuple[str, float]) -> tuple[int, float] | None:
    """How specifically a range covers an offer, and with which quality."""
    name, quality = accepted
    if name == offer:
        return 2, quality
    if name == f"{offer.split('/', maxsplit=1)[0]}/*":
        return 1, quality
    return (0, quality) if name == "*/*" else None
