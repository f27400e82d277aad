"""Random groups of heads that a group is compared with: as many heads of the same layers, and none of its own."""

from collections import Counter
from collections.abc import Collection, Sequence

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

    A group may hold so many heads of a layer that too few others are left in it. What is missing then comes from the
    nearest layers, at even distances from either side by lot.

    Args:
        group: Heads that no random group may hold.
        layers: Layers that have heads.
        n_heads: Heads of a layer.
        seed: Of the draws.
        n_groups: Groups wanted.
    """
    generator = np.random.default_rng(seed)
    free = {layer: [head for head in range(n_heads) if HeadRef(layer, head) not in group] for layer in layers}
    wanted = Counter(head.layer for head in group)
    if sum(map(len, free.values())) < len(group):
        return []
    found: dict[tuple[HeadRef, ...], None] = {}
    for _ in range(n_groups * _TRIES):
        found.setdefault(_draw(wanted, free, generator))
        if len(found) == n_groups:
            break
    return list(found)


def _draw(wanted: Counter[int], free: dict[int, list[int]], generator: np.random.Generator) -> tuple[HeadRef, ...]:
    drawn: set[HeadRef] = set()
    missing: list[int] = []
    for layer, n_wanted in wanted.items():
        n_own = min(n_wanted, len(free[layer]))
        drawn |= {HeadRef(layer, int(head)) for head in generator.choice(free[layer], n_own, replace=False)}
        missing += [layer] * (n_wanted - n_own)
    for layer in missing:
        left = [HeadRef(each, head) for each in free for head in free[each] if HeadRef(each, head) not in drawn]
        nearest = min(abs(head.layer - layer) for head in left)
        near = [head for head in left if abs(head.layer - layer) == nearest]
        drawn.add(near[int(generator.integers(len(near)))])
    return tuple(sorted(drawn, key=lambda head: (head.layer, head.head)))
