"""The weights of a language model as detectors of weights read them: words in, circuits out, no prompt.

The OV circuit of a head maps a residual vector x to what the head would write if it attended to it with all its
attention: norm(x) @ W_V @ W_O, read through the final norm and W_U. Stated exactly:

- x is the embedding of a token without its position, by default with what the first layer's MLP adds to it (the
  *effective embedding*; with tied embeddings W_E alone would say little).
- norm(x) is the layer's own norm of x, gains included. Biases of norm, values and output are the same for every token
  and left out. With grouped queries each query head has the value of its group.
- The norms after W_O are folded in as gain and centring; their scale is positive, and no order depends on it.

Nothing of the size of the vocabulary squared is made, and no W_OV of more than one layer at a time.
"""

import hashlib
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ingest.architectures.readout import Readout
from ingest.engine.one_token import queries_and_keys, token_vectors, values
from ingest.engine.slices import slices
from ingest.errors import NoTargetError
from ingest.loaded_model import LoadedModel

# Tokens that decide whether a row of logits can be among the top at all, before the whole vocabulary is asked.
_N_SCREENED = 2048
# Rows of logits, and tokens of the vocabulary, that are held at once.
_ROWS = 256
_VOCABULARY_BLOCK = 8192

# Of one layer: what each head passes to W_O for each item.
Values = list[Float[Tensor, "head item d_head"]]


class WeightView:
    """Weights of one language model, and words as tokens. Its layers are those that have heads."""

    def __init__(self, loaded: LoadedModel, seed: int = 0) -> None:
        self._loaded = loaded
        self._seed = seed
        self._readout: Readout | None = None
        self.n_layers = len(loaded.attention_layers)
        self.n_heads = loaded.n_heads

    @property
    def d_vocab(self) -> int:
        """Rows of W_U; some vocabularies are padded beyond the tokenizer's."""
        return len(self.readout.unembedding)

    @property
    def readout(self) -> Readout:
        """W_O with its norms, and W_U.

        Raises:
            UnsupportedArchitectureError: Nobody wrote down where this family keeps W_O, or W_U is no one matrix.
        """
        if self._readout is None:
            self._readout = Readout(self._loaded)
        return self._readout

    def generator(self, *purpose: str) -> torch.Generator:
        """Random numbers for one purpose, the same in every run with this seed."""
        digest = hashlib.sha256("/".join([str(self._seed), *purpose]).encode()).digest()
        return torch.Generator().manual_seed(int.from_bytes(digest[:7], "little"))

    def token_id(self, word: str) -> int | None:
        """The one token that spells a word, as it stands within a sentence; None where it takes several.

        Raises:
            NoTargetError: There is no tokenizer.
        """
        tokenizer = self._loaded.tokenizer
        if tokenizer is None:
            raise NoTargetError(f"{self._loaded.hub_id} comes without a tokenizer, so it has no words to look up.")
        # Tokenizers differ in whether the blank before a word is given or implied.
        for text in (f" {word}", word):
            ids = tokenizer.encode(text, add_special_tokens=False)
            if len(ids) == 1 and ids[0] not in self._loaded.special_ids and str(tokenizer.decode(ids)).strip() == word:
                return int(ids[0])
        return None

    def sample_tokens(self, n: int, purpose: str) -> Int[Tensor, " item"]:
        """Ordinary tokens drawn without replacement; all of them where there are no more."""
        closed = self._loaded.special_ids | ({self._loaded.bos_id} if self._loaded.bos_id is not None else set())
        drawn = torch.randperm(self._loaded.d_vocab, generator=self.generator("tokens", purpose))
        is_open = torch.ones(self._loaded.d_vocab, dtype=torch.bool)
        is_open[[token for token in closed if token < len(is_open)]] = False
        return drawn[is_open[drawn]][:n]

    def embeddings(self, ids: Int[Tensor, " item"], *, after_first_mlp: bool = True) -> Float[Tensor, "item d_model"]:
        """The effective embedding of tokens; W_E alone where the first MLP is to be left out."""
        return token_vectors(self._loaded, ids, after_first_mlp=after_first_mlp)

    def unembeddings(self, ids: Int[Tensor, " item"]) -> Float[Tensor, "item d_model"]:
        """Rows of W_U: the residual vector that predicts a token."""
        return self.readout.unembedding[ids.to(self.readout.unembedding.device)].float().cpu()

    def values(self, vectors: Float[Tensor, "item d_model"]) -> Values:
        """What each head of each layer passes to W_O when it attends to a residual vector."""
        return values(self._loaded, vectors)

    def logits(self, found: Values, choices: Int[Tensor, "item choice"]) -> Float[Tensor, "layer head item choice"]:
        """By how much the heads raise the tokens asked for, up to a positive factor for each layer, head and item."""
        unembedding = self.readout.unembedding
        rows = unembedding[choices.to(unembedding.device)].float()
        by_layer = []
        for layer, of_layer in enumerate(found):
            written = of_layer.to(unembedding.device) @ self.readout.W_O(layer)  # [head, item, d_model]
            by_layer.append(torch.einsum("hid,icd->hic", written, rows).cpu())
        return torch.stack(by_layer)

    def is_among_top(
        self, found: Values, tokens: Int[Tensor, "item choice"], k: int, *, sign: int = 1
    ) -> Bool[Tensor, "layer head item choice"]:
        """Whether tokens are among the k of the whole vocabulary that a head raises most; lowers most with sign −1.

        Each choice is ranked by itself. Tokens raised alike count half each, so that a head which writes nothing has no
        token among its top.
        """
        unembedding = self.readout.unembedding
        part = torch.randperm(len(unembedding), generator=self.generator("screen"))[:_N_SCREENED]
        top = _Top(unembedding, part.to(unembedding.device), tokens.to(unembedding.device), k)
        return torch.stack(
            [
                top.of_layer(sign * of_layer.to(unembedding.device), self.readout.W_O(layer)).cpu()
                for layer, of_layer in enumerate(found)
            ]
        )

    def positive_eigenvalues(self, found: Values, tokens: Int[Tensor, " item"]) -> Float[Tensor, "layer head"]:
        """(1 + Σ λ / Σ |λ|) / 2 over the circuit from the items to the tokens, one token for each item.

        The eigenvalues of items → d_head → tokens, other than zeros, are those of d_head → tokens → d_head: the
        smaller matrix is taken. 0.5 for a head that writes nothing.
        """
        unembedding = self.readout.unembedding
        rows = unembedding[tokens.to(unembedding.device)].float()
        by_layer = []
        for layer, of_layer in enumerate(found):
            to_tokens = self.readout.W_O(layer) @ rows.T  # [head, d_head, token]
            of_items = of_layer.to(unembedding.device)
            circuit = of_items @ to_tokens if len(tokens) < of_items.shape[2] else to_tokens @ of_items
            # The largest entry only sets the scale, and eigenvalues of tiny matrices lose precision.
            circuit = circuit / circuit.abs().amax(dim=(1, 2), keepdim=True).clamp(min=1e-30)
            eigenvalues = torch.linalg.eigvals(circuit.double().cpu())
            size = eigenvalues.abs().sum(dim=-1)
            share = torch.where(size > 0, eigenvalues.real.sum(dim=-1) / size.clamp(min=1e-30), 0.0)
            by_layer.append((1 + share.float()) / 2)
        return torch.stack(by_layer).clamp(0, 1)

    def queries_and_keys(
        self, for_queries: Float[Tensor, "item d_model"], for_keys: Float[Tensor, "key d_model"]
    ) -> list[tuple[Float[Tensor, "head item d_query"], Float[Tensor, "head key d_query"]]]:
        """Queries and keys of each layer at one position; their product is the attention logit."""
        return list(queries_and_keys(self._loaded, for_queries, for_keys))


