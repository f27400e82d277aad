"""Retrieval heads; the rule of the type is in the docstring of the detector."""

from dataclasses import replace

import torch
from jaxtyping import Bool
from torch import Tensor

from catalog.vocabulary import Tier
from ingest.decoding import DecodingTrace
from ingest.detector import Definition, PublishedRule, decoding_detector
from ingest.errors import GateFailedError
from ingest.evidence import Evidence, ItemScores
from ingest.measure import KeyProperty
from ingest.metrics.needle_copies import needle_attention, needle_copies, needle_recall
from ingest.metrics.needle_writing import needle_writing
from ingest.prompts.english_needles import ANSWER_LENGTH, english_needles
from ingest.prompts.needles import NEEDLE_LENGTH, NeedleBatch, answered_needles, needles
from ingest.verdict import GateOutcome

_RECALL = 0.5
"""Above this share of its needle a run counts: ROUGE-1 recall above 50 in the code of Wu et al. 2024."""
_FEWEST_ANSWERED = 4
"""Runs, as few as a scan asks for to give intervals."""
_GATE = "share of needles of which more than half was written"

WU = PublishedRule(
    threshold=0.1,
    text="retrieval score above 0.1",
    source=(
        "Wu et al. 2024, arXiv:2404.15574, as readers of the paper quote it; the authors' code (commit 3ac171a) ranks "
        "heads and draws no line"
    ),
)


def _answered(trace: DecodingTrace) -> tuple[Bool[Tensor, " batch"], GateOutcome]:
    recall = needle_recall(trace)
    is_answered = recall > _RECALL
    n_runs, n_answered = len(recall), int(is_answered.sum())
    outcome = GateOutcome(
        n_answered >= _FEWEST_ANSWERED, _GATE, n_answered / n_runs, min(1.0, _FEWEST_ANSWERED / n_runs)
    )
    if not outcome.passed:
        raise GateFailedError(
            f"The language model wrote {float(recall.mean()):.0%} of the needles' tokens on average, and more than "
            f"half of the needle in {n_answered} of {n_runs} runs; {_FEWEST_ANSWERED} are needed to score its heads.",
            metric=outcome.metric,
            value=outcome.value,
            required=outcome.required,
        )
    return is_answered, outcome


def answered_runs(trace: DecodingTrace) -> ItemScores:
    """Share of the needle that each head copied, in runs that were answered."""
    is_answered, outcome = _answered(trace)
    return replace(needle_copies(trace, is_answered), gate=outcome)


def all_runs(trace: DecodingTrace) -> ItemScores:
    """The same in all runs, answered or not, where the gate is passed."""
    is_answered, outcome = _answered(trace)
    return replace(needle_copies(trace, torch.ones_like(is_answered)), gate=outcome)


def mass_on_needle(trace: DecodingTrace) -> ItemScores:
    """Attention mass on the needle in answered runs: a head with half of it there and more on BOS counts, too."""
    is_answered, outcome = _answered(trace)
    return replace(needle_attention(trace, is_answered), gate=outcome)


def answer_tokens(batch: NeedleBatch) -> KeyProperty:
    """Attention to the needle from the tokens that should write it, with the answer given: no decoding, no gate."""
    return KeyProperty(batch.is_marked, batch.is_answer)


@decoding_detector(
    version=1,
    tier=Tier.V1,
    metric="needle_copy_share",
    paper="2404.15574",
    prompts=needles,
    n_tokens=NEEDLE_LENGTH,
    rule=WU,
    behaviour=needle_writing,
    definitions={
        "needle_copy_share_all_runs": all_runs,
        "needle_mass_while_writing": mass_on_needle,
        "needle_mass_answer_given": Definition(answer_tokens, Evidence.PATTERN, answered_needles),
        "needle_copy_share_english": Definition(
            answered_runs, Evidence.DECODING, english_needles, rule=WU, n_tokens=ANSWER_LENGTH
        ),
    },
)
def retrieval(trace: DecodingTrace) -> ItemScores:
    """Share of a needle that a head copies while the language model writes it from a haystack.

    A prompt hides a needle of eight random tokens behind a marker and ends with the marker again; decoding is greedy
    with the full cache. A head copies a token of the needle when its key of most attention, at the step that writes the
    token, is the token's place in the needle. Each place counts once. Every run (needle, haystack length, depth) has a
    score of its own, and all are kept.

    Gate: a run counts when more than half of its needle was written, and four such runs are needed. Without them
    nothing is scored, and the reason gives both numbers.

    The null model pairs keys and tokens of different steps, so that staring at the needle is no copying.

    Causal arm: what the writing of needles loses when the head is ablated, with the answer given token by token.

    Returns:
        The share for each head and run. Looking at random scores the mean of 1 / (number of visible keys): below 0.01.

    Raises:
        GateFailedError: The language model does not retrieve.

    Source:
        Wu et al. 2024, arXiv:2404.15574, and their retrieval_head_detection.py (commit 3ac171a): largest attention
        inside the needle and the token there written, 1 / needle length each, over runs with ROUGE-1 recall above 50.
        Where we differ: needles of random tokens, which any decoder can copy (English ones are a further definition);
        the needle's place is known by construction, not found by overlapping sets of tokens; nothing depends on the
        ids of a tokenizer; a place counts once, so that the score ends at 1; as many tokens are decoded as the needle
        has (for English 32), not 50. Only the largest weight counts, as in the paper: a head with 49 % on the needle
        and 51 % on BOS scores 0 here, and 0.49 by the mass that is kept beside it. They mask the best heads together
        and find that the needle is lost, and not without as many random heads (section 4.1); here heads are ablated one
        by one, and their mean or another prompt's output takes their place.
    """
    return answered_runs(trace)
