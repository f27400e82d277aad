"""Documents and a question about one of them, in pairs: the same documents with a question, and with none.

Each document is one line about one person. A question asks for one fact; the empty question of the second prompt of a
pair says what attention the same documents draw anyway. Without a tokenizer documents are random tokens, and a question
repeats three tokens of one of them.
"""

import random
from dataclasses import dataclass

import torch
from jaxtyping import Bool
from torch import Tensor

from ingest.errors import NoTargetError
from ingest.prompts.batch import PromptBatch, PromptFamily, Vocabulary, body_length
from ingest.prompts.corpus import check_knows, text_ids

# People, places and trades of our own; each document takes its own, so that one document alone answers a question.
_NAMES = (
    "Adela", "Bruno", "Carla", "Dmitri", "Elena", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Leon", "Mara",
    "Nils", "Olga", "Pavel", "Rosa", "Stefan", "Tilda", "Viktor",
)  # fmt: skip
_TOWNS = (
    "Arnhem", "Bergen", "Cork", "Delft", "Essen", "Faro", "Ghent", "Huelva", "Izmir", "Jena", "Kiel", "Lund", "Malmo",
    "Nantes", "Oulu", "Parma", "Reims", "Siena", "Turku", "Vigo",
)  # fmt: skip
_TRADES = (
    "baker", "carpenter", "dentist", "engineer", "florist", "gardener", "hunter", "joiner", "knitter", "lawyer",
    "miller", "nurse", "optician", "painter", "roofer", "sailor", "tailor", "usher", "vet", "weaver",
)  # fmt: skip
_ANIMALS = (
    "canary", "donkey", "falcon", "ferret", "goat", "goose", "hamster", "hen", "hound", "lizard", "mule", "otter",
    "parrot", "pigeon", "pony", "rabbit", "raven", "sheep", "tortoise", "turkey",
)  # fmt: skip
_QUESTIONS = (
    "In which town does {name} live?",
    "What does {name} do for a living?",
    "Which animal does {name} keep?",
)
_EMPTY_QUESTION = "N/A"

_DOCUMENT_LENGTH, _QUESTION_LENGTH = 8, 3
"""In random tokens."""
_FEWEST_DOCUMENTS = 2


@dataclass(frozen=True)
class DocumentBatch(PromptBatch):
    """Prompts 0, 2, 4 … ask, prompts 1, 3, 5 … hold the same documents and an empty question."""

    is_question: Bool[Tensor, "batch pos"]
    """Tokens of the question, up to where the answer would begin."""
    is_gold: Bool[Tensor, "batch pos"]
    """Tokens of the document that answers."""
    is_distractor: Bool[Tensor, "batch pos"]
    """Tokens of one other document, drawn at random."""
    is_empty: Bool[Tensor, " batch"]
    """Prompts with the empty question."""


@dataclass(frozen=True)
class _Pair:
    documents: list[list[int]]
    gold: int
    distractor: int
    question: list[int]
    empty: list[int]


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> DocumentBatch:
    """`n_prompts` pairs, padded on the right to the longer of each two.

    Raises:
        NoTargetError: Two documents and a question do not fit, the vocabulary is too small for them, or the tokenizer
            does not know their words.
        PromptError: There is nothing to make.
    """
    room = body_length(vocabulary, n_prompts, length, at_least=1)
    if vocabulary.encode is not None:
        check_knows(vocabulary, "our documents", (" ".join(words) for words in (_NAMES, _TOWNS, _TRADES, _ANIMALS)))
    pairs = []
    for row in range(n_prompts):
        generator = random.Random(f"{seed}/{row}")
        in_words = vocabulary.encode is not None
        pairs.append((_in_words if in_words else _in_tokens)(vocabulary, room, generator))
    return _as_batch(pairs, vocabulary)


