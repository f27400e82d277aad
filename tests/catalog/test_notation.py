"""Head names and accessions: one reading, one printing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import InvalidNotationError
from catalog.notation import Accession, HeadRef
from catalog.vocabulary import EntryKind

indices = st.integers(min_value=0, max_value=9999)


@given(indices, indices)
def test_a_head_reads_back_what_it_prints(layer: int, head: int) -> None:
    assert HeadRef.parse(str(HeadRef(layer, head))) == HeadRef(layer, head)


@pytest.mark.parametrize("text", ["L5H1", "l5h1", "5.1", "5-1", " L05H01 "])
def test_papers_write_a_head_in_several_ways(text: str) -> None:
    assert HeadRef.parse(text) == HeadRef(5, 1)


@pytest.mark.parametrize("text", ["", "L5", "H1", "5", "L-1H0", "L5H1x", "5.1.2", "L5H", "LxHy", "L5H12345"])
def test_other_text_is_no_head(text: str) -> None:
    with pytest.raises(InvalidNotationError, match="L5H1"):
        HeadRef.parse(text)


@pytest.mark.parametrize(("head", "group"), [(0, 0), (1, 0), (6, 3), (7, 3)])
def test_query_heads_share_a_key_value_group(head: int, group: int) -> None:
    assert HeadRef(0, head).kv_group(n_heads=8, n_kv_heads=4) == group


@given(st.sampled_from(EntryKind), st.integers(1, 999_999_999), st.none() | st.integers(1, 999_999))
def test_an_accession_reads_back_what_it_prints(kind: EntryKind, number: int, version: int | None) -> None:
    accession = Accession(kind, number, version)
    assert Accession.parse(str(accession)) == accession


@pytest.mark.parametrize(
    ("accession", "printed"),
    [
        (Accession(EntryKind.HEAD_TYPE, 12), "AHT-0012"),
        (Accession(EntryKind.FINDING, 123, 2), "AHF-000123.v2"),
        (Accession(EntryKind.CIRCUIT, 4), "AHC-0004"),
        (Accession(EntryKind.VERIFICATION, 456), "AHV-0000456"),
    ],
)
def test_accessions_print_with_their_width(accession: Accession, printed: str) -> None:
    assert str(accession) == printed


@pytest.mark.parametrize("text", ["", "AHX-0001", "AHT", "AHT-1", "AHF-000123.v", "AHF-000123.v0x", "FOO"])
def test_other_text_is_no_accession(text: str) -> None:
    with pytest.raises(InvalidNotationError, match="AHT-0012"):
        Accession.parse(text)
