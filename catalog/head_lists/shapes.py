"""A list of heads in the shapes that inference tools read. Pure."""

import json
from typing import Any

from catalog.errors import InvalidQueryError
from catalog.head_lists.convert import Shape
from catalog.vocabulary import Polarity, Unit

MEMBERSHIP = "membership"
"""Asked for as a score: 1 for each head on the list, where the claims carry no numbers."""


def retrieval_head_json(heads: list[dict[str, Any]], unit: Unit, score: str | None) -> tuple[str, list[str]]:
    """`{"16-19": [0.94]}`: the file that Retrieval_Head and its heirs read, and the heads that have no such number.

    Those tools take the mean of each list and the heads with the largest ones.

    Args:
        heads: On the list.
        unit: What their index counts.
        score: Metric whose published values are written, or `membership`; the only one that there is where none is
            named.

    Raises:
        InvalidQueryError: The list is one of key-value groups, or which number to write is not settled.
    """
    if unit != Unit.QUERY_HEAD:
        raise InvalidQueryError(
            "format", "The shape retrieval_head names query heads, and this is a list of key-value groups."
        )
    known = sorted({claim["metric"] for head in heads for claim in _claims(head) if claim["value"] is not None})
    if score is None and len(known) == 1:
        score = known[0]
    if score != MEMBERSHIP and score not in known:
        having = f"these claims carry {', '.join(known)}" if known else "these claims carry no numbers"
        raise InvalidQueryError(
            "score",
            f"The shape retrieval_head holds numbers: name a score; {having}, and score={MEMBERSHIP} writes 1 for "
            "each head on the list.",
            known or [MEMBERSHIP],
        )
    written, without = {}, []
    for head in heads:
        values = [1.0] if score == MEMBERSHIP else _values(head, str(score))
        if values:
            written[f"{head['layer']}-{head['head']}"] = values
        else:
            without.append(head["name"])
    return json.dumps(written), without


def duo_attention_tsv(heads: list[dict[str, Any]], unit: Unit, shape: Shape) -> str:
    """Layers × key-value heads, tab-separated: the file that DuoAttention reads; 1 is on the list, 0 is not.

    Raises:
        InvalidQueryError: The list is one of query heads, or the number of groups was never recorded.
    """
    if unit != Unit.KV_GROUP:
        raise InvalidQueryError(
            "format",
            "The shape duo_attention has a column for each key-value group, and this is a list of query heads; name a "
            "conversion.",
            ["group_of_any_head", "group_of_all_heads"],
        )
    listed = {(head["layer"], head["head"]) for head in heads}
    rows = (
        "\t".join("1" if (layer, group) in listed else "0" for group in range(shape.groups()))
        for layer in range(shape.n_layers)
    )
    return "\n".join(rows) + "\n"


def _claims(head: dict[str, Any]) -> list[dict[str, Any]]:
    # What a source measured while denying the claim is no score for it.
    return [claim for claim in head["claims"] if claim["polarity"] == Polarity.IS]


def _values(head: dict[str, Any], metric: str) -> list[float]:
    return [claim["value"] for claim in _claims(head) if claim["metric"] == metric and claim["value"] is not None]
