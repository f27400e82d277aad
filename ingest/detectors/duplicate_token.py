"""Duplicate-token heads; the rule of the type is in the docstring of the detector."""

from catalog.vocabulary import Tier
from ingest.detector import detector
from ingest.errors import NoTargetError
from ingest.measure import RelationalTargets
from ingest.prompts.batch import PromptBatch
from ingest.prompts.copies import all_earlier_copies
from ingest.prompts.repeated_random_tokens import repeated_random_tokens
from ingest.tasks.indirect_object import indirect_object


def share_of_all_attention(batch: PromptBatch) -> RelationalTargets:
    """The share of all attention that goes to earlier copies; source: TransformerLens, head_detector."""
    return RelationalTargets(all_earlier_copies(batch), counted=batch.is_real)


@detector(
    version=1,
    tier=Tier.V1,
    metric="duplicate_token_mass",
    paper="2211.00593",
    prompts=repeated_random_tokens,
    behaviour=indirect_object,
    definitions={"duplicate_token_share_of_all_attention": share_of_all_attention},
)
def duplicate_token(batch: PromptBatch) -> RelationalTargets:
    """Attention from a repeated token to all earlier occurrences of the same token.

    The token itself (the diagonal) is no earlier occurrence. Queries whose token has not occurred before do not
    count. The prompts say each repeated token exactly twice, so that "all" and "the latest" earlier occurrence agree
    on them.

    Causal arm: what the task of naming the indirect object loses when the head is ablated. Which of two names came
    twice is what these heads tell there.

    Returns:
        For each counted query the keys that hold the same token. Uniform attention scores the mean of
        1 / (pos + 1) over the counted queries.

    Raises:
        NoTargetError: No token repeats.

    Source:
        Wang et al. 2022, arXiv:2211.00593, duplicate token heads: attention from a name to its first mention. The
        paper draws no line, so none is quoted. Unlike the paper, which reads the second mention of the subject in its
        own sentences, all repeated tokens count here, and they are random. The function is that of their section 3.3:
        what these heads write at the second mention is read by S-inhibition heads.
    """
    targets = RelationalTargets(all_earlier_copies(batch))
    if not targets.is_counted.any():
        raise NoTargetError("No token of the prompts repeats, so there is no earlier copy to attend to.")
    return targets
