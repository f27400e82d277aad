"""Anti-induction heads; the rule of the type is in the docstring of the detector."""

from catalog.vocabulary import Tier
from ingest.detector import direct_logit_detector
from ingest.measure import LogitTargets
from ingest.metrics.copy_continuation import copy_continuation
from ingest.prompts.batch import PromptBatch
from ingest.prompts.copies import token_after_latest_copy
from ingest.prompts.repeated_random_tokens import repeated_random_tokens


@direct_logit_detector(
    version=1,
    tier=Tier.V1,
    metric="induction_token_lowered",
    paper="2310.04625",
    prompts=repeated_random_tokens,
    behaviour=copy_continuation.opposed(),
)
def anti_induction(batch: PromptBatch) -> LogitTargets:
    """How far a head lowers the token that followed the latest earlier copy of the current one.

    On random tokens said twice that token is the right continuation, and an induction head raises it. The head's
    direct contribution to the logits is read, z W_O through the final norm and W_U; a query whose token has not
    occurred before does not count. Where the head attends is not asked: the type `induction` measures that.

    Causal arm: by how much the continuation of copies gains when the head is ablated, as a negative effect on it.

    The null model is another token that the query sees: a head that lowers whatever stands in the prompt lowers that
    one too.

    Returns:
        For each counted query the token to lower. Chance is 0.5: half of the vocabulary is lowered less.

    Raises:
        NoTargetError: No token repeats.

    Source:
        McDougall et al. 2023, arXiv:2310.04625, who rank heads by a negative induction score and find the
        copy-suppression head of GPT-2 small, L10H7, first. Theirs is a difference of logits; this is a rank, which has
        no scale. No line of theirs was re-read, so none is applied.
    """
    return token_after_latest_copy(batch, sign=-1)
