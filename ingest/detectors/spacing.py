"""Spacing heads; the rule of the type is in the docstring of the detector."""

from catalog.vocabulary import Tier
from ingest.baselines import keys_beside
from ingest.detector import PublishedRule, detector
from ingest.errors import NoTargetError
from ingest.measure import KeyProperty
from ingest.prompts.batch import PromptBatch
from ingest.prompts.natural_text import natural_text
from ingest.prompts.windows import on_grid
from ingest.prompts.words import text_of

ATLAS = PublishedRule(
    threshold=0.05,
    text="spacing is the largest of a head's seven scores over chance, and that is at least 0.05",
    source="attention-head atlas (zenodo 21205389), eval/probe_heads.py",
    is_applicable=False,
    why_not="it compares seven kinds of behaviour and says which is largest, not whether this one holds",
)


@detector(
    version=1,
    tier=Tier.V1,
    metric="spacing_mass",
    prompts=natural_text,
    rule=ATLAS,
    null=keys_beside,
    no_behaviour="No causal arm: its source describes where such heads look and names no function of the output.",
)
def spacing(batch: PromptBatch) -> KeyProperty:
    """Attention to tokens that hold a blank: a space, a tab or a line break, alone or with what follows it.

    In vocabularies that write the space into the word after it (`Ġthe`, `▁the`) these are the first pieces of words,
    most tokens of a text, and chance is high; where each blank is a token, they are the blanks. The first token of a
    prompt does not count as one, nor do queries that hold a blank themselves or see none; of long prompts, 64 places at
    even distances do. The null model is as many keys without a blank, each beside one that holds one.

    Returns:
        The tokens with a blank of each prompt and the queries that count. Uniform attention scores the mean share of
        such tokens among the visible ones.

    Raises:
        NoTargetError: No tokenizer, or one whose tokens hold no blanks.

    Source:
        Attention-head atlas (zenodo 21205389), measure_spacing: mass on tokens whose text holds white space, corrected
        for chance by the same measure on the untrained model. Here chance is uniform attention on the same prompts.
    """
    text = text_of(batch)
    is_target = text.holds_blank & ~batch.is_first & ~batch.is_bos
    is_counted = on_grid(batch) & ~batch.is_first & ~text.holds_blank & (is_target.cumsum(dim=1) > 0)
    if not is_counted.any():
        raise NoTargetError(
            f"No token of the {len(batch.tokens)} prompts holds a blank and precedes one that does not: this tokenizer "
            "drops blanks or writes nothing else."
        )
    return KeyProperty(is_target, is_counted)