@dataclass(frozen=True)
class _Top:
    """Decides whether tokens are among the top of a head, without all logits of all items."""

    unembedding: Float[Tensor, "vocab d_model"]
    part: Int[Tensor, " part"]
    """Tokens that are looked at first."""
    tokens: Int[Tensor, "item choice"]
    k: int

    def of_layer(
        self, found: Float[Tensor, "head item d_head"], W_O: Float[Tensor, "head d_head d_model"]
    ) -> Bool[Tensor, "head item choice"]:
        written = found @ W_O  # [head, item, d_model]
        goal = torch.einsum("hid,icd->hic", written, self.unembedding[self.tokens].float())
        # Most rows have more than k tokens above the goal already in a part of the vocabulary, and are decided by it:
        # below the (k + 1)-th largest there are at least k others above, even if the goal itself is in the part.
        screened = found @ (W_O @ self.unembedding[self.part].float().T)  # [head, item, part]
        bar = screened.topk(min(self.k + 1, len(self.part)), dim=-1).values[..., -1:]
        # A head that writes nothing raises all tokens alike and none above the others.
        is_open = (goal >= bar) & (written.abs().amax(dim=-1, keepdim=True) > 0)
        is_top = torch.zeros_like(is_open)
        head, item = is_open.any(dim=-1).nonzero(as_tuple=True)
        for rows in slices(len(head), _ROWS):
            h, i = head[rows], item[rows]
            is_top[h, i] = self._n_above(written[h, i], goal[h, i], self.tokens[i]) < self.k
        return is_top

    def _n_above(
        self,
        written: Float[Tensor, "row d_model"],
        goal: Float[Tensor, "row choice"],
        tokens: Int[Tensor, "row choice"],
    ) -> Float[Tensor, "row choice"]:
        """Other tokens of the vocabulary above the goals; W_U a block at a time, since it may be stored in half."""
        n_above = torch.zeros_like(goal)
        ids = torch.arange(len(self.unembedding), device=goal.device)
        for block in slices(len(ids), _VOCABULARY_BLOCK):
            logits = written @ self.unembedding[block].float().T
            for choice in range(tokens.shape[1]):
                is_other = ids[block] != tokens[:, choice, None]
                n_above[:, choice] += _n_above(logits, goal[:, choice], is_other)
        return n_above


def _n_above(
    logits: Float[Tensor, "*row token"], goal: Float[Tensor, "*row"], is_other: Bool[Tensor, "#rows token"]
) -> Float[Tensor, "*row"]:
    """Other tokens above the goal; those at it count half."""
    above = (logits > goal[..., None]).float() + 0.5 * (logits == goal[..., None]).float()
    return (above * is_other).sum(dim=-1)
