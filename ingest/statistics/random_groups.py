"""Random groups of heads that a group is compared with: as many heads of the same layers, and none of its own."""

from collections.abc import Collection, Sequence
from itertools import chain

import numpy as np

from catalog.notation import HeadRef

N_GROUPS = 40
"""Random groups that are drawn. If the claimed group does more than all of them, its rank has a p of 1 / 41."""
FEWEST_GROUPS = 20
"""Different groups below which nothing is compared: 1 / 21 is the largest p under 0.05 that a rank can give."""
_TRIES = 50


def random_groups(
    group: Collection[HeadRef], layers: Sequence[int], n_heads: int, seed: int, n_groups: int = N_GROUPS
) -> list[tuple[HeadRef, ...]]:
    """Different groups of as many heads, matched by layer; fewer than asked for where no more exist.

    Each head is matched by one of its own layer, as long as that gives enough different groups. A group may hold so
    many heads of a layer that it does not: then heads of the next layers on either side match as well, and so on.

    Args:
        group: Heads that no random group may hold.
        layers: Layers that have heads.
        n_heads: Heads of a layer.
        seed: Of the draws.
        n_groups: Groups wanted.
    """
    places = [list(layers).index(head.layer) for head in group]
    free = [[each for head in range(n_heads) if (each := HeadRef(layer, head)) not in group] for layer in layers]
    found: list[tuple[HeadRef, ...]] = []
    for reach in range(len(layers)):
        pools = [list(chain(*free[max(0, place - reach) : place + reach + 1])) for place in places]
        found = _drawn(pools, np.random.default_rng(seed), n_groups)
        if len(found) >= FEWEST_GROUPS:
            break
    return found


def _drawn(pools: list[list[HeadRef]], generator: np.random.Generator, n_groups: int) -> list[tuple[HeadRef, ...]]:
    """Different groups with one head of each pool."""
    found: dict[tuple[HeadRef, ...], None] = {}
    for _ in range(n_groups * _TRIES):
        drawn: list[HeadRef] = []
        for pool in pools:
            left = [head for head in pool if head not in drawn]
            if not left:
                break
            drawn.append(left[int(generator.integers(len(left)))])
        if len(drawn) == len(pools):
            found.setdefault(tuple(sorted(drawn, key=lambda head: (head.layer, head.head))))
        if len(found) == n_groups:
            break
    return list(found)
