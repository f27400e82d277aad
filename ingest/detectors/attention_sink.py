"""Attention sinks; the rule of the type is in the docstring of the detector."""

from catalog.vocabulary import Tier
from ingest.detector import PublishedRule, detector
from ingest.measure import KeyProperty
from ingest.prompts.batch import PromptBatch
from ingest.prompts.natural_text import natural_text

GU = PublishedRule(
    threshold=0.3,
    text="mean attention to the first token above ε = 0.3, over prompts of T = 64 tokens",
    source="Gu et al. 2024, arXiv:2410.10781, their sink metric, and their script eval_sink_open_source.py",
)


@detector(
    version=1,
    tier=Tier.V1,
    metric="first_token_mass",
    paper="2410.10781",
    prompts=natural_text,
    rule=GU,
    no_behaviour=(
        "No causal arm: its source finds that sinks take up attention that goes nowhere else and hold next to "
        "nothing in their values, and names no function of the output."
    ),
)
def attention_sink(batch: PromptBatch) -> KeyProperty:
    """Attention to the first token of the prompt, from all later tokens.

    The first token is BOS where the tokenizer has one. The first query sees only itself and does not count.

    Returns:
        The first key of each prompt, for every query after it. Uniform attention scores the mean of 1 / (pos + 1)
        over the counted queries: 0.06 at 64 tokens.

    Source:
        Gu et al. 2024, arXiv:2410.10781: importance of the first key, with ε = 0.3 and T = 64. The paper reports the
        share of heads and samples above ε; here each head has its mean over the prompts, and the line is applied
        to that mean. Their text corpus is replaced by English documentation text.
    """
    return KeyProperty(is_target=batch.is_first, is_counted=batch.is_real & ~batch.is_first)
