"""From dependency trees to keys: the tokens of a word's partner in one relation, and controls at the same distances."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch

from ingest.measure import NO_KEY, RelationalTargets
from ingest.prompts.treebank import NO_WORD, TreebankBatch

Role = Literal["governor", "dependent"]

# For each querying word of a prompt the words that its attention should reach.
Partners = Mapping[int, list[int]]


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
    listed = [
        (at, prompt.tokens[query][-1], [token for key in keys for token in prompt.tokens[key]])
        for at, prompt in enumerate(_prompts(batch))
        for query, keys in partners[at].items()
    ]
    widest = max((len(keys) for _, _, keys in listed), default=1)
    table = torch.full((*batch.tokens.shape, widest), NO_KEY)
    for at, query, keys in listed:
        table[at, query, : len(keys)] = torch.tensor(keys)
    return RelationalTargets(table)


def with_controls(batch: TreebankBatch, targets: RelationalTargets) -> tuple[RelationalTargets, RelationalTargets]:
    """The queries that have a control, and the controls: the same distances from other words of the same class.

    A control is the last token of another word of the query's class; its keys are the tokens as far before it as the
    partner's are before the query, within its own sentence and in no partner of its own. Each query has its own
    control, so that a head that attends by distance, from all words or from certain classes, gives targets and controls
    exactly as much, whatever the distance. As many queries as possible are matched; the others are left out of both.
    """
    kept, controls = torch.full_like(targets.keys, NO_KEY), torch.full_like(targets.keys, NO_KEY)
    for at, (prompt, asked) in enumerate(zip(_prompts(batch), _asked(targets), strict=True)):
        for control, query in _matching({query: _controls(prompt, asked, query) for query in asked}).items():
            kept[at, query] = targets.keys[at, query]
            controls[at, control, : len(asked[query])] = torch.tensor([control - query + key for key in asked[query]])
    return RelationalTargets(kept), RelationalTargets(controls)


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

    lasts = (tokens[-1] for tokens in prompt.tokens.values())
    others = [token for token in lasts if token != query and prompt.word_class[word_of[token]] == own_class]
    return sorted(filter(fits, others), key=lambda token: abs(token - query))


def _asked(targets: RelationalTargets) -> list[dict[int, list[int]]]:
    """Keys of each counted query, prompt by prompt."""
    rows = targets.keys.tolist()
    named = [{query: [key for key in keys if key != NO_KEY] for query, keys in enumerate(row)} for row in rows]
    return [{query: keys for query, keys in row.items() if keys} for row in named]


def _prompts(batch: TreebankBatch) -> list[_Prompt]:
    found = []
    for at, row in enumerate(batch.word.tolist()):
        tokens: dict[int, list[int]] = defaultdict(list)
        for position, word in enumerate(row):
            if word != NO_WORD:
                tokens[word].append(position)
        word_of = {position: word for position, word in enumerate(row) if word != NO_WORD}
        columns = (batch.governor, batch.relation, batch.sentence, batch.word_class)
        found.append(_Prompt(dict(tokens), word_of, *(column[at].tolist() for column in columns)))
    return found
