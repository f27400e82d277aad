from collections import Counter
from importlib.resources import files
from itertools import product
from pathlib import Path

import pytest
import torch

from ingest.detectors.syntactic import READINGS
from ingest.errors import NoTargetError, TreebankError
from ingest.prompts.batch import Vocabulary
from ingest.prompts.conllu import written
from ingest.prompts.treebank import NO_WORD, TreebankBatch, english, treebank, treebank_of
from tests.ingest.toy_tokenizer import text_vocabulary


def made(n_prompts: int = 32, length: int = 384, seed: int = 0) -> TreebankBatch:
    batch = treebank.make(text_vocabulary(), n_prompts, length, seed)
    assert isinstance(batch, TreebankBatch)
    return batch


def test_every_sentence_parses_and_is_its_own_text() -> None:
    sentences = english()  # refuses what is no projective tree
    assert len(sentences) >= 120
    assert all(6 <= len(sentence) <= 18 for sentence in sentences)
    content = files("ingest.prompts").joinpath("data/english.conllu").read_text()
    stated = [line.removeprefix("# text = ") for line in content.splitlines() if line.startswith("# text = ")]
    assert stated == [written(sentence) for sentence in sentences]
    assert len(set(stated)) == len(stated)


def test_every_relation_that_is_tested_is_frequent_and_crosses_more_than_one_distance() -> None:
    distances: dict[tuple[str, str], Counter[int]] = {}
    for sentence in english():
        for index, word in enumerate(sentence):
            if word.governor >= 0:
                role = "governor" if word.governor < index else "dependent"
                distances.setdefault((word.relation, role), Counter())[abs(index - word.governor)] += 1
    for reading in READINGS:
        assert distances[reading].total() >= 20, reading
        assert len(distances[reading]) > 1, reading


def test_labels_keep_to_universal_relations_and_classes() -> None:
    words = [word for sentence in english() for word in sentence]
    classes = {word.relation: set[str]() for word in words}
    for word in words:
        classes[word.relation].add(word.word_class)
    assert classes["det"] == {"DET"}
    assert classes["amod"] == {"ADJ"}
    assert classes["case"] <= {"ADP", "PART"}
    assert classes["aux"] == classes["cop"] == {"AUX"}
    assert classes["nsubj"] <= {"NOUN", "PRON"}
    assert classes["root"] <= {"VERB", "ADJ"}
    assert all(word.word_class == "PUNCT" for word in words if word.relation == "punct")


def test_prompts_share_no_sentence_where_the_treebank_suffices() -> None:
    batch = made()
    assert len({tuple(row) for row in batch.tokens.tolist()}) == 32
    n_sentences = batch.sentence.amax(dim=1) + 1
    assert n_sentences.tolist() == [6] * 32
    sentences = [
        tuple(batch.tokens[at][torch.isin(batch.word[at], (batch.sentence[at] == number).nonzero())].tolist())
        for at in range(32)
        for number in range(6)
    ]
    # The opening blank apart, which the first token of a prompt lacks, none occurs twice.
    assert len({sentence[1:] for sentence in sentences}) == 6 * 32


def test_few_prompts_are_filled_with_many_sentences() -> None:
    batch = made(n_prompts=2, length=200)
    assert batch.tokens.shape[1] <= 200
    assert batch.is_real.sum(dim=1).min() > 150


def test_tokens_belong_to_the_words_that_they_spell() -> None:
    batch = made(n_prompts=4, length=60)
    read = text_vocabulary().read
    assert read is not None
    texts = [blank + written(sentence) for sentence in english() for blank in ("", " ")]
    # Two pieces may share an id, and then either may be meant.
    spelt: dict[int, set[str]] = {}
    for token in (token for text in texts for token in read(text)):
        spelt.setdefault(token.id, set()).add(token.piece.strip())
    forms = {word.form for sentence in english() for word in sentence}
    for at in range(4):
        for word in range(int(batch.word[at].max()) + 1):
            pieces = [spelt[int(i)] for i in batch.tokens[at][batch.word[at] == word]]
            assert {"".join(chosen) for chosen in product(*pieces)} & forms
    assert (batch.word[:, 0] == NO_WORD).all()  # BOS
    assert (batch.word[~batch.is_real] == NO_WORD).all()


def test_a_seed_gives_the_same_prompts_again_and_another_seed_others() -> None:
    assert made(seed=3).sha256 == made(seed=3).sha256 != made(seed=4).sha256


def test_prompts_too_short_and_tokenizers_that_say_too_little_are_refused() -> None:
    with pytest.raises(NoTargetError, match=r"shortest sentence of the treebank takes \d+ tokens.*room for 7"):
        treebank.make(text_vocabulary(), 4, 8, seed=0)
    with pytest.raises(NoTargetError, match=r"tokenizer\.json"):
        treebank.make(Vocabulary(100, 0, frozenset({0})), 4, 60, seed=0)


def test_a_treebank_of_the_user_is_read_when_prompts_are_made(tmp_path: Path) -> None:
    path = tmp_path / "own.conllu"
    family = treebank_of(path)
    with pytest.raises(TreebankError, match=r"own\.conllu cannot be read"):
        family.make(text_vocabulary(), 1, 30, 0)
    path.write_text("1\tCats\t_\t_\t_\t_\t2\tnsubj\t_\t_\n2\tsleep\t_\t_\t_\t_\t0\troot\t_\t_\n")
    batch = family.make(text_vocabulary(), 1, 30, 0)
    assert isinstance(batch, TreebankBatch)
    assert batch.governor[0].tolist() == [1, NO_WORD]
    assert batch.relations == ("nsubj", "root")
    # BOS, "Cats", " sle", "ep" would be two pieces at four letters: "Cats", " slee", "p".
    assert batch.word[0].tolist() == [NO_WORD, 0, 1, 1]
    assert torch.equal(batch.is_real, torch.ones(1, 4, dtype=torch.bool))
