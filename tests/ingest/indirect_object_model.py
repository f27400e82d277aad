"""A language model that finds the indirect object, with weights by hand: each head's role is known by construction.

GPT-2-shaped, four layers of four heads, MLPs zero. The residual stream holds blocks: what kind of word a token is,
which name, its position, and three blocks that heads write. Norms scale vectors by some factor between 4 and 10, which
the margins below allow for.

| head | at | attends to | writes |
|---|---|---|---|
| L0H0 previous token | every token | the token before | its name as SUBJECT: the verb knows who acts |
| L1H0 S-inhibition | the last token | the verb | SUBJECT as INHIBITED |
| L2H0 name mover | the last token | names, but not the inhibited one | the name as OUT, which W_U reads |
| L2H1 negative name mover | the same | the same | the same, -0.3 times |
| L3H0 backup name mover | the last token | BOS, or the name that OUT lacks | the same, half as much |

All others attend at random and write where nobody reads.
"""

import random
from functools import cache

import torch
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

from catalog.notation import HeadRef
from ingest.loaded_model import LoadedModel
from ingest.loading import wrap_language_model
from ingest.registry import select
from ingest.scan import scan
from ingest.scan_result import DetectorResult, ScanOptions, ScanResult
from ingest.tasks.indirect_object import NAMES, sentences
from ingest.verdict import HeadRecord
from tests.ingest.word_tokenizer import word_tokenizer

HEADS = {
    "previous_token": HeadRef(0, 0),
    "s_inhibition": HeadRef(1, 0),
    "name_mover": HeadRef(2, 0),
    "negative_name_mover": HeadRef(2, 1),
    "backup_name_mover": HeadRef(3, 0),
}
_N_NAMES, _N_POS, _D_MODEL = len(NAMES), 40, 272
_BOS, _NAME, _LAST, _VERB = range(4)
_ID = slice(8, 8 + _N_NAMES)
_POS, _SUBJECT, _INHIBITED, _OUT = (slice(48 + 40 * i, 88 + 40 * i) for i in range(4))
_UNREAD = slice(208, _D_MODEL)
_VERBS = ("gave", "handed", "passed", "showed", "offered", "sold", "brought", "sent")
_OF_NAME = _N_NAMES
"""Dimension of a head in which a name is asked for as such; those before are for which name."""


@cache
def make_indirect_object_model() -> LoadedModel:
    """The language model with a tokenizer that has a token for each word of the task."""
    generator = random.Random(0)
    tokenizer = word_tokenizer([*(sentences(generator) for _ in range(500)), " ".join(NAMES)])
    config = GPT2Config(
        vocab_size=len(tokenizer), n_positions=_N_POS, n_embd=_D_MODEL, n_layer=4, n_head=4, n_inner=8,
        bos_token_id=0, eos_token_id=0, tie_word_embeddings=False, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
    )  # fmt: skip
    model = GPT2LMHeadModel(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if not ("ln_" in name and name.endswith("weight")):
                parameter.zero_()
        ids = tokenizer.get_vocab()
        _embed(model, ids)
        for layer, block in enumerate(model.transformer.h):
            _write_noise(block.attn, seed=layer)
        _write_circuit(model)
    return wrap_language_model(
        model, tokenizer, hub_id="tiny/indirect-object", revision="sha256:" + "0" * 64, weights_sha256="0" * 64
    )


def _embed(model: GPT2LMHeadModel, ids: dict[str, int]) -> None:
    W_E, W_pos, W_U = model.transformer.wte.weight, model.transformer.wpe.weight, model.lm_head.weight
    W_E[0, _BOS] = 1.0
    W_E[ids["to"], _LAST] = 1.0
    for verb in _VERBS:
        W_E[ids[verb], _VERB] = 1.0
    for i, name in enumerate(NAMES):
        W_E[ids[name], _NAME] = 1.0
        W_E[ids[name], _ID.start + i] = 1.0
        W_U[ids[name], _OUT.start + i] = 0.5
    W_pos[:, _POS] = torch.eye(_N_POS)


def _write_circuit(model: GPT2LMHeadModel) -> None:
    names = torch.eye(_N_NAMES)
    previous, inhibition, mover, negative, backup = (
        _Head(model.transformer.h[head.layer].attn, head.head) for head in HEADS.values()
    )
    previous.match(_POS, _POS, 3 * torch.eye(_N_POS).roll(1, dims=0).tril(-1))
    previous.copy(_ID, _SUBJECT, 0.1 * names)
    inhibition.ask(_LAST, _VERB, 3.0)
    inhibition.copy(_SUBJECT, _INHIBITED, 0.12 * names)
    for head, gain in ((mover, 0.4), (negative, -0.12)):
        head.ask(_LAST, _NAME, 3.0)
        head.match(_INHIBITED, _ID, -6 * names)
        head.copy(_ID, _OUT, gain * names)
    backup.ask(_LAST, _NAME, 6.0)
    backup.ask(_LAST, _BOS, 3.0, dimension=_OF_NAME + 1)
    backup.match(_INHIBITED, _ID, -12 * names)
    backup.match(_OUT, _ID, -6 * names)
    backup.copy(_ID, _OUT, 0.2 * names)


@cache
def scanned() -> ScanResult:
    """All detectors of the roles on this language model."""
    names = ["name_mover", "negative_name_mover", "backup_name_mover", "s_inhibition"]
    return scan(make_indirect_object_model(), select(names), ScanOptions())


def result_of(name: str) -> DetectorResult:
    """What one of them found."""
    return next(each for each in scanned().detectors if each.detector.name == name)


def record_of(name: str, head: HeadRef) -> HeadRecord:
    """What it says of one head."""
    return scanned().head_record(result_of(name), head)


class _Head:
    """Weights of one head."""

    def __init__(self, attention: torch.nn.Module, head: int) -> None:
        width = _D_MODEL // 4
        own = slice(head * width, (head + 1) * width)
        fused = attention.c_attn.weight  # [d_model, query | key | value]
        self.W_Q, self.W_K, self.W_V = (fused[:, part * _D_MODEL :][:, own] for part in range(3))
        self.W_O = attention.c_proj.weight[own]
        for weights in (self.W_Q, self.W_K, self.W_V, self.W_O):
            weights.zero_()

    def ask(self, of_query: int, of_key: int, gain: float, dimension: int = _OF_NAME) -> None:
        """Queries with one feature look for keys with another."""
        self.W_Q[of_query, dimension] = gain
        self.W_K[of_key, dimension] = 1.0

    def match(self, of_query: slice, of_key: slice, gains: Tensor) -> None:
        """Queries look for keys by what both hold, entry by entry: gains are [query, key]."""
        self.W_Q[of_query, : len(gains)] += gains
        self.W_K[of_key, : len(gains)] = torch.eye(len(gains))

    def copy(self, read: slice, written: slice, gains: Tensor) -> None:
        """What is read at the attended token is written into another block."""
        self.W_V[read, : len(gains)] = torch.eye(len(gains))
        self.W_O[: len(gains), written] = gains


def _write_noise(attention: torch.nn.Module, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    attention.c_attn.weight.copy_(0.1 * torch.randn(attention.c_attn.weight.shape, generator=generator))
    unread = attention.c_proj.weight[:, _UNREAD]
    unread.copy_(0.02 * torch.randn(unread.shape, generator=generator))
