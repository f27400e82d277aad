"""Where each family of language models keeps the parts that need weights: one row per family.

Patterns need no row here: they are captured through transformers' attention interface. A row is needed for what a
head writes to the residual stream, through `W_O`, and for what of it reaches the logits.
"""

from dataclasses import dataclass

from ingest.errors import UnsupportedArchitectureError


@dataclass(frozen=True)
class Family:
    """Attribute paths, from the model without its language-modelling head down."""

    layers: str = "layers"
    attention: str = "self_attn"
    """From a layer to the module that attends."""
    output_projection: str = "o_proj"
    """From the attending module to the one that holds W_O; its input is z, head after head."""
    norm_after_attention: str | None = None
    """From a layer to a norm between W_O and the residual stream, where there is one."""
    final_norm: str = "norm"
    """From the model to the norm before W_U; encoders have no such readout."""
    position_embedding: str | None = None
    """From the model to position embeddings that are added to W_E; None where positions enter elsewhere."""


_LLAMA = Family()
_BERT = Family("encoder.layer", "attention", "output.dense")
_SANDWICHED = Family(norm_after_attention="post_attention_layernorm")

FAMILIES: dict[str, Family] = {
    "bamba": Family(final_norm="final_layernorm"),
    "bert": _BERT,
    "bloom": Family("h", "self_attention", "dense", final_norm="ln_f"),
    "camembert": _BERT,
    "codegen": Family("h", "attn", "out_proj", final_norm="ln_f"),
    "cohere": _LLAMA,
    "cohere2": _LLAMA,
    "deepseek_v2": _LLAMA,
    "deepseek_v3": _LLAMA,
    "distilbert": Family("transformer.layer", "attention", "out_lin"),
    "electra": _BERT,
    "falcon": Family("h", "self_attention", "dense", final_norm="ln_f"),
    "gemma": _LLAMA,
    "gemma2": _SANDWICHED,
    "gemma3_text": _SANDWICHED,
    "gpt2": Family("h", "attn", "c_proj", final_norm="ln_f", position_embedding="wpe"),
    "gpt_bigcode": Family("h", "attn", "c_proj", final_norm="ln_f", position_embedding="wpe"),
    "gpt_neo": Family("h", "attn.attention", "out_proj", final_norm="ln_f", position_embedding="wpe"),
    "gpt_neox": Family("layers", "attention", "dense", final_norm="final_layer_norm"),
    "gpt_oss": _LLAMA,
    "gptj": Family("h", "attn", "out_proj", final_norm="ln_f"),
    "granite": _LLAMA,
    "granitemoehybrid": _LLAMA,
    "jamba": Family(final_norm="final_layernorm"),
    "lfm2": Family(output_projection="out_proj", final_norm="embedding_norm"),
    "llama": _LLAMA,
    "mistral": _LLAMA,
    "mixtral": _LLAMA,
    "mpt": Family("blocks", "attn", "out_proj", final_norm="norm_f"),
    "olmo": _LLAMA,
    "olmo2": _SANDWICHED,
    "olmo3": _SANDWICHED,
    "olmoe": _LLAMA,
    "opt": Family(
        "decoder.layers",
        "self_attn",
        "out_proj",
        final_norm="decoder.final_layer_norm",
        position_embedding="decoder.embed_positions",
    ),
    "phi": Family("layers", "self_attn", "dense", final_norm="final_layernorm"),
    "phi3": _LLAMA,
    "qwen2": _LLAMA,
    "qwen2_moe": _LLAMA,
    "qwen3": _LLAMA,
    "qwen3_moe": _LLAMA,
    "qwen3_next": _LLAMA,
    "recurrent_gemma": Family(attention="temporal_block", final_norm="final_norm"),
    "roberta": _BERT,
    "smollm3": _LLAMA,
    "stablelm": _LLAMA,
    "starcoder2": _LLAMA,
    "xlm-roberta": _BERT,
}


def get_family(architecture: str) -> Family:
    """The row of a family.

    Raises:
        UnsupportedArchitectureError: Nobody wrote down where this family keeps W_O.
    """
    if architecture not in FAMILIES:
        raise UnsupportedArchitectureError(
            f"headcat does not know where {architecture} models keep W_O; "
            "add a row to ingest/architectures/families.py."
        )
    return FAMILIES[architecture]
