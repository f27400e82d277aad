"""Two domains in pairs: a window of English prose, then a window of Python code of the same length.

Prose is that of `natural_text`. Code is the standard library of the running Python without comments and docstrings,
which are prose again. Neither needs a download; both differ between versions of Python, so that the hash of the prompts
belongs to a run.
"""

import ast
import importlib.util
import random
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ingest.errors import NoTargetError, PromptError
from ingest.prompts import natural_text
from ingest.prompts.batch import PromptBatch, PromptFamily, Vocabulary, body_length, unpadded
from ingest.prompts.corpus import check_knows, text_ids

# Written for people to read, long, and part of every Python since 3.11.
_MODULES = (
    "argparse", "configparser", "csv", "difflib", "fractions", "heapq", "shutil", "statistics", "string", "tarfile",
    "textwrap", "typing",
)  # fmt: skip
# Code takes about three characters a token, and small vocabularies little more than one.
_CHARACTERS_PER_TOKEN = 8
_MAX_DRAWS = 100
# Characters of each module that are read to see whether a tokenizer knows code.
_SAMPLE = 1000


@dataclass(frozen=True)
class DomainBatch(PromptBatch):
    """Prompts 0, 2, 4 … are prose, prompts 1, 3, 5 … are code; two in a row make a pair."""

    is_code: Bool[Tensor, " batch"]


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> DomainBatch:
    """`n_prompts` pairs of prose and code, each with BOS where there is one.

    Raises:
        NoTargetError: There is no tokenizer, and without one there is no prose and no code; or it knows too little of
            either.
        PromptError: The length is too small, or longer than the longest text.
    """
    if vocabulary.encode is None:
        raise NoTargetError("Prose and code are told apart by reading them, and this language model has no tokenizer.")
    room = body_length(vocabulary, n_prompts, length, at_least=2)
    prose = natural_text.make(vocabulary, n_prompts, length, seed)
    check_knows(vocabulary, "Python code", (source[:_SAMPLE] for source in _sources()))
    generator = random.Random(seed)
    code = unpadded([_window(vocabulary, room, generator) for _ in range(n_prompts)], vocabulary)
    tokens = torch.stack([prose.tokens, code.tokens], dim=1).flatten(0, 1)
    is_code = torch.tensor([False, True]).repeat(n_prompts)
    return DomainBatch(tokens, torch.ones_like(tokens, dtype=torch.bool), prose.has_bos, is_code)


def _window(vocabulary: Vocabulary, room: int, generator: random.Random) -> Int[Tensor, " pos"]:
    n_characters = _CHARACTERS_PER_TOKEN * room
    for _ in range(_MAX_DRAWS):
        text = generator.choice(_sources())
        start = text.find("\n", generator.randrange(max(1, len(text) - n_characters))) + 1
        ids = text_ids(vocabulary, text[start : start + n_characters])
        if len(ids) >= room:
            return torch.tensor(ids[:room], dtype=torch.long)
        n_characters = min(2 * n_characters, max(map(len, _sources())))
    raise PromptError(
        f"The standard library yields no window of {room} tokens in {_MAX_DRAWS} draws: ask for shorter prompts."
    )


@cache
def _sources() -> tuple[str, ...]:
    """The code of each module.

    Raises:
        NoTargetError: This Python carries no source of its library.
    """
    found = []
    for name in _MODULES:
        spec = importlib.util.find_spec(name)
        loader: Any = None if spec is None else spec.loader
        source = loader.get_source(name) if hasattr(loader, "get_source") else None
        if source:
            found.append(_without_prose(source))
    if not found:
        raise NoTargetError("This Python carries no source of its standard library, from which code would be read.")
    return tuple(found)


def _without_prose(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_text(body[0]):
            body[0] = ast.Pass()
    return ast.unparse(tree)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


prose_and_code = PromptFamily(
    name="prose_and_code",
    make=make,
    description="pairs: BOS where there is one and English documentation text; the same with Python code",
    # As for attention sinks: T = 64 in Gu et al. 2024, arXiv:2410.10781.
    default_length=64,
)
