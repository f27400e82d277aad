"""A planted language model in memory: the weights, and what every head is."""

from dataclasses import dataclass, field
from typing import Literal

from transformers import GPT2LMHeadModel, LlamaForCausalLM

from catalog.notation import HeadRef
from ingest.planted.head_kind import HeadKind

Scheme = Literal["gpt2", "llama"]


@dataclass(frozen=True)
class PlantedModel:
    """A language model whose heads are known."""

    model: GPT2LMHeadModel | LlamaForCausalLM = field(repr=False)
    scheme: str
    seed: int
    sharpness: float
    noise: float
    kinds: dict[HeadRef, HeadKind]
    """What every head of the language model is."""
    reads_text: bool = False
    """Whether heads read marks of characters; the tokenizer then has the words Yes and No."""

    @property
    def heads(self) -> dict[HeadRef, str]:
        """Planted heads and the slug of their head type."""
        return {head: kind.head_type for head, kind in self.kinds.items() if kind.head_type is not None}

    @property
    def decoys(self) -> dict[HeadRef, str]:
        """All other heads and what they are."""
        return {head: kind.name for head, kind in self.kinds.items() if kind.head_type is None}

    @property
    def offsets(self) -> dict[HeadRef, int]:
        """Distance to which each planted previous-token and positional head attends."""
        return {head: kind.offset for head, kind in self.kinds.items() if kind.offset is not None}

    def of_type(self, head_type: str) -> frozenset[HeadRef]:
        """Heads planted as this head type: what a detector must find."""
        return frozenset(head for head, slug in self.heads.items() if slug == head_type)

    def excused(self, head_type: str) -> frozenset[HeadRef]:
        """Other heads that have this type's attention pattern: to find them by pattern is neither right nor wrong.

        A silent induction head has the pattern of induction; heads without a target rest on BOS as a sink does.
        """
        return frozenset(head for head, kind in self.kinds.items() if head_type in kind.shows)
