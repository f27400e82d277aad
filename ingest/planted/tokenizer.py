"""The tokenizer of planted language models: one token a character, so that any English text can be read."""

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from ingest.planted.vocabulary import ANSWERS, BOS, BOS_ID, UNKNOWN, tokens_of


def planted_tokenizer(*, with_answers: bool = False) -> PreTrainedTokenizerFast:
    """Characters of English text and some of its neighbours, BOS in front, one unknown token for the rest.

    Args:
        with_answers: Read the words Yes and No as one token each.
    """
    vocabulary = {token: i for i, token in enumerate(tokens_of(with_answers=with_answers))}
    words = [rf"\b{word}\b" for word in ANSWERS] if with_answers else []
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("|".join([*words, r"[\s\S]"])), behavior="isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{BOS} $A", special_tokens=[(BOS, BOS_ID)])
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        bos_token=BOS,
        unk_token=UNKNOWN,
        clean_up_tokenization_spaces=False,
    )
