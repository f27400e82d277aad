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


def test_where_a_layer_leaves_too_few_groups_its_neighbours_lend_heads() -> None:
    # Five others make ten triples: heads of layers 0 and 2 match as well, those of layer 3 do not.
    found = random_groups(heads("L1H0", "L1H1", "L1H2"), range(4), 8, seed=0)
    assert len(found) == N_GROUPS
    assert {layer for each in found for layer in layers_of(each)} == {0, 1, 2}
    # Six others make twenty: enough, all of them are drawn, and no other layer lends any.
    found = random_groups(heads("L1H0", "L1H1", "L1H2"), range(4), 9, seed=0)
    assert len(found) == 20
    assert {layer for each in found for layer in layers_of(each)} == {1}


def test_layers_without_heads_lend_none_and_are_no_distance() -> None:
    found = random_groups(heads("L4H0", "L4H1"), [0, 4, 6, 9], 5, seed=0)
    assert {layer for each in found for layer in layers_of(each)} == {0, 4, 6}


def test_where_few_groups_exist_all_of_them_are_found() -> None:
    assert set(random_groups(heads("L0H0", "L0H1"), [0], 4, seed=0)) == {heads("L0H2", "L0H3")}
    assert random_groups(heads("L0H0", "L0H1"), [0], 3, seed=0) == []
