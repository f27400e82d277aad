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


def has_controls(batch: TreebankBatch, partners: Sequence[Partners]) -> bool:
    """Whether every prompt has a pair and a control for one of its pairs."""
    return all(
        any(_controls(prompt, pairs, query) for query in pairs)
        for pairs, prompt in zip(partners, _prompts(batch), strict=True)
    )


def words_at_the_same_distance(targets: Targets, batch: PromptBatch, generator: torch.Generator) -> RelationalTargets:
    """For each querying word another word of its class, and as keys the words as far before it, which are no partners.

    A head that attends by distance gives these as much as the partners, whatever its distance and however often the
    relation spans it; so does one that looks a distance back from certain classes of words. No word is a control twice;
    a querying word for which none is left has none.
    """
    assert isinstance(batch, TreebankBatch), "made for prompts of a treebank"
    assert isinstance(targets, RelationalTargets), "made for partners"
    shuffler = random.Random(int(torch.randint(2**31, (1,), generator=generator)))
    controls: list[Partners] = []
    for at, prompt in enumerate(_prompts(batch)):
        pairs = _pairs(targets.keys[at].tolist(), batch.word[at].tolist())
        chosen: dict[int, list[int]] = {}
        for query in shuffler.sample(list(pairs), len(pairs)):
            free = [word for word in _controls(prompt, pairs, query) if word not in chosen]
            if free:
                control = shuffler.choice(free)
                chosen[control] = [control - (query - key) for key in pairs[query]]
        controls.append(chosen)
    return as_targets(batch, controls)


def _controls(prompt: _Prompt, pairs: Partners, query: int) -> list[int]:
    """Words of the query's class with words of their own sentence at its distances, none of which is a partner."""
    distances = [query - key for key in pairs[query]]

    def fits(word: int) -> bool:
        keys = [word - distance for distance in distances]
        return all(
            key in prompt.tokens and prompt.sentence[key] == prompt.sentence[word] and key not in pairs.get(word, ())
            for key in keys
        )

    own_class = prompt.word_class[query]
    return [word for word in prompt.tokens if word != query and prompt.word_class[word] == own_class and fits(word)]


def _pairs(keys: list[list[int]], words: list[int]) -> dict[int, list[int]]:
    """Words from tokens: which word asks for which."""
    asked = {query: [words[key] for key in named if key != NO_KEY] for query, named in enumerate(keys)}
    return {words[query]: list(dict.fromkeys(named)) for query, named in asked.items() if named}


def _prompts(batch: TreebankBatch) -> list[_Prompt]:
    found = []
    for at, row in enumerate(batch.word.tolist()):
        tokens: dict[int, list[int]] = defaultdict(list)
        for position, word in enumerate(row):
            if word != NO_WORD:
                tokens[word].append(position)
        columns = (batch.governor, batch.relation, batch.sentence, batch.word_class)
        found.append(_Prompt(dict(tokens), *(column[at].tolist() for column in columns)))
    return found
