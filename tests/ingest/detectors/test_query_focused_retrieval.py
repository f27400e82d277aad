import pytest
import torch

from ingest.detectors.query_focused_retrieval import (
    another_document,
    beyond_the_empty_question,
    query_focused_retrieval,
)
from ingest.measure import KeyProperty, Measurement, Targets
from ingest.prompts.batch import Vocabulary
from ingest.prompts.documents import make
from tests import planted
from tests.ingest.masks import as_mask

BATCH = make(Vocabulary(120, 0, frozenset({0})), 4, 80, seed=0)
TARGETS = query_focused_retrieval.targets(BATCH)


def reads_the_gold_document(tokens: torch.Tensor) -> torch.Tensor:
    """Looks at the gold document where a question repeats it, and rests on BOS where none does."""
    copies = planted.earlier_copies(tokens).any(dim=-1, keepdim=True)
    return planted.spread(BATCH.is_gold[:, None, :] & copies & BATCH.is_question[..., None])


def always_the_gold_document(tokens: torch.Tensor) -> torch.Tensor:
    return planted.spread(BATCH.is_gold[:, None, :] & BATCH.is_question[..., None])


def combined(pattern: torch.Tensor, targets: dict[str, Targets]) -> list[float]:
    found = {}
    for name, each in targets.items():
        mass = (pattern * as_mask(each, BATCH)[:, None]).sum(dim=-1).sum(dim=-1)  # [batch, head]
        n_counted = each.is_counted.sum(dim=-1)
        found[name] = Measurement((mass / n_counted[:, None]).T[None], n_counted, torch.zeros(len(n_counted)))
    return beyond_the_empty_question(found)["query_focused_retrieval"].mass[0].mean(dim=-1).tolist()


KINDS = (
    reads_the_gold_document,
    planted.duplicate_token,
    always_the_gold_document,
    planted.attention_sink,
    planted.previous_token,
)


def test_only_attention_that_the_question_causes_counts() -> None:
    found = combined(planted.as_heads(BATCH.tokens, *KINDS), TARGETS)
    # A duplicate-token head finds the document by its tokens, and rightly. One that looks there anyway scores 0.
    assert found == pytest.approx([1, 1, 0, 0, 0])


def test_another_document_draws_none_of_it() -> None:
    null = {name: another_document(each, BATCH, torch.Generator()) for name, each in TARGETS.items()}
    assert combined(planted.as_heads(BATCH.tokens, *KINDS), null) == pytest.approx([0] * 5)
    for name, each in null.items():
        assert isinstance(each, KeyProperty)
        assert torch.equal(each.is_counted, TARGETS[name].is_counted)
        assert not (each.is_target & TARGETS[name].is_target).any()


def test_uniform_attention_differs_by_the_lengths_of_the_questions_alone() -> None:
    (found,) = combined(planted.as_heads(BATCH.tokens, planted.uniform), TARGETS)
    assert found == pytest.approx(0, abs=1e-6)
