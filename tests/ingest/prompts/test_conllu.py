from pathlib import Path

import pytest

from ingest.errors import TreebankError
from ingest.prompts.conllu import load_treebank, parse, written


def line(number: int | str, form: str, head: int | str, relation: str, misc: str = "_") -> str:
    return "\t".join([str(number), form, "_", "X", "_", "_", str(head), relation, "_", misc])


def lines(*rows: str) -> str:
    return "\n".join(rows) + "\n"


GOOD = lines(line(1, "Cats", 2, "nsubj"), line(2, "sleep", 0, "root", "SpaceAfter=No"), line(3, ".", 2, "punct"))


def test_a_sentence_is_read_with_its_tree_and_its_text() -> None:
    (sentence,) = parse("# text = Cats sleep.\n" + GOOD, "here")
    assert [word.form for word in sentence] == ["Cats", "sleep", "."]
    assert [word.governor for word in sentence] == [1, -1, 1]
    assert written(sentence) == "Cats sleep."


def test_subtypes_are_left_out_and_empty_nodes_too() -> None:
    text = lines(line(1, "Cats", 2, "nsubj:pass"), line("1.1", "ghost", "_", "_"), line(2, "sleep", 0, "root"))
    (sentence,) = parse(text, "here")
    assert [word.relation for word in sentence] == ["nsubj", "root"]


def test_words_of_a_range_are_written_without_a_blank() -> None:
    text = lines(
        line("1-2", "don't", "_", "_"), line(1, "do", 2, "aux"), line(2, "n't", 0, "root"), line(3, "go", 2, "x")
    )
    assert written(parse(text, "here")[0]) == "don't go"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no sentence"),
        (lines("1\tCats\t_"), "line 1: 3 columns instead of 10"),
        (lines(line(2, "Cats", 0, "root")), "line 1: word 2 follows word 0"),
        (lines(line("one", "Cats", 0, "root")), "line 1: 'one' stands where the number"),
        (lines(line(1, "Cats", "_", "root")), "line 1: '_' stands where the number"),
        (lines(line(1, "Cats", 5, "nsubj"), line(2, "sleep", 0, "root")), "line 1: the head is word 5 of 2"),
        (lines(line(1, "Cats", 0, "nsubj")), "line 1: head 0 and the relation root"),
        (lines(line(1, "Cats", 0, "root"), line(2, "sleep", 0, "root")), "line 1: the sentence has 2 roots"),
        (
            lines(line(1, "a", 2, "x"), line(2, "b", 1, "x"), line(3, "c", 0, "root")),
            "line 1: the heads of 'a' lead in",
        ),
        (lines(line(1, "a", 1, "x"), line(2, "b", 0, "root")), "line 1: the heads of 'a' lead in"),
        (lines(line(1, " ", 0, "root")), "line 1: the form is empty"),
        (lines(line("1.1", "ghost", "_", "_")), "line 1: the sentence has no words"),
        (
            lines(line("1-2", "du", "_", "_"), line(1, "de", 2, "case"), line(2, "le", 0, "root")),
            "line 1: the words 1-2 spell 'dele' and not 'du'",
        ),
        (GOOD + "\n" + lines(line(1, "a", 0, "root"), "junk"), "here, line 6: 1 columns"),
    ],
)
def test_what_is_no_tree_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(TreebankError) as caught:
        parse(text, "here")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_crossing_branches_are_refused_where_asked() -> None:
    crossing = lines(line(1, "a", 3, "x"), line(2, "b", 4, "x"), line(3, "c", 0, "root"), line(4, "d", 3, "x"))
    assert len(parse(crossing, "here")) == 1
    with pytest.raises(TreebankError, match="line 2: the branch from 'b' to its head crosses"):
        parse(crossing, "here", projective=True)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(TreebankError, match=r"nowhere\.conllu cannot be read"):
        load_treebank(tmp_path / "nowhere.conllu")
    (tmp_path / "latin.conllu").write_bytes(b"\xe4\xf6")
    with pytest.raises(TreebankError, match="UTF-8"):
        load_treebank(tmp_path / "latin.conllu")
