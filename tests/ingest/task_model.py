"""Language models that do a task by construction: each head's role is written by hand.

GPT-2-shaped, MLPs zero, a token for each word of the task. The residual stream holds blocks of one dimension a word:
IN, the word itself; MID and TOLD, which heads write and later heads read; OUT, which W_U reads. Beside them stand a
constant and the position. What a head attends to where its queries find nothing is BOS, whose values are zero, so that
every head does one thing and nothing else.

Gains are in units that a norm leaves alone: attention logits, and entries of the residual stream, where words are 1.
"""

import math
import random
from collections.abc import Iterable, Mapping
from enum import Enum

import torch
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

from ingest.loaded_model import LoadedModel
from ingest.loading import wrap_language_model
from ingest.tasks.task import Task
from tests.ingest.word_tokenizer import word_tokenizer

N_HEADS = 6
_N_POS = 128
_SPARE = 40
_N_SENTENCES = 2500
LOGIT = 12.0
"""Attention logit of what a head looks for; half of it for BOS, so that either has all but 0.3 % against the other."""

NEAR = 300.0
"""Logit of what is looked for where the latest of several is to be found: more than all that lateness adds."""


class Block(Enum):
    """A part of the residual stream with one dimension for each word."""

    IN = 0
    MID = 1
    TOLD = 2
    OUT = 3


class Circuit:
    """Writes the heads of a language model of one task.

    Loudness is what logits are multiplied by: a norm keeps down what writes to many words at once.
    """

    def __init__(self, task: Task, n_layers: int, extra_words: Iterable[str] = (), *, loudness: float = 1.0) -> None:
        self.loudness = loudness
        generator = random.Random(0)
        texts = [*(task.sentences(generator) for _ in range(_N_SENTENCES)), *extra_words]
        self.tokenizer = word_tokenizer(texts)
        self.ids: Mapping[str, int] = self.tokenizer.get_vocab()
        self.n_words = len(self.ids)
        self.d_head = self.n_words + _SPARE
        self.d_model = N_HEADS * self.d_head
        assert 1 + _N_POS + 4 * self.n_words <= self.d_model
        config = GPT2Config(
            vocab_size=self.n_words, n_positions=_N_POS, n_embd=self.d_model, n_layer=n_layers, n_head=N_HEADS,
            n_inner=8, bos_token_id=0, eos_token_id=0, tie_word_embeddings=False, resid_pdrop=0.0, embd_pdrop=0.0,
            attn_pdrop=0.0,
        )  # fmt: skip
        self.model = GPT2LMHeadModel(config).eval()
        # Constant, word and position are 1 each: what a norm makes of an entry of 1 before any head has written.
        self.scale = math.sqrt(self.d_model / 3)
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                if not ("ln_" in name and name.endswith("weight")):
                    parameter.zero_()
            self._embed()

    def block(self, block: Block) -> slice:
        """Where a block lies in the residual stream."""
        start = 1 + _N_POS + block.value * self.n_words
        return slice(start, start + self.n_words)

    def mapping(self, pairs: Iterable[tuple[str, str, float]]) -> Tensor:
        """A matrix from words to words, of pairs with weights."""
        found = torch.zeros(self.n_words, self.n_words)
        for source, target, weight in pairs:
            found[self.ids[source], self.ids[target]] += weight
        return found

    def head(self, layer: int, head: int) -> "Head":
        """A head to be written; those never asked for write nothing."""
        return Head(self, layer, head)

    def loaded(self) -> LoadedModel:
        """The language model as a load would give it."""
        return wrap_language_model(
            self.model, self.tokenizer, hub_id="tiny/task", revision="sha256:" + "0" * 64, weights_sha256="0" * 64
        )

    def _embed(self) -> None:
        W_E, W_pos = self.model.transformer.wte.weight, self.model.transformer.wpe.weight
        W_E[:, 0] = 1.0
        W_E[:, self.block(Block.IN)] = torch.eye(self.n_words)
        W_pos[:, 1 : 1 + _N_POS] = torch.eye(_N_POS)
        self.model.lm_head.weight[:, self.block(Block.OUT)] = torch.eye(self.n_words) * (self.loudness / self.scale)


class Head:
    """Weights of one head; each rule of attention takes dimensions of its own."""

    def __init__(self, circuit: Circuit, layer: int, head: int) -> None:
        self._circuit = circuit
        attention = circuit.model.transformer.h[layer].attn
        own = slice(head * circuit.d_head, (head + 1) * circuit.d_head)
        fused = attention.c_attn.weight  # [d_model, query | key | value]
        self._W_Q, self._W_K, self._W_V = (
            fused[:, part * circuit.d_model : (part + 1) * circuit.d_model][:, own] for part in range(3)
        )
        self._W_O = attention.c_proj.weight[own]
        self._used = circuit.n_words
        self._unit = math.sqrt(circuit.d_head) / circuit.scale**2
        with torch.no_grad():
            # BOS, wherever nothing else is found.
            self._rule([0], [circuit.block(Block.IN).start], LOGIT / 2)

    def look(self, queries: Iterable[str], keys: Iterable[str], logit: float = LOGIT) -> "Head":
        """Some words look for others, wherever these stand."""
        start = self._circuit.block(Block.IN).start
        with torch.no_grad():
            self._rule(*([start + self._circuit.ids[word] for word in words] for words in (queries, keys)), logit)
        return self

    def prefer_late(self, logit_per_token: float = 2.0) -> "Head":
        """Of several keys the latest."""
        with torch.no_grad():
            at = self._take()
            self._W_Q[0, at] = logit_per_token * self._unit
            self._W_K[1 : 1 + _N_POS, at] = torch.arange(_N_POS).float()
        return self

    def match(self, query: Block, key: Block, logits: Tensor) -> "Head":
        """Queries look for keys by what both hold, word by word: logits are [query, key]."""
        n = self._circuit.n_words
        with torch.no_grad():
            self._W_Q[self._circuit.block(query), :n] = logits * self._unit
            self._W_K[self._circuit.block(key), :n] = torch.eye(n)
        return self

    def write(self, read: Block, written: Block, gains: Tensor) -> "Head":
        """What is read at the attended word is written into another block."""
        n = self._circuit.n_words
        with torch.no_grad():
            self._W_V[self._circuit.block(read), :n] = torch.eye(n) / self._circuit.scale
            self._W_O[:n, self._circuit.block(written)] += gains
            # The opening token says nothing.
            self._W_O[0, self._circuit.block(written)] = 0.0
        return self

    def _rule(self, queries: Iterable[int], keys: Iterable[int], logit: float) -> None:
        at = self._take()
        self._W_Q[list(queries), at] = logit * self._unit
        self._W_K[list(keys), at] = 1.0

    def _take(self) -> int:
        at, self._used = self._used, self._used + 1
        return at
