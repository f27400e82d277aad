"""Prompts of a given text through the toy tokenizer, and patterns that single tokens of it by hand."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingest.prompts.batch import Vocabulary, unpadded
from ingest.prompts.words import TextBatch, annotated, kind_of
from tests import planted
from tests.ingest.toy_tokenizer import text_vocabulary


def text_batch(*texts: str, vocabulary: Vocabulary | None = None) -> TextBatch:
    """One prompt for each text, BOS in front; the texts must have equally many tokens."""
    vocabulary = vocabulary or text_vocabulary()
    assert vocabulary.read is not None, "the toy tokenizer reads"
    rows = [(text, vocabulary.read(text)) for text in texts]
    batch = unpadded([torch.tensor([token.id for token in tokens]) for _, tokens in rows], vocabulary)
    return annotated(batch, [[kind_of(token, text) for token in tokens] for text, tokens in rows], vocabulary)


def on_keys(batch: TextBatch, is_key: Bool[Tensor, "batch pos"]) -> Float[Tensor, "batch query key"]:
    """Attention spread evenly over the visible keys that are marked; on BOS where there is none."""
    return planted.spread(is_key[:, None, :] & planted.visible(batch.tokens))


def where(
    condition: Bool[Tensor, "batch query"],
    pattern: Float[Tensor, "batch query key"],
    otherwise: Float[Tensor, "batch query key"],
) -> Float[Tensor, "batch query key"]:
    """One pattern for some queries, another for the rest."""
    return torch.where(condition[:, :, None], pattern, otherwise)
