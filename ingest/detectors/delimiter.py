"""Delimiter heads; the rule of the type is in the docstring of the detector."""

from catalog.vocabulary import Tier
from ingest.baselines import keys_beside
from ingest.detector import detector
from ingest.errors import NoTargetError
from ingest.measure import KeyProperty
from ingest.prompts.batch import PromptBatch
from ingest.prompts.natural_text import natural_text
from ingest.prompts.windows import on_grid
from ingest.prompts.words import text_of


@detector(
    version=1,
    tier=Tier.V1,
    metric="delimiter_mass",
    paper="2101.09115",
    prompts=natural_text,
    null=keys_beside,
    no_behaviour=(
        "No causal arm: its source describes where such heads look; attention to delimiters is held for doing nothing."
    ),
)
def delimiter(batch: PromptBatch) -> KeyProperty:
    """Attention to punctuation: tokens that are visible and hold no letter or digit.

    The first token of a prompt is no delimiter even where it is punctuation: attention to it is what `attention_sink`
    measures. Queries that see no delimiter, or are one themselves, do not count, so that attention to oneself adds
    nothing; of long prompts, 64 places at even distances do. The null model is as many keys that are no delimiters,
    each beside one.

    Returns:
        The delimiters of each prompt and the queries that count. Uniform attention scores the mean share of delimiters
        among the visible tokens.

    Raises:
        NoTargetError: No tokenizer, or no prompt holds punctuation before another token.

    Source:
        Pande et al. 2021, arXiv:2101.09115, delimiter heads of BERT, on [CLS] and [SEP], found by a sieve bias score:
        mean attention to the tokens of the type over mean attention to all, tested to exceed a bar. Here the mass
        itself is compared with chance and with neighbouring keys, on punctuation of English documentation text. Their
        bar is on the ratio, so none is quoted.
    """
    text = text_of(batch)
    is_target = text.is_delimiter & ~batch.is_first
    is_counted = on_grid(batch) & ~is_target & (is_target.cumsum(dim=1) > 0)
    if not is_counted.any():
        raise NoTargetError(
            f"The {len(batch.tokens)} prompts of {batch.tokens.shape[1]} tokens hold no punctuation before another "
            "token: ask for longer prompts."
        )
    return KeyProperty(is_target, is_counted)
