"""The tokenizer of planted language models: one token a character, so that any English text can be read."""

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from ingest.planted.embeddings import BOS_ID, D_VOCAB, UNKNOWN_ID

BOS = "<s>"
UNKNOWN = "<unk>"

_PRINTABLE_ASCII = [chr(code) for code in range(32, 127)]
_LETTERS_BEYOND = [*"äöüßéèêëàâáåãñçôóòõîíìûúùøæœ§°€"]


def planted_tokenizer() -> PreTrainedTokenizerFast:
    """Characters of English text and some of its neighbours, BOS in front, one unknown token for the rest."""
    tokens = [BOS, UNKNOWN, *_PRINTABLE_ASCII, "\n", "\t", *_LETTERS_BEYOND]
    assert len(set(tokens)) == D_VOCAB, "one token for each embedding"
    assert (tokens[BOS_ID], tokens[UNKNOWN_ID]) == (BOS, UNKNOWN)
    tokenizer = Tokenizer(models.WordLevel({token: i for i, token in enumerate(tokens)}, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), behavior="isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{BOS} $A", special_tokens=[(BOS, BOS_ID)])
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        bos_token=BOS,
        unk_token=UNKNOWN,
        clean_up_tokenization_spaces=False,
    )
