from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from ingest.detectors.syntactic import READINGS, confident, syntactic
from ingest.errors import NoTargetError
from ingest.prompts.partners import as_targets, partners_in, same_distances_elsewhere
from ingest.prompts.treebank import TreebankBatch, treebank, treebank_of
from tests import planted
from tests.ingest.masks import as_batch, as_mask, scores
from tests.ingest.toy_tokenizer import text_vocabulary

BATCH = treebank.make(text_vocabulary(), 8, 384, seed=0)
TARGETS = syntactic.targets(BATCH)


def null_score(pattern: Tensor, name: str, seeds: Sequence[int] = range(5)) -> float:
    nulls = [syntactic.null(TARGETS[name], BATCH, torch.Generator().manual_seed(seed)) for seed in seeds]
    return sum(scores(pattern, null, BATCH).item() for null in nulls) / len(nulls)


def test_all_readings_are_offered() -> None:
    assert set(TARGETS) == {f"{relation}_{role}" for relation, role in READINGS}


@pytest.mark.parametrize("name", TARGETS)
def test_the_planted_head_scores_one_and_gives_the_controls_nothing(name: str) -> None:
    pattern = planted.spread(as_mask(TARGETS[name], BATCH))[:, None]
    assert scores(pattern, TARGETS[name], BATCH).item() == pytest.approx(1)
    # Controls are words of the same class; where one has a partner, the head looks there and not at the control's keys.
    assert null_score(pattern, name) == pytest.approx(0)


@pytest.mark.parametrize("offset", [0, 1, 2, 3])
def test_a_head_that_attends_by_distance_gives_the_controls_as_much(offset: int) -> None:
    pattern = planted.at_offset(BATCH.tokens, offset)[:, None]
    for name, targets in TARGETS.items():
        found, null = scores(pattern, targets, BATCH).item(), null_score(pattern, name)
        # Where every query has a control, the two are equal; queries at long distances lack one more often.
        assert found - null < 0.05, name


def test_without_the_controls_a_positional_head_would_pass() -> None:
    pattern = planted.at_offset(BATCH.tokens, 2)[:, None]
    assert scores(pattern, TARGETS["amod_dependent"], BATCH).item() > 0.8


def test_uniform_attention_and_sinks_stay_at_chance() -> None:
    for targets in TARGETS.values():
        uniform, sink = scores(planted.as_heads(BATCH.tokens, planted.uniform, planted.attention_sink), targets, BATCH)
        assert uniform < 0.07
        assert sink == 0


def test_partners_are_those_of_the_tree(tmp_path) -> None:
    # "Big old cats often chased small mice ." with cats ← Big, old; chased ← cats, often, mice; mice ← small.
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
    null = same_distances_elsewhere(verb, batch, torch.Generator().manual_seed(0))
    (query, first), (same, second) = as_mask(null, batch)[0].nonzero().tolist()
    assert query == same
    assert query in {5, 7, 8, 10}
    assert (query - first, query - second) == (3, 2)


def test_a_lower_bound_of_accuracy_counts_what_is_above_one_half() -> None:
    name = "det_dependent"
    assert all(targets.floor == 0.5 for targets in confident(BATCH).values())
    assert as_mask(confident(BATCH)[name], BATCH).equal(as_mask(TARGETS[name], BATCH))


def test_prompts_without_trees_and_too_many_prompts_are_refused() -> None:
    with pytest.raises(NoTargetError, match="treebank"):
        syntactic.targets(as_batch(torch.arange(10)[None]))
    short = treebank.make(text_vocabulary(), 40, 20, seed=0)
    with pytest.raises(NoTargetError, match=r"each of the 40 prompts of up to \d+ tokens"):
        syntactic.targets(short)
