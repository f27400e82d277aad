"""Whether heads copy names, or lower them, by their weights alone."""

import torch

from ingest.errors import NoTargetError
from ingest.evidence import ItemScores
from ingest.tasks.indirect_object import NAMES
from ingest.weights import WeightView

K = 5
"""A name counts when it is among this many tokens, as in Wang et al."""
MIN_NAMES = 10


def name_copies(weights: WeightView, *, sign: int) -> ItemScores:
    """Share of names among the K tokens that a head raises most when it attends to them; lowers most with sign -1.

    The head is given the effective embedding of the name, after the first layer's MLP. The null model asks the same of
    the next name of the list.

    Raises:
        NoTargetError: Fewer than MIN_NAMES names are one token each, or there is no tokenizer.
    """
    found = [weights.token_id(name) for name in NAMES]
    ids = torch.tensor([token for token in found if token is not None], dtype=torch.long)
    if len(ids) < MIN_NAMES:
        raise NoTargetError(f"{len(ids)} of {len(NAMES)} names are one token each, and {MIN_NAMES} are needed.")
    values = weights.values(weights.embeddings(ids))
    is_top = weights.is_among_top(values, torch.stack([ids, ids.roll(1)], dim=1), K, sign=sign).float()
    return ItemScores(is_top[..., 0], torch.full((len(ids),), K / weights.d_vocab), is_top[..., 1])
