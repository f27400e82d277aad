import torch

from ingest.prompts.frequency import token_ranks
from tests.ingest.toy_tokenizer import text_vocabulary


def test_every_token_has_a_rank_and_frequent_words_come_first() -> None:
    vocabulary = text_vocabulary()
    ranks = token_ranks(vocabulary)
    assert ranks.sort().values.equal(torch.arange(vocabulary.size))
    assert vocabulary.encode is not None
    (the,), (comma,), (zebra, *_) = (vocabulary.encode(text) for text in (" the", ",", " zyx"))
    assert ranks[the] < 10
    assert ranks[comma] < 10
    assert ranks[zebra] > 500


def test_a_vocabulary_is_counted_once() -> None:
    assert token_ranks(text_vocabulary()) is token_ranks(text_vocabulary())
