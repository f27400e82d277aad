"""Between query heads and key-value groups: only by a rule that the reader names, and that the answer states. Pure.

With grouped-query attention several query heads share one group of keys and values. A list of one unit says nothing of
the other until somebody decides what a group with one listed head counts as.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from catalog.errors import InvalidQueryError
from catalog.notation import HeadRef
from catalog.vocabulary import Unit


class Conversion(StrEnum):
    """Rules from a list of one unit to one of the other."""

    GROUP_OF_ANY_HEAD = "group_of_any_head"
    GROUP_OF_ALL_HEADS = "group_of_all_heads"
    HEADS_OF_GROUP = "heads_of_group"

    @property
    def source(self) -> Unit:
        """Unit of the list that it reads."""
        return Unit.KV_GROUP if self is Conversion.HEADS_OF_GROUP else Unit.QUERY_HEAD

    @property
    def target(self) -> Unit:
        """Unit of the list that it makes."""
        return Unit.QUERY_HEAD if self is Conversion.HEADS_OF_GROUP else Unit.KV_GROUP


MEANINGS: Mapping[Conversion, str] = {
    Conversion.GROUP_OF_ANY_HEAD: "A key-value group is listed if any of its query heads is.",
    Conversion.GROUP_OF_ALL_HEADS: "A key-value group is listed if all of its query heads are.",
    Conversion.HEADS_OF_GROUP: "Every query head of a listed key-value group is listed.",
}
UNIT_NAMES: Mapping[Unit, str] = {Unit.QUERY_HEAD: "query heads", Unit.KV_GROUP: "key-value groups"}


@dataclass(frozen=True, slots=True)
class Shape:
    """Layers and heads of a language model."""

    n_layers: int
    n_heads: int
    n_kv_heads: int | None

    def groups(self) -> int:
        """Key-value groups of a layer.

        Raises:
            InvalidQueryError: Their number was never recorded.
        """
        if self.n_kv_heads is None:
            raise InvalidQueryError(
                "unit",
                "How many key-value groups this language model has is not recorded, so that its query heads cannot be "
                "assigned to groups; ask for unit=query_head.",
            )
        return self.n_kv_heads


def unit_to_read(held: Collection[Unit], unit: Unit | None, conversion: Conversion | None) -> Unit:
    """Which of the frozen lists answers in a unit, or is turned into it by a conversion.

    Raises:
        InvalidQueryError: No list has the unit, both have, or the conversion reads or makes another one.
    """
    if conversion is not None:
        if unit not in (None, conversion.target):
            raise InvalidQueryError(
                "unit", f"The conversion {conversion} makes {UNIT_NAMES[conversion.target]}; leave the unit out."
            )
        if conversion.source not in held:
            raise _not_from(conversion, next(iter(held)))
        return conversion.source
    if unit is None and len(held) > 1:
        raise InvalidQueryError(
            "unit",
            "Sources claim this type of query heads and of key-value groups, which are two lists: name a unit.",
            [str(each) for each in held],
        )
    if unit is not None and unit not in held:
        raise _decide(unit, next(iter(held)))
    return unit or next(iter(held))


def _not_from(conversion: Conversion, held: Unit) -> InvalidQueryError:
    return InvalidQueryError(
        "conversion",
        f"The conversion {conversion} reads a list of {UNIT_NAMES[conversion.source]}, and this one is of "
        f"{UNIT_NAMES[held]}.",
        [str(each) for each in conversions_from(held)],
    )


def _decide(unit: Unit, held: Unit) -> InvalidQueryError:
    rules = " ".join(f"{each}: {MEANINGS[each]}" for each in conversions_from(held))
    return InvalidQueryError(
        "unit",
        f"The claims are about {UNIT_NAMES[held]}; which {UNIT_NAMES[unit]} follow from them is a decision. Name a "
        f"conversion instead of a unit. {rules}",
        [str(each) for each in conversions_from(held)],
    )


def conversions_from(unit: Unit) -> list[Conversion]:
    """Rules that read a list of this unit."""
    return [each for each in Conversion if each.source == unit]


def convert(heads: list[dict[str, Any]], rule: Conversion, shape: Shape) -> list[dict[str, Any]]:
    """Heads of the other unit, each with the claims and the names of those that it stands for.

    Raises:
        InvalidQueryError: The number of key-value groups was never recorded.
    """
    per_group = shape.n_heads // shape.groups()
    found: dict[HeadRef, list[dict[str, Any]]] = {}
    for each in heads:
        layer, head = each["layer"], each["head"]
        members = (
            [head // per_group]
            if rule.source == Unit.QUERY_HEAD
            else range(head * per_group, head * per_group + per_group)
        )
        for member in members:
            found.setdefault(HeadRef(layer, member), []).append(each)
    return [
        {
            "name": str(head),
            "layer": head.layer,
            "head": head.head,
            "claims": [claim for each in sources for claim in each["claims"]],
            "stands_for": [each["name"] for each in sources],
        }
        for head, sources in sorted(found.items(), key=lambda item: (item[0].layer, item[0].head))
        if rule is not Conversion.GROUP_OF_ALL_HEADS or len(sources) == per_group
    ]
