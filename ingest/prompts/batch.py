"""Prompts as a batch of token ids, and what a family of prompts is."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Bool, Int
from torch import Tensor


@dataclass(frozen=True)
class Vocabulary:
    """What prompts need to know of a tokenizer; no tokenizer at hand leaves the ids alone."""

    size: int
    bos_id: int | None
    """Token that opens every prompt, where the tokenizer has one."""
    special_ids: frozenset[int]
    """Ids that generated prompts never use."""


@dataclass(frozen=True)
class PromptBatch:
    """Prompts of one family, padded to one length."""

    tokens: Int[Tensor, "batch pos"]
    is_real: Bool[Tensor, "batch pos"]
    """False on padding."""
    has_bos: bool
    """Whether position 0 of each prompt (after left padding) holds BOS."""

    @property
    def sha256(self) -> str:
        """Hash of ids and padding: two runs with equal hashes saw equal inputs."""
        digest = hashlib.sha256(str(tuple(self.tokens.shape)).encode())
        digest.update(self.tokens.cpu().numpy().astype("<i8").tobytes())
        digest.update(self.is_real.cpu().numpy().astype("u1").tobytes())
        return digest.hexdigest()


@dataclass(frozen=True)
class PromptFamily:
    """A way to make prompts from a seed."""

    name: str
    make: Callable[[Vocabulary, int, int, int], PromptBatch]
    """vocabulary, number of prompts, length in tokens, seed → prompts."""
    description: str