def _in_words(vocabulary: Vocabulary, room: int, generator: random.Random) -> _Pair:
    names, towns, trades, animals = (generator.sample(x, len(x)) for x in (_NAMES, _TOWNS, _TRADES, _ANIMALS))
    asked = generator.choice(_QUESTIONS)
    # The longest name's question sets the room, so that the number of documents does not depend on who is asked about.
    reserve = max(len(text_ids(vocabulary, _question(asked.format(name=name)))) for name in names)
    texts = zip(names, towns, trades, animals, strict=True)
    documents = [
        text_ids(vocabulary, f"{name} lives in {town}, works as a {trade} and keeps a {animal}.\n")
        for name, town, trade, animal in texts
    ]
    documents = _fitting(documents, room - reserve)
    gold, distractor = generator.sample(range(len(documents)), 2)
    question = text_ids(vocabulary, _question(asked.format(name=names[gold])))
    return _Pair(documents, gold, distractor, question, text_ids(vocabulary, _question(_EMPTY_QUESTION)))


def _question(text: str) -> str:
    return f"Question: {text}\nAnswer:"


def _in_tokens(vocabulary: Vocabulary, room: int, generator: random.Random) -> _Pair:
    ids = vocabulary.ordinary_ids.tolist()
    generator.shuffle(ids)
    empty, others = ids[:_QUESTION_LENGTH], ids[_QUESTION_LENGTH:]
    starts = range(0, len(others) - _DOCUMENT_LENGTH + 1, _DOCUMENT_LENGTH)
    if len(starts) < _FEWEST_DOCUMENTS:
        raise NoTargetError(
            f"The vocabulary holds {len(ids)} ordinary tokens; two documents and a question of distinct ones need "
            f"{_FEWEST_DOCUMENTS * _DOCUMENT_LENGTH + _QUESTION_LENGTH}."
        )
    documents = _fitting([others[start : start + _DOCUMENT_LENGTH] for start in starts], room - _QUESTION_LENGTH)
    gold, distractor = generator.sample(range(len(documents)), 2)
    begin = generator.randrange(_DOCUMENT_LENGTH - _QUESTION_LENGTH)
    return _Pair(documents, gold, distractor, documents[gold][begin : begin + _QUESTION_LENGTH], empty)


def _fitting(documents: list[list[int]], room: int) -> list[list[int]]:
    """As many of the documents as fit, from the first."""
    fitting: list[list[int]] = []
    for each in documents:
        if sum(map(len, fitting)) + len(each) > room:
            break
        fitting.append(each)
    if len(fitting) < _FEWEST_DOCUMENTS:
        needed = sum(map(len, documents[:_FEWEST_DOCUMENTS])) - room
        raise NoTargetError(
            f"{_FEWEST_DOCUMENTS} documents and a question do not fit: ask for prompts that are longer by {needed} "
            "tokens."
        )
    return fitting


def _as_batch(pairs: list[_Pair], vocabulary: Vocabulary) -> DocumentBatch:
    opening = [] if vocabulary.bos_id is None else [vocabulary.bos_id]
    rows = [(pair, question) for pair in pairs for question in (pair.question, pair.empty)]
    width = max(len(opening) + sum(map(len, pair.documents)) + len(question) for pair, question in rows)
    tokens = torch.zeros(len(rows), width, dtype=torch.long)
    is_real, is_question, is_gold, is_distractor = (torch.zeros(tokens.shape, dtype=torch.bool) for _ in range(4))
    for row, (pair, question) in enumerate(rows):
        begin = len(opening)
        for number, document in enumerate(pair.documents):
            marks = {pair.gold: is_gold, pair.distractor: is_distractor}.get(number)
            if marks is not None:
                marks[row, begin : begin + len(document)] = True
            begin += len(document)
        text = [*opening, *(token for document in pair.documents for token in document), *question]
        tokens[row, : len(text)] = torch.tensor(text)
        is_real[row, : len(text)] = True
        is_question[row, begin : len(text)] = True
    is_empty = torch.tensor([False, True]).repeat(len(pairs))
    return DocumentBatch(tokens, is_real, bool(opening), is_question, is_gold, is_distractor, is_empty)


documents = PromptFamily(
    name="documents",
    make=make,
    description="pairs: documents of a line each and a question about one; the same documents and an empty question",
    default_length=256,
)
