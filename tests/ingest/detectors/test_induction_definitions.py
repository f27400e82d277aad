"""What the competing definitions of induction, previous and duplicate token give one and the same pattern."""

import pytest
import torch
from torch import Tensor

from ingest.detector import Detector
from ingest.detectors.duplicate_token import duplicate_token
from ingest.detectors.induction import HEADVIS_FLOOR, induction
from ingest.detectors.previous_token import previous_token
from ingest.measure import RelationalTargets
from ingest.prompts.natural_text import natural_text
from ingest.prompts.repeated_random_tokens import four_times_repeated_tokens, repeated_random_tokens
from tests import planted
from tests.ingest.masks import as_batch, as_mask, scores

N = 12
TOKENS = planted.repeated_tokens(N)
BATCH = as_batch(TOKENS)
SEVERAL = as_batch(torch.tensor([[0, 7, 8, 7, 9, 7]]))


def targets(detector: Detector, metric: str, batch=BATCH) -> RelationalTargets:
    return detector.definitions[metric].function(batch)


def mask_of(metric: str, batch=SEVERAL) -> list[list[int]]:
    return as_mask(targets(induction, metric, batch), batch)[0].nonzero().tolist()


def score(detector: Detector, metric: str, pattern: Tensor) -> float:
    return scores(pattern[:, None], targets(detector, metric), BATCH).item()


def test_six_definitions_with_the_primary_one_read_attention_and_each_has_its_prompts() -> None:
    of_patterns = {metric: each.prompts for metric, each in induction.definitions.items() if each.evidence == "pattern"}
    assert of_patterns == {
        "induction_mass_all_copies": four_times_repeated_tokens,
        "induction_mass_one_offset": repeated_random_tokens,
        "induction_share_of_all_attention": repeated_random_tokens,
        "induction_mass_natural_text": natural_text,
        "induction_mass_natural_text_latest": natural_text,
    }


def test_definitions_differ_in_the_copies_that_count() -> None:
    assert mask_of("induction_mass_natural_text_latest") == [[3, 2], [5, 4]]
    assert mask_of("induction_mass_all_copies") == [[3, 2], [5, 2], [5, 4]]


def test_the_floor_is_that_of_headvis() -> None:
    found = targets(induction, "induction_mass_natural_text", SEVERAL)
    assert found.floor == HEADVIS_FLOOR == 0.01
    assert as_mask(found, SEVERAL).equal(as_mask(targets(induction, "induction_mass_all_copies", SEVERAL), SEVERAL))


def test_one_offset_counts_the_whole_diagonal() -> None:
    found = targets(induction, "induction_mass_one_offset")
    # Tokens 1 … 12 and again 13 … 24: the diagonal 11 back, from query 11 (two before the repetition) to 24.
    assert as_mask(found, BATCH)[0].nonzero().tolist() == [[query, query - N + 1] for query in range(N - 1, 2 * N + 1)]
    # It is the diagonal that `pattern.diagonal(1 - n)` takes.
    pattern = planted.diluted(planted.induction(TOKENS), TOKENS, 0.7)
    assert score(induction, "induction_mass_one_offset", pattern) == pytest.approx(
        pattern.diagonal(1 - N, dim1=1, dim2=2).mean().item()
    )


def test_a_perfect_head_gets_less_where_queries_without_a_copy_count() -> None:
    perfect = planted.induction(TOKENS)
    # Twelve of the fourteen queries of the diagonal have a copy, the first of the other two sees BOS at the offset,
    # where the planted head rests: 13 / 14. Twelve of all 25 queries have one: 12 / 25.
    assert score(induction, "induction_mass_one_offset", perfect) == pytest.approx(13 / 14)
    assert score(induction, "induction_share_of_all_attention", perfect) == pytest.approx(12 / 25)


@pytest.mark.parametrize(
    ("detector", "metric", "kind"),
    [
        (induction, "induction_share_of_all_attention", planted.following_copies),
        (duplicate_token, "duplicate_token_share_of_all_attention", planted.earlier_copies),
    ],
)
def test_the_share_is_the_product_with_the_wanted_pattern_over_all_attention(detector, metric, kind) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 2 * N + 1, 2 * N + 1, generator=generator).masked_fill(~planted.visible(TOKENS), -torch.inf)
    pattern = logits.softmax(dim=-1)
    wanted = kind(TOKENS).float()
    expected = (pattern * wanted).sum(dim=(1, 2)) / pattern.sum(dim=(1, 2))
    assert score(detector, metric, pattern) == pytest.approx(expected.mean().item())


def test_the_share_on_the_previous_token_counts_bos_and_the_first_query() -> None:
    # 24 of 25 queries have a token before them.
    found = score(previous_token, "previous_token_share_of_all_attention", planted.previous_token(TOKENS))
    assert found == pytest.approx(24 / 25)
