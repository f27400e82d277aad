"""Which entity tags a request says that it holds."""


def held_tags(field: str | None) -> list[str]:
    """Tags of a field `If-None-Match`, without the mark of a weak one: a reader compares them weakly."""
    return [each.strip().removeprefix("W/") for each in (field or "").split(",") if each.strip()]
