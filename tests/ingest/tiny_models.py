"""Tiny language models with random weights, one of each family, built in milliseconds from a seed.

`make_tiny("llama")` gives a LoadedModel as a load would; families differ in what the engine must get right: grouped
keys, rotary positions, soft-capping, windows, sinks, norms, biases.
"""

import hashlib
from typing import Any

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, PreTrainedConfig

from ingest.loaded_model import LoadedModel
from ingest.loading import wrap_language_model

D_VOCAB = 97
CONTEXT_LENGTH = 640
# Shorter than the longer prompts of the tests, so that it hides keys.
WINDOW = 6

_HF = {
    "vocab_size": D_VOCAB,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": CONTEXT_LENGTH,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "pad_token_id": None,
}
_GQA = _HF | {"num_key_value_heads": 2, "head_dim": 8}
_GPT = {
    "vocab_size": D_VOCAB,
    "n_embd": 32,
    "n_layer": 2,
    "n_head": 4,
    "n_positions": CONTEXT_LENGTH,
    "bos_token_id": 0,
    "eos_token_id": 0,
}
_WINDOWED = {"sliding_window": WINDOW, "layer_types": ["sliding_attention", "full_attention"]}

CONFIGURATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "gpt2": ("GPT2Config", _GPT),
    "gpt_neox": ("GPTNeoXConfig", _HF),
    "llama": ("LlamaConfig", _GQA),
    "mistral": ("MistralConfig", _GQA | {"sliding_window": WINDOW}),
    "qwen2": ("Qwen2Config", _GQA),
    "qwen3": ("Qwen3Config", _GQA),
    "gemma2": ("Gemma2Config", _GQA | _WINDOWED | {"query_pre_attn_scalar": 8, "attn_logit_softcapping": 2.0}),
    "gemma3": ("Gemma3TextConfig", _GQA | _WINDOWED | {"query_pre_attn_scalar": 8}),
    "phi": ("PhiConfig", _HF),
    "phi3": ("Phi3Config", _HF | {"num_key_value_heads": 2, "sliding_window": None}),
    "olmo2": ("Olmo2Config", _HF | {"num_key_value_heads": 2}),
    "opt": ("OPTConfig", _HF | {"ffn_dim": 48, "word_embed_proj_dim": 32, "pad_token_id": 1}),
    "gpt_oss": ("GptOssConfig", _GQA | _WINDOWED | {"num_local_experts": 2, "num_experts_per_tok": 1}),
    "mixtral": ("MixtralConfig", _GQA | {"num_local_experts": 2, "num_experts_per_tok": 1}),
    "gpt_bigcode": ("GPTBigCodeConfig", _GPT),
    "gptj": ("GPTJConfig", _GPT | {"rotary_dim": 4}),
    "falcon": ("FalconConfig", _HF | {"alibi": False}),
    "bloom": ("BloomConfig", {"vocab_size": D_VOCAB, "hidden_size": 32, "n_layer": 2, "n_head": 4}),
    "gpt_neo": (
        "GPTNeoConfig",
        _HF | {"num_layers": 2, "num_heads": 4, "attention_types": [[["global", "local"], 1]], "window_size": WINDOW},
    ),
}

ENCODERS: dict[str, tuple[str, dict[str, Any]]] = {
    "bert": ("BertConfig", _HF | {"pad_token_id": 1}),
    "roberta": ("RobertaConfig", _HF | {"pad_token_id": 1}),
    "electra": ("ElectraConfig", _HF | {"embedding_size": 16, "pad_token_id": 1}),
    "distilbert": (
        "DistilBertConfig",
        {
            "vocab_size": D_VOCAB,
            "dim": 32,
            "hidden_dim": 48,
            "n_layers": 2,
            "n_heads": 4,
            "max_position_embeddings": CONTEXT_LENGTH,
        },
    ),
    "modernbert": (
        "ModernBertConfig",
        _HF | {"local_attention": WINDOW, "layer_types": ["sliding_attention", "full_attention"], "pad_token_id": 1},
    ),
}
"""Masked language models: every token sees the whole prompt, or a window on both sides."""

