from catalog.notation import HeadRef
from ingest.statistics.random_groups import N_GROUPS, random_groups


def heads(*names: str) -> tuple[HeadRef, ...]:
    return tuple(map(HeadRef.parse, names))


def layers_of(group: tuple[HeadRef, ...]) -> list[int]:
    return sorted(head.layer for head in group)


def test_groups_are_as_large_of_the_same_layers_and_hold_no_head_of_the_group() -> None:
    group = heads("L1H0", "L1H3", "L2H7")
    found = random_groups(group, range(4), 8, seed=0)
    assert len(found) == N_GROUPS == len(set(found))
    for each in found:
        assert layers_of(each) == [1, 1, 2]
        assert len(set(each)) == 3
        assert not set(each) & set(group)
    assert found == random_groups(group, range(4), 8, seed=0) != random_groups(group, range(4), 8, seed=1)


def test_what_a_layer_lacks_comes_from_the_nearest_layers() -> None:
    group = heads("L1H0", "L1H1", "L1H2")
    found = random_groups(group, range(4), 4, seed=0)
    # One other head is left in layer 1; the two that are missing come from layers 0 and 2, and never from 3.
    assert all(HeadRef(1, 3) in each and 3 not in layers_of(each) for each in found)
    assert {tuple(layers_of(each)) for each in found} == {(0, 0, 1), (0, 1, 2), (1, 2, 2)}


def test_layers_without_heads_lend_none() -> None:
    found = random_groups(heads("L4H0", "L4H1"), [0, 4, 6], 3, seed=0)
    assert all(layers_of(each) in ([4, 6],) for each in found)


def test_where_few_groups_exist_all_of_them_are_found() -> None:
    assert set(random_groups(heads("L0H0", "L0H1"), [0], 4, seed=0)) == {heads("L0H2", "L0H3")}
    assert random_groups(heads("L0H0", "L0H1"), [0], 3, seed=0) == []
