"""From dependency trees to keys: the tokens of a word's partner in one relation, and controls at the same distances."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch

from ingest.measure import NO_KEY, RelationalTargets, Targets
from ingest.prompts.batch import PromptBatch
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


def has_controls(batch: TreebankBatch, targets: RelationalTargets) -> bool:
    """Whether every prompt has a query, and a control for one of its queries."""
    return all(
        any(_controls(prompt, asked, query) for query in asked)
        for prompt, asked in zip(_prompts(batch), _asked(targets), strict=True)
    )


def same_distances_elsewhere(targets: Targets, batch: PromptBatch, generator: torch.Generator) -> RelationalTargets:
    """For each query the last token of another word of its class, and as keys the tokens as far before that.

    These tokens lie in the control's own sentence and belong to none of its partners. A head that attends by distance
    gives them as much as it gives partners, whatever its distance, and so does one that looks a distance back from
    certain classes of words alone. No word is a control twice; a query for which none is left has none.
    """
    assert isinstance(batch, TreebankBatch), "made for prompts of a treebank"
    assert isinstance(targets, RelationalTargets), "made for partners"
    shuffler = random.Random(int(torch.randint(2**31, (1,), generator=generator)))
    table = torch.full_like(targets.keys, NO_KEY)
    for at, (prompt, asked) in enumerate(zip(_prompts(batch), _asked(targets), strict=True)):
        taken: set[int] = set()
        for query in shuffler.sample(list(asked), len(asked)):
            free = [token for token in _controls(prompt, asked, query) if token not in taken]
            if free:
                control = shuffler.choice(free)
                taken.add(control)
                table[at, control, : len(asked[query])] = torch.tensor([control - query + key for key in asked[query]])
    return RelationalTargets(table)


def _controls(prompt: _Prompt, asked: Mapping[int, list[int]], query: int) -> list[int]:
    """Last tokens of other words of the query's class that have free tokens of their sentence at its distances."""
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
    return [
        token for token in lasts if token != query and prompt.word_class[word_of[token]] == own_class and fits(token)
    ]


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