_MAMBA = {"mamba_n_heads": 8, "mamba_d_head": 8, "mamba_d_state": 8, "mamba_n_groups": 1}
_FOUR = _GQA | {"num_hidden_layers": 4}
HYBRIDS: dict[str, tuple[str, dict[str, Any]]] = {
    "jamba": (
        "JambaConfig",
        _FOUR
        | {"attn_layer_period": 2, "attn_layer_offset": 1, "mamba_d_state": 4, "mamba_dt_rank": 2}
        | {"expert_layer_period": 2, "expert_layer_offset": 1, "num_experts": 2, "num_experts_per_tok": 1},
    ),
    "bamba": ("BambaConfig", _FOUR | _MAMBA | {"attn_layer_indices": [1, 3]}),
    "granitemoehybrid": (
        "GraniteMoeHybridConfig",
        _FOUR
        | _MAMBA
        | {"layer_types": ["mamba", "attention"] * 2, "num_local_experts": 2, "num_experts_per_tok": 1}
        | {"shared_intermediate_size": 16},
    ),
    "zamba2": (
        "Zamba2Config",
        _HF
        | {"num_hidden_layers": 4, "layers_block_type": ["mamba", "hybrid"] * 2, "num_key_value_heads": 4}
        | {"mamba_d_state": 8, "mamba_ngroups": 1, "n_mamba_heads": 8, "num_mem_blocks": 1},
    ),
    "lfm2": ("Lfm2Config", _FOUR | {"layer_types": ["conv", "full_attention"] * 2}),
    "recurrent_gemma": (
        "RecurrentGemmaConfig",
        _FOUR | {"block_types": ["recurrent", "attention"], "lru_width": 32, "attention_window_size": WINDOW},
    ),
    "qwen3_next": (
        "Qwen3NextConfig",
        _FOUR
        | {"layer_types": ["linear_attention", "full_attention"] * 2}
        | {"linear_num_value_heads": 2, "linear_num_key_heads": 2}
        | {"linear_key_head_dim": 8, "linear_value_head_dim": 8, "num_experts": 2, "num_experts_per_tok": 1}
        | {"moe_intermediate_size": 16, "shared_expert_intermediate_size": 16},
    ),
}
"""Four layers of which the second and the fourth attend."""

STREAMED = tuple(name for name in CONFIGURATIONS if name not in {"gptj", "falcon", "bloom", "gpt_neo"})
"""Families whose attention goes through the interface."""
IGNORING = ("gptj", "falcon", "bloom", "gpt_neo")
"""Families that accept a registered attention function and ignore it."""


def make_config(family: str, **changes: Any) -> PreTrainedConfig:
    """The configuration of a tiny model."""
    name, arguments = (CONFIGURATIONS | ENCODERS | HYBRIDS)[family]
    return getattr(transformers, name)(**(arguments | changes))


def make_tiny(
    family: str,
    *,
    seed: int = 0,
    scale: float = 0.3,
    device: str = "cpu",
    dtype: torch.dtype = torch.float32,
    **changes: Any,
) -> LoadedModel:
    """A tiny random model.

    Args:
        family: A key of CONFIGURATIONS, ENCODERS or HYBRIDS.
        seed: Of the weights.
        scale: Standard deviation of every matrix; large enough that patterns are far from uniform.
        device: Where it goes.
        dtype: Of its weights.
        changes: Of the configuration.
    """
    loader: Any = AutoModelForMaskedLM if family in ENCODERS else AutoModelForCausalLM
    model = loader.from_config(make_config(family, **changes), attn_implementation="eager")
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * scale)
            else:  # norms, biases and sinks: near what they start from, and not exactly there
                parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.1)
    digest = hashlib.sha256(f"{family} {seed} {scale} {sorted(changes.items())}".encode()).hexdigest()
    return wrap_language_model(
        model.to(device, dtype), None, hub_id=f"tiny/{family}", revision=f"sha256:{digest}", weights_sha256=digest
    )
