"""A hub id and a revision in, or a directory: a LoadedModel out.

Only safetensors are read and no code that comes with the weights is run. What is wrong with a directory is said
before torch touches it: `model_folder.py` holds those checks.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import huggingface_hub
import torch
import transformers
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from ingest.architectures.encoders import framing, is_encoder, n_reserved_positions
from ingest.architectures.placement import device_of
from ingest.architectures.shape import read_shape
from ingest.device_map import DeviceMap
from ingest.errors import LanguageModelError, LanguageModelNotFoundError, UnsafeWeightsError
from ingest.loaded_model import LoadedModel
from ingest.model_folder import check_folder, has_tokenizer, hash_weights
from ingest.prompts.corpus import FILE_OF_FOLDER, read_corpus

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

# What transformers raises for weights or files that it cannot use.
_LOADING_ERRORS = (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError, ImportError, SafetensorError)


def load_language_model(
    source: str,
    *,
    revision: str | None = None,
    device: str = "auto",
    dtype: str = "float32",
    device_map: DeviceMap | None = None,
) -> LoadedModel:
    """Load a language model from a directory or from the hub.

    Args:
        source: A directory, or a hub id such as `openai-community/gpt2`.
        revision: Branch, tag or commit on the hub; a directory has none, its weights are hashed instead.
        device: `auto` (CUDA where there is one), `cpu`, `cuda` or `cuda:N`.
        dtype: `float32`, `bfloat16` or `float16`.
        device_map: Spreads the layers over several devices, in place of `device`; see `device_map.py`.

    Raises:
        LanguageModelNotFoundError: No such directory, or the hub does not have it or cannot be reached.
        UnsafeWeightsError: Only pickled weights, or code that would have to run.
        UnsupportedArchitectureError: Neither a decoder nor an encoder that transformers knows.
        LanguageModelError: Weights, configuration, device or dtype cannot be used.
    """
    torch_device, torch_dtype = _device(device), _dtype(dtype)
    with _quiet():
        folder, commit = _locate(source, revision)
        check_folder(folder)
        digest = hash_weights(folder)
        model = _load_weights(folder, torch_dtype, torch_device, device_map)
        tokenizer = _load_tokenizer(folder)
        corpus = read_corpus(folder / FILE_OF_FOLDER) if (folder / FILE_OF_FOLDER).exists() else None
    loaded = wrap_language_model(
        model, tokenizer, hub_id=source, revision=commit or f"sha256:{digest}", weights_sha256=digest
    )
    return replace(loaded, corpus=corpus)


def wrap_language_model(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase | None,
    *,
    hub_id: str,
    revision: str,
    weights_sha256: str,
) -> LoadedModel:
    """A model that is already in memory, as the rest of ingest takes it.

    Raises:
        UnsupportedArchitectureError: The model has no attention heads that can be counted.
    """
    shape = read_shape(model.config)
    model.train(False).requires_grad_(False)
    bos_id, special_ids = _special_tokens(model.config, tokenizer, shape.d_vocab)
    closing_id = None
    if is_encoder(model.config):
        opening_id, closing_id = framing(tokenizer)
        bos_id = bos_id if tokenizer is None else opening_id
    return LoadedModel(
        model=model,
        tokenizer=tokenizer,
        hub_id=hub_id,
        revision=revision,
        weights_sha256=weights_sha256,
        architecture=model.config.model_type,
        n_layers=shape.n_layers,
        attention_layers=shape.attention_layers,
        n_heads=shape.n_heads,
        n_kv_heads=shape.n_kv_heads,
        d_model=shape.d_model,
        d_head=shape.d_head,
        d_vocab=shape.d_vocab,
        context_length=shape.context_length - n_reserved_positions(model.base_model) - (closing_id is not None),
        bos_id=bos_id,
        special_ids=special_ids,
        is_causal=not is_encoder(model.config),
        closing_id=closing_id,
        device=device_of(model.get_input_embeddings()),
        dtype=model.dtype,
    )


def _locate(source: str, revision: str | None) -> tuple[Path, str | None]:
    """Folder with the files, and the commit when it came from the hub."""
    folder = Path(source).expanduser()
    if folder.is_dir():
        if revision is not None:
            raise LanguageModelError(
                f"{source} is a directory, which has no revision {revision!r}; leave the revision out."
            )
        return folder, None
    if folder.exists():
        raise LanguageModelError(f"{source} is a file; name the directory that holds config.json and the weights.")
    if source.startswith((".", "~", os.sep)) or source.count("/") > 1:
        raise LanguageModelNotFoundError(f"There is no directory {source}; name one that exists, or a hub id.")
    return _download(source, revision)


def _download(hub_id: str, revision: str | None) -> tuple[Path, str]:
    try:
        # The snapshot's folder is named after the commit that the revision stands for.
        folder = Path(
            huggingface_hub.snapshot_download(
                hub_id,
                revision=revision,
                allow_patterns=["*.safetensors", "*.json", "*.txt", "*.model"],
                ignore_patterns=["*/*"],
            )
        )
    except huggingface_hub.errors.RevisionNotFoundError as problem:
        raise LanguageModelNotFoundError(f"The hub's {hub_id} has no revision {revision!r}; check it.") from problem
    except huggingface_hub.errors.GatedRepoError as problem:
        raise LanguageModelNotFoundError(
            f"{hub_id} is gated: accept its terms on the hub and log in, or give a directory."
        ) from problem
    except huggingface_hub.errors.RepositoryNotFoundError as problem:
        raise LanguageModelNotFoundError(f"The hub has no {hub_id}, or it is private; check the id.") from problem
    except (huggingface_hub.errors.HFValidationError, ValueError) as problem:
        raise LanguageModelNotFoundError(f"{hub_id!r} is neither a directory nor a hub id; check it.") from problem
    except (OSError, huggingface_hub.errors.HfHubHTTPError) as problem:
        raise LanguageModelNotFoundError(
            f"{hub_id} is no directory here, is not in the local cache, and the hub cannot be reached; "
            "give a directory with the weights, or try again with a connection."
        ) from problem
    return folder, folder.name


def _load_config(folder: Path) -> PreTrainedConfig:
    try:
        return AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (*_LOADING_ERRORS, huggingface_hub.errors.StrictDataclassError) as problem:
        raise LanguageModelError(
            f"{folder / 'config.json'} states what cannot be ({_last_line(problem)}); download it again."
        ) from problem


def _load_weights(
    folder: Path, dtype: torch.dtype, device: torch.device, device_map: DeviceMap | None
) -> PreTrainedModel:
    config = _load_config(folder)
    loader: Any = AutoModelForMaskedLM if is_encoder(config) else AutoModelForCausalLM
    try:
        # Eager, because families that ignore the attention interface keep what they were loaded with.
        model, report = loader.from_pretrained(
            folder,
            config=config,
            dtype=dtype,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            attn_implementation="eager",
            output_loading_info=True,
            **({} if device_map is None else {"device_map": device_map}),
        )
    except _LOADING_ERRORS as problem:
        if device_map is not None:
            raise LanguageModelError(
                f"{folder} cannot be spread by this device map ({_first_line(problem)}); correct it, or leave it out."
            ) from problem
        raise LanguageModelError(
            f"The weights in {folder} cannot be loaded ({_first_line(problem)}); download them again."
        ) from problem
    # transformers fills what is missing with random numbers and only warns.
    wrong = sorted(report["missing_keys"]) + sorted(str(key) for key in report["mismatched_keys"])
    if wrong and is_encoder(config) and not any(key.startswith(f"{model.base_model_prefix}.") for key in wrong):
        # An encoder may be published without the head that guesses masked tokens, or with another in its place.
        return _placed(model.base_model, device, device_map)
    if wrong:
        raise LanguageModelError(
            f"The weights in {folder} lack {len(wrong)} tensors that config.json asks for, {wrong[0]} among them; "
            "download them again."
        )
    return _placed(model, device, device_map)


def _placed(model: Any, device: torch.device, device_map: DeviceMap | None) -> PreTrainedModel:
    # What accelerate has spread is where it should be.
    placed: PreTrainedModel = model if device_map is not None else model.to(device)
    return placed


def _load_tokenizer(folder: Path) -> PreTrainedTokenizerBase | None:
    if not has_tokenizer(folder):
        return None
    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as problem:  # tokenizers raises bare Exception for a file that it cannot parse
        if "trust_remote_code" in str(problem):
            raise UnsafeWeightsError(
                f"The tokenizer in {folder} needs code that comes with it, which headcat does not run; "
                "remove its files to scan with random tokens."
            ) from problem
        raise LanguageModelError(
            f"The tokenizer in {folder} cannot be read ({_first_line(problem)}); "
            "download it again, or remove its files to scan with random tokens."
        ) from problem


def _special_tokens(
    config: Any, tokenizer: PreTrainedTokenizerBase | None, d_vocab: int
) -> tuple[int | None, frozenset[int]]:
    text = config.get_text_config(decoder=True)
    stated: set[int] = set()
    for name in ("bos_token_id", "eos_token_id", "pad_token_id"):
        value = getattr(text, name, None)
        stated.update(value if isinstance(value, list) else [] if value is None else [value])
    bos_id = getattr(text, "bos_token_id", None)
    if tokenizer is not None:
        bos_id = tokenizer.bos_token_id
        stated.update(tokenizer.all_special_ids)
        # Embedding rows past the tokenizer's last token round the matrix up and were never trained.
        stated.update(range(len(tokenizer), d_vocab))
    is_usable = isinstance(bos_id, int) and 0 <= bos_id < d_vocab
    return bos_id if is_usable else None, frozenset(i for i in stated if 0 <= i < d_vocab)


def _device(name: str) -> torch.device:
    try:
        device = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as problem:
        raise LanguageModelError(f"There is no device {name!r} here; use auto, cpu, cuda or cuda:N.") from problem
    return device


def _dtype(name: str) -> torch.dtype:
    if name not in DTYPES:
        raise LanguageModelError(f"There is no dtype {name!r}; use {', '.join(DTYPES)}.")
    return DTYPES[name]


def _first_line(problem: BaseException) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0].rstrip(".")


def _last_line(problem: BaseException) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[-1].strip().rstrip(".")


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what transformers and the hub print; a refusal says what matters."""
    log: Any = transformers.utils.logging
    hub: Any = huggingface_hub.utils
    verbosity, has_bars = log.get_verbosity(), log.is_progress_bar_enabled()
    log.set_verbosity_error()
    log.disable_progress_bar()
    hub.disable_progress_bars()
    try:
        yield
    finally:
        log.set_verbosity(verbosity)
        if has_bars:
            log.enable_progress_bar()
            hub.enable_progress_bars()
