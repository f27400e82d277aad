"""A small byte-level BPE tokenizer as GPT-2 has one, trained in a second on the built-in documentation text."""

from functools import cache
from pydoc_data.topics import topics

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

D_VOCAB = 2000


@cache
def bpe_tokenizer() -> PreTrainedTokenizerFast:
    """BOS has id 0."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=D_VOCAB,
        special_tokens=["<s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    # Yes and No are whole words to the tokenizers of real language models.
    tokenizer.train_from_iterator([*(topics[name] for name in sorted(topics)), " Yes No Yes, No," * 500], trainer)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", clean_up_tokenization_spaces=False)
