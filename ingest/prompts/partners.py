"""From dependency trees to keys: the tokens of a word's partner in one relation, and controls at the same distances."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import torch
from jaxtyping import Int
from torch import Tensor

from ingest.measure import NO_KEY, RelationalTargets
from ingest.prompts.treebank import NO_WORD, TreebankBatch

Role = Literal["governor", "dependent"]

# For each querying word of a prompt the words that its attention should reach.
Partners = Mapping[int, list[int]]

# A prompt, a query of it, and the keys of that query.
_Listed = tuple[int, int, list[int]]


@dataclass(frozen=True)
class _Prompt:
    """One prompt, word by word."""

    tokens: Mapping[int, list[int]]
    """Positions of each word that has tokens of its own."""
    word_of: Mapping[int, int]
    """The word of each token that has one."""
    governor: list[int]
    relation: list[int]
    sentence: list[int]
    word_class: list[int]
    last_tokens: Mapping[int, list[int]]
    """The last token of each word that has tokens, by class of word."""


def partners_in(batch: TreebankBatch, relation: str, role: Role) -> list[Partners]:
    """Pairs in one relation whose key, the governor or the dependent, comes first; words without tokens left out."""
    if relation not in batch.relations:
        return [{} for _ in batch.tokens]
    code = batch.relations.index(relation)
    found: list[Partners] = []
    for prompt in _prompts(batch):
        pairs: dict[int, list[int]] = defaultdict(list)
        for dependent, governor in enumerate(prompt.governor):
            query, key = (dependent, governor) if role == "governor" else (governor, dependent)
            if prompt.relation[dependent] == code and key < query and {query, key} <= prompt.tokens.keys():
                pairs[query].append(key)
        found.append(dict(pairs))
    return found


def as_targets(batch: TreebankBatch, partners: Sequence[Partners]) -> RelationalTargets:
    """The last token of each querying word, and all tokens of its partners: that token has seen both words whole."""
    prompts = _prompts(batch)
    listed = [
        (at, prompts[at].tokens[query][-1], [token for key in keys for token in prompts[at].tokens[key]])
        for at, of_prompt in enumerate(partners)
        for query, keys in of_prompt.items()
    ]
    return RelationalTargets(_table(batch, listed, max((len(keys) for _, _, keys in listed), default=1)))


def with_controls(batch: TreebankBatch, targets: RelationalTargets) -> tuple[RelationalTargets, RelationalTargets]:
    """The queries that have a control, and the controls: the same distances from other words of the same class.

    A control is the last token of another word of the query's class; its keys are the tokens as far before it as the
    partner's are before the query, within its own sentence and in no partner of its own. Each query has its own
    control, so that a head that attends by distance, from all words or from certain classes, gives targets and controls
    exactly as much, whatever the distance. As many queries as possible are matched; the others are left out of both.
    """
    kept, controls = list[_Listed](), list[_Listed]()
    for at, (prompt, asked) in enumerate(zip(_prompts(batch), _asked(targets), strict=True)):
        for control, query in _matching({query: _controls(prompt, asked, query) for query in asked}).items():
            kept.append((at, query, asked[query]))
            controls.append((at, control, [control - query + key for key in asked[query]]))
    widest = targets.keys.shape[-1]
    return RelationalTargets(_table(batch, kept, widest)), RelationalTargets(_table(batch, controls, widest))


def _table(batch: TreebankBatch, listed: Sequence[_Listed], width: int) -> Int[Tensor, "batch pos target"]:
    """Keys of the queries that are listed, as prompt, query and keys; NO_KEY elsewhere."""
    table = torch.full((*batch.tokens.shape, width), NO_KEY)
    if listed:
        prompts, queries, keys = zip(*listed, strict=True)
        filled = [[*each, *[NO_KEY] * (width - len(each))] for each in keys]
        table[torch.tensor(prompts), torch.tensor(queries)] = torch.tensor(filled)
    return table


def _matching(candidates: Mapping[int, list[int]]) -> dict[int, int]:
    """A largest matching, as query by control: a query whose candidates are taken moves another to its next one."""
    taken: dict[int, int] = {}

    def place(query: int, tried: set[int]) -> bool:
        for control in candidates[query]:
            if control not in tried:
                tried.add(control)
                if control not in taken or place(taken[control], tried):
                    taken[control] = query
                    return True
        return False

    for query in candidates:
        place(query, set())
    return taken


def _controls(prompt: _Prompt, asked: Mapping[int, list[int]], query: int) -> list[int]:
    """Last tokens of other words of the query's class that have free tokens of their sentence at its distances.

    The nearest come first: attention to one key falls with the place in the prompt.
    """
    word_of = prompt.word_of
    own_class = prompt.word_class[word_of[query]]
    distances = [query - key for key in asked[query]]

    def fits(token: int) -> bool:
        keys = [token - distance for distance in distances]
        own_sentence = prompt.sentence[word_of[token]]
        return all(
            key in word_of and prompt.sentence[word_of[key]] == own_sentence and key not in asked.get(token, ())
            for key in keys
        )

    others = [token for token in prompt.last_tokens[own_class] if token != query]
    return sorted(filter(fits, others), key=lambda token: abs(token - query))


def _asked(targets: RelationalTargets) -> list[dict[int, list[int]]]:
    """Keys of each counted query, prompt by prompt."""
    rows = targets.keys.tolist()
    named = [{query: [key for key in keys if key != NO_KEY] for query, keys in enumerate(row)} for row in rows]
    return [{query: keys for query, keys in row.items() if keys} for row in named]


# A scan asks for each of two dozen readings, twice over; a batch is frozen and hashed by the identity of its tensors.
@lru_cache(maxsize=2)
def _prompts(batch: TreebankBatch) -> tuple[_Prompt, ...]:
    columns = (batch.governor, batch.relation, batch.sentence, batch.word_class)
    return tuple(_prompt(*lists) for lists in zip(*(each.tolist() for each in (batch.word, *columns)), strict=True))


def _prompt(
    words: list[int], governor: list[int], relation: list[int], sentence: list[int], word_class: list[int]
) -> _Prompt:
    tokens: dict[int, list[int]] = defaultdict(list)
    for position, word in enumerate(words):
        if word != NO_WORD:
            tokens[word].append(position)
    last_tokens: dict[int, list[int]] = defaultdict(list)
    for word, positions in tokens.items():
        last_tokens[word_class[word]].append(positions[-1])
    word_of = {position: word for word, positions in tokens.items() for position in positions}
    return _Prompt(dict(tokens), word_of, governor, relation, sentence, word_class, dict(last_tokens))
