"""Prompts as a batch of token ids, and what a family of prompts is."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Self

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ingest.errors import PromptError

if TYPE_CHECKING:
    from ingest.prompts.corpus import Corpus


@dataclass(frozen=True)
class TokenInText:
    """One token of a text, and the characters that it stands for."""

    id: int
    piece: str
    """As the vocabulary writes it: `Ġthe`, `▁the`, `##ing`."""
    start: int
    """First character in the text; some tokenizers leave a token's leading blank out."""
    end: int


@dataclass(frozen=True)
class Vocabulary:
    """What prompts need to know of a tokenizer; no tokenizer at hand leaves the ids alone."""

    size: int
    bos_id: int | None
    """Token that opens every prompt, where the tokenizer has one."""
    special_ids: frozenset[int]
    """Ids that generated prompts never use."""
    encode: Callable[[str], list[int]] | None = field(default=None, repr=False)
    """Text to ids without special tokens; None where there is no tokenizer."""
    read: Callable[[str], list[TokenInText]] | None = field(default=None, repr=False)
    """The same with the place of each token in the text; None where the tokenizer does not say."""
    corpus: "Corpus | None" = field(default=None, repr=False)
    """Text that prompts are cut from; None takes the built-in one."""

    @property
    def ordinary_ids(self) -> Int[Tensor, " id"]:
        """Every id that a generated prompt may use, in ascending order."""
        closed = self.special_ids if self.bos_id is None else self.special_ids | {self.bos_id}
        return torch.tensor([i for i in range(self.size) if i not in closed], dtype=torch.long)


@dataclass(frozen=True)
class PromptBatch:
    """Prompts of one family, padded to one length."""

    tokens: Int[Tensor, "batch pos"]
    is_real: Bool[Tensor, "batch pos"]
    """False on padding."""
    has_bos: bool
    """Whether position 0 of each prompt (after left padding) holds BOS."""

    def spread(self, n_prompts: int) -> Self:
        """So many of the prompts, from first to last at even distances; all where there are no more.

        Families sweep over lengths and depths from one prompt to the next, and the first few would miss the end.
        """
        if len(self.tokens) <= n_prompts:
            return self
        rows = torch.linspace(0, len(self.tokens) - 1, n_prompts).round().long()
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        own: dict[str, Any] = {name: value[rows] for name, value in values.items() if isinstance(value, Tensor)}
        return replace(self, **own)

    @property
    def sha256(self) -> str:
        """Hash of ids and padding: two runs with equal hashes saw equal inputs."""
        digest = hashlib.sha256(str(tuple(self.tokens.shape)).encode())
        digest.update(self.tokens.cpu().numpy().astype("<i8").tobytes())
        digest.update(self.is_real.cpu().numpy().astype("u1").tobytes())
        return digest.hexdigest()

    @property
    def is_first(self) -> Bool[Tensor, "batch pos"]:
        """The first token of each prompt, BOS or not."""
        return self.is_real & (self.is_real.cumsum(dim=-1) == 1)

    @property
    def is_bos(self) -> Bool[Tensor, "batch pos"]:
        """BOS at the start of each prompt; nowhere where the tokenizer has none."""
        return self.is_first & self.has_bos


@dataclass(frozen=True)
class PromptFamily:
    """A way to make prompts from a seed."""

    name: str
    make: Callable[[Vocabulary, int, int, int], PromptBatch]
    """vocabulary, number of prompts, length in tokens, seed → prompts."""
    description: str
    default_length: int
    """Tokens of a prompt, BOS included, where the user asks for no other length."""

    @property
    def has_own_length(self) -> bool:
        """Whether its prompts are as long as they are, whatever length is asked for."""
        return False


def unpadded(rows: list[Int[Tensor, " pos"]], vocabulary: Vocabulary) -> PromptBatch:
    """Prompts of one length, with BOS in front where the tokenizer has one."""
    tokens = torch.stack(rows)
    if vocabulary.bos_id is not None:
        bos = torch.full((len(rows), 1), vocabulary.bos_id, dtype=torch.long)
        tokens = torch.cat([bos, tokens], dim=1)
    return PromptBatch(tokens, torch.ones_like(tokens, dtype=torch.bool), vocabulary.bos_id is not None)


def body_length(vocabulary: Vocabulary, n_prompts: int, length: int, at_least: int) -> int:
    """Tokens of a prompt without BOS.

    Raises:
        PromptError: No prompts, or too short for anything to be measured.
    """
    if n_prompts < 1:
        raise PromptError(f"{n_prompts} prompts leave nothing to measure: ask for at least 1.")
    n_bos = 0 if vocabulary.bos_id is None else 1
    if length - n_bos < at_least:
        raise PromptError(
            f"A prompt of {length} tokens{', BOS among them,' if n_bos else ''} is too short to measure: "
            f"ask for at least {at_least + n_bos}."
        )
    return length - n_bos
