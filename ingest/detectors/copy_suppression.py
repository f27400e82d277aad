"""Copy-suppression heads by their weights; the rule of the type is in the docstring of the detector."""

import torch

from catalog.vocabulary import Tier
from ingest.detector import Definition, weight_detector
from ingest.evidence import Evidence, ItemScores
from ingest.metrics.copy_continuation import copy_continuation
from ingest.weights import WeightView

K = 10
"""A token counts when it is among this many that the head lowers most, as in McDougall et al."""
N_TOKENS = 256
N_QUERIES, N_KEYS = 256, 1024


def attends_to_predicted(weights: WeightView) -> ItemScores:
    """Whether a query that predicts a token attends most to that token, among 1,024 keys.

    The query is made of the token's row of W_U, which is how the residual stream looks when the token is predicted; the
    keys of effective embeddings, all at one position. 256 of the 1,024 tokens are asked for. The null model asks
    whether another token's key is the largest.
    """
    keys = weights.sample_tokens(N_KEYS, "copy_suppression_keys")
    queries = keys[:N_QUERIES]
    by_layer = weights.queries_and_keys(weights.unembeddings(queries), weights.embeddings(keys))
    own = torch.arange(len(queries))
    value, null = [], []
    for query, key in by_layer:
        logits = query @ key.transpose(1, 2)  # [head, query, key]
        value.append(_is_largest(logits, own))
        null.append(_is_largest(logits, own.roll(1)))
    return ItemScores(torch.stack(value), torch.full((len(queries),), 1 / len(keys)), torch.stack(null))


@weight_detector(
    version=1,
    tier=Tier.V1,
    metric="ov_suppression_bottom10",
    paper="2310.04625",
    behaviour=copy_continuation.opposed(),
    definitions={"qk_predicted_token_largest": Definition(attends_to_predicted, Evidence.WEIGHTS)},
)
def copy_suppression(weights: WeightView) -> ItemScores:
    """Share of tokens that are among the ten tokens which the head lowers most when it attends to them.

    256 ordinary tokens of the vocabulary, drawn with the scan's seed. The head is given the effective embedding of the
    token (after the first layer's MLP) and its output is read through the final norm and W_U.

    The null model asks the same of another token of the sample.

    Causal arm: by how much the continuation of copies gains when the head is ablated, as a negative effect on it. There
    the right next token is predicted from the prompt and stands in it, which is what is suppressed.

    Returns:
        1 or 0 for each token. Chance is 10 of the vocabulary.

    Source:
        McDougall et al. 2023, arXiv:2310.04625: the diagonal of W_U W_OV MLP0(W_E) is among the ten most negative of
        its column for 84.70 % of the tokens of GPT-2 small L10H7, over the whole vocabulary; no line is drawn. The QK
        circuit, whose diagonal they find to be the largest of its row for 95.72 %, is the further metric
        qk_predicted_token_largest, on a sample of keys and not on all of them, which makes it easier to meet. What
        ablating everything else keeps of the head's effect is not measured here. That these heads work against
        induction, as anti-induction heads: the same paper, on what copy suppression explains.
    """
    ids = weights.sample_tokens(N_TOKENS, "copy_suppression")
    found = weights.values(weights.embeddings(ids))
    is_bottom = weights.is_among_top(found, torch.stack([ids, ids.roll(1)], dim=1), K, sign=-1).float()
    return ItemScores(is_bottom[..., 0], torch.full((len(ids),), K / weights.d_vocab), is_bottom[..., 1])


def _is_largest(logits: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
    """Whether a key has the one largest logit; where several are alike none is."""
    of_key = logits.gather(2, key[None, :, None].expand(len(logits), -1, 1))
    return ((logits >= of_key).sum(dim=-1) == 1).float()
