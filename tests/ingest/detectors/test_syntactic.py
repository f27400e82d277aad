import pytest
import torch
from torch import Tensor

from ingest.detectors.syntactic import CONTROL, READINGS, confident, over_distance, syntactic
from ingest.errors import NoTargetError
from ingest.measure import Measurement
from ingest.prompts.partners import as_targets, partners_in, with_controls
from ingest.prompts.treebank import TreebankBatch, treebank, treebank_of
from tests import planted
from tests.ingest.masks import as_batch, as_mask, scores
from tests.ingest.toy_tokenizer import text_vocabulary

BATCH = treebank.make(text_vocabulary(), 8, 384, seed=0)
TARGETS = syntactic.targets(BATCH)
NAMES = [name for name in TARGETS if not name.startswith(CONTROL)]


def measured(pattern: Tensor) -> dict[str, Measurement]:
    """As the engine would measure the one pattern as a single head, prompt by prompt."""
    found = {}
    for name, targets in TARGETS.items():
        counts = targets.is_counted.sum(dim=1)
        mass = (pattern * as_mask(targets, BATCH)).sum(dim=(1, 2)) / counts
        found[name] = Measurement(mass[None, None], counts, torch.zeros(len(counts)))
    return found


def score(pattern: Tensor, name: str) -> float:
    return over_distance(measured(pattern))[name].mass.mean().item()


def test_all_relations_are_offered_each_with_its_controls() -> None:
    assert set(NAMES) == {f"{relation}_{role}" for relation, role in READINGS}
    assert set(TARGETS) == {*NAMES, *(CONTROL + name for name in NAMES)}
    assert set(over_distance(measured(planted.uniform(BATCH.tokens)))) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_planted_head_scores_one(name: str) -> None:
    pattern = planted.spread(as_mask(TARGETS[name], BATCH))
    assert scores(pattern[:, None], TARGETS[name], BATCH).item() == pytest.approx(1)
    # A control may ask for its own partner too, and then the head looks there and not at the control's keys.
    assert score(pattern, name) == pytest.approx(1)


@pytest.mark.parametrize("offset", [0, 1, 2, 3, 5])
def test_a_head_that_attends_by_distance_scores_nothing(offset: int) -> None:
    pattern = planted.at_offset(BATCH.tokens, offset)
    assert [score(pattern, name) for name in NAMES] == pytest.approx([0] * len(NAMES))


def test_without_controls_a_positional_head_would_pass() -> None:
    pattern = planted.at_offset(BATCH.tokens, 2)[:, None]
    assert scores(pattern, TARGETS["amod_dependent"], BATCH).item() > 0.8


def test_uniform_attention_and_sinks_score_about_nothing() -> None:
    for name in NAMES:
        # Partners and controls stand at different places, where uniform attention gives a key more or less.
        assert abs(score(planted.uniform(BATCH.tokens), name)) < 0.02
        assert score(planted.attention_sink(BATCH.tokens), name) == 0


def test_every_query_has_a_control_of_its_own_at_the_same_distances() -> None:
    assert isinstance(BATCH, TreebankBatch)
    for name in NAMES:
        wanted, control = TARGETS[name], TARGETS[CONTROL + name]
        assert wanted.is_counted.sum(dim=1).equal(control.is_counted.sum(dim=1))
        assert not (as_mask(wanted, BATCH) & as_mask(control, BATCH)).any()
        for at in range(len(BATCH.tokens)):
            pairs = [sorted(distances(each.keys[at])) for each in (wanted, control)]
            assert pairs[0] == pairs[1]


def distances(keys: Tensor) -> list[tuple[int, ...]]:
    return [
        tuple(sorted(query - key for key in row if key >= 0))
        for query, row in enumerate(keys.tolist())
        if any(key >= 0 for key in row)
    ]


def test_partners_are_those_of_the_tree(tmp_path) -> None:
    # "Big old cats often chased tiny mice ." with cats ← Big, old; chased ← cats, often, mice; mice ← tiny.
    rows = [("Big", 3, "amod"), ("old", 3, "amod"), ("cats", 5, "nsubj"), ("often", 5, "advmod")]
    rows += [("chased", 0, "root"), ("tiny", 7, "amod"), ("mice", 5, "obj"), (".", 5, "punct")]
    content = [f"{n}\t{form}\t_\tX\t_\t_\t{head}\t{rel}\t_\t_" for n, (form, head, rel) in enumerate(rows, 1)]
    (tmp_path / "own.conllu").write_text("\n".join(content) + "\n")
    batch = treebank_of(tmp_path / "own.conllu").make(text_vocabulary(), 1, 30, 0)
    assert isinstance(batch, TreebankBatch)
    assert partners_in(batch, "amod", "dependent") == [{2: [0, 1], 6: [5]}]
    assert partners_in(batch, "obj", "governor") == [{6: [4]}]
    assert partners_in(batch, "nsubj", "dependent") == [{4: [2]}]
    assert partners_in(batch, "amod", "governor") == partners_in(batch, "no_such_relation", "governor") == [{}]
    # Tokens: BOS 0, Big 1, old 2, cats 3, often 4 5, chased 6 7, tiny 8, mice 9, "." 10. "chased" asks with its last
    # token, for the one token of "cats"; "mice" for both tokens of "chased".
    assert as_mask(as_targets(batch, partners_in(batch, "nsubj", "dependent")), batch)[0].nonzero().tolist() == [[7, 3]]
    verb = as_targets(batch, partners_in(batch, "obj", "governor"))
    assert as_mask(verb, batch)[0].nonzero().tolist() == [[9, 6], [9, 7]]
    # "mice" looks 3 and 2 tokens back. All words are of one class here; the last tokens of others that have tokens so
    # far back are 5, 7, 8 and 10.
    wanted, control = with_controls(batch, verb)
    assert wanted.keys.equal(verb.keys)
    (query, first), (same, second) = as_mask(control, batch)[0].nonzero().tolist()
    assert query == same
    assert query in {5, 7, 8, 10}
    assert (query - first, query - second) == (3, 2)


def test_a_lower_bound_of_accuracy_counts_what_is_above_one_half() -> None:
    found = confident(BATCH)
    assert set(found) == set(NAMES)
    assert all(targets.floor == 0.5 for targets in found.values())
    assert as_mask(found["det_dependent"], BATCH).equal(as_mask(TARGETS["det_dependent"], BATCH))


def test_prompts_without_trees_and_too_many_prompts_are_refused() -> None:
    with pytest.raises(NoTargetError, match="treebank"):
        syntactic.targets(as_batch(torch.arange(10)[None]))
    short = treebank.make(text_vocabulary(), 40, 20, seed=0)
    with pytest.raises(NoTargetError, match=r"each of the 40 prompts of up to \d+ tokens"):
        syntactic.targets(short)
