"""Citations: every kind of entry in every style, read back by another program's parser."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from citeproc import Citation as CslCitation
from citeproc import CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from pybtex import format_from_string
from pybtex.database import Entry, parse_string
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.citation.bibtex import bibtex, escape
from catalog.citation.record import Citation, cite_entry, cite_paper, claim_sentence
from catalog.citation.style import STYLES
from catalog.models import EntryVersion, Paper
from catalog.notation import Accession
from catalog.queries.cited import get_cited_entry
from catalog.vocabulary import Polarity, Status, Unit, Verdict
from tests.factories.circuit import make_circuit
from tests.factories.detector import make_detector
from tests.factories.entry_version import make_entry_version
from tests.factories.finding import make_finding
from tests.factories.head_type import make_head_type
from tests.factories.language_model import make_language_model
from tests.factories.paper import make_paper
from tests.factories.verification import make_verification

URL = "https://heads.example"


def parsed(text: str) -> Entry:
    """The one entry of a BibTeX text."""
    (entry,) = parse_string(text, "bibtex").entries.values()
    return entry


# What TeX prints for a command.
PRINTED = {
    r"\textbackslash{}": "\\",
    r"\textbraceleft{}": "{",
    r"\textbraceright{}": "}",
    r"\textasciitilde{}": "~",
    r"\textasciicircum{}": "^",
    r"\&": "&",
    r"\%": "%",
    r"\$": "$",
    r"\#": "#",
    r"\_": "_",
}


def plain(value: str) -> str:
    """What TeX would print; a special character that is not escaped fails."""
    return "".join(PRINTED.get(part) or literal(part) for part in re.findall(r"\\[a-z]+\{\}|\\.|[^\\]", value))


def literal(character: str) -> str:
    assert character not in "\\&%$#_~^", f"{character} has a meaning in TeX"
    # Braces that remain only group.
    return "" if character in "{}" else character


def cite(session: Session, accession: str) -> Citation:
    session.expunge_all()
    return cite_entry(get_cited_entry(session, Accession.parse(accession)), URL)


@pytest.fixture
def accessions(session: Session) -> dict[str, str]:
    """An entry of each kind, each with its frozen form."""
    paper = make_paper(
        session,
        title="In-context Learning & Induction",
        authors=["Catherine Olsson", "Nelson Elhage"],
        year=2022,
        arxiv_id="2209.11895",
    )
    head_type = make_head_type(session, name="Induction head")
    language_model = make_language_model(session, name="GPT-2_small")
    finding = make_finding(session, paper=paper, head_type=head_type, language_model=language_model, layer=5, head=1)
    detector = make_detector(session, slug="induction")
    verification = make_verification(session, finding=finding, detector=detector, verdict=Verdict.NOT_REPRODUCED)
    circuit = make_circuit(session, name="Indirect object identification", language_model=language_model)
    made = {"head_type": head_type, "finding": finding, "verification": verification, "circuit": circuit}
    for entry in made.values():
        make_entry_version(session, entry.accession)
    return {kind: entry.accession for kind, entry in made.items()}


TITLES = {
    "head_type": "Induction head, a type of attention head",
    "finding": "L5H1 of GPT-2_small is an induction head",
    "verification": "Verification of “L5H1 of GPT-2_small is an induction head”: not reproduced",
    "circuit": "Indirect object identification in GPT-2_small",
}


@pytest.mark.parametrize("kind", TITLES)
def test_bibtex_of_every_kind_is_read_back(session: Session, accessions: dict[str, str], kind: str) -> None:
    accession = accessions[kind]
    text = bibtex(cite(session, accession))
    entry = parsed(text)
    assert next(iter(parse_string(text, "bibtex").entries)) == f"headcat:{accession}.v1"
    assert plain(entry.fields["title"]) == f"{TITLES[kind]} ({accession}.v1)"
    assert entry.fields["url"] == f"{URL}/api/v1/entries/{accession}.v1"
    assert entry.fields["version"] == "1"
    assert str(entry.persons["author"][0]) == "{headcat contributors}"
    frozen = session.scalars(select(EntryVersion).where(EntryVersion.accession == accession)).one()
    assert frozen.content_sha256 in entry.fields["note"]
    assert entry.fields["year"] == str(frozen.created_at.year)


def test_note_names_the_original_paper_and_the_detector(session: Session, accessions: dict[str, str]) -> None:
    note = plain(parsed(bibtex(cite(session, accessions["verification"]))).fields["note"])
    source = "According to Catherine Olsson et al., “In-context Learning & Induction” (2022, arXiv:2209.11895)."
    assert note.startswith(f"{source} Re-run by the detector induction, version 1.")


def test_named_version_is_cited_and_a_withdrawn_entry_says_so(session: Session) -> None:
    finding = make_finding(
        session, status=Status.WITHDRAWN, withdrawn_reason="misread table.", successor="AHF-000002", version=2
    )
    for version in (1, 2):
        make_entry_version(session, finding.accession, version=version)
    citation = cite(session, f"{finding.accession}.v1")
    assert citation.key == f"headcat:{finding.accession}.v1"
    assert "Withdrawn: misread table. Replaced by AHF-000002." in (citation.note or "")
    assert cite(session, finding.accession).version == "2"


@pytest.mark.parametrize(
    "text",
    [
        "50% of $d_model$ & more #1 {braces} ~tilde ^caret",
        "back\\slash",
        "Größe, naïve, Łukasz, 注意力, “quotes”",
        "a_b__c",
        "{unbalanced",
        "unbalanced}",
        "two  blanks\nand a line",
        "\\input{/etc/passwd}",
    ],
)
def test_title_survives_tex(session: Session, text: str) -> None:
    paper = make_paper(session, title=text)
    entry = parsed(bibtex(cite_paper(paper)))
    assert plain(entry.fields["title"]) == " ".join(text.split())
    assert plain(escape(text)) == " ".join(text.split())


@pytest.mark.parametrize(
    ("entry_type", "field"), [("article", "journal"), ("inproceedings", "booktitle"), ("misc", "howpublished")]
)
def test_paper_keeps_its_own_data(session: Session, entry_type: str, field: str) -> None:
    paper = make_paper(
        session,
        slug="a-paper",
        title="Heads & Tails",
        authors=["Ada Lovelace", "Anthropic and Friends", "Ludwig van Beethoven"],
        year=2023,
        venue="Journal of Heads_and_Tails",
        entry_type=entry_type,
        arxiv_id="2301.00001",
        doi="10.1000/a_b",
        url="https://example.org/a_b?x=1&y=%20",
        pages="1--12",
        volume="7",
    )
    entry = parsed(bibtex(cite_paper(paper)))
    assert entry.type == entry_type
    assert plain(entry.fields[field]) == "Journal of Heads_and_Tails"
    assert [str(person) for person in entry.persons["author"]] == [
        "Lovelace, Ada",
        "{Anthropic and Friends}",
        "van Beethoven, Ludwig",
    ]
    for name, value in (("year", "2023"), ("doi", "10.1000/a_b"), ("eprint", "2301.00001"), ("pages", "1--12")):
        assert entry.fields[name] == value
    assert entry.fields["url"] == "https://example.org/a_b?x=1&y=%20"


def test_csl_ris_and_datacite_say_the_same(session: Session, accessions: dict[str, str]) -> None:
    citation = cite(session, accessions["finding"])
    csl = json.loads(STYLES["csl"].write(citation))
    assert (csl["type"], csl["title"], csl["URL"]) == ("dataset", citation.title, citation.url)
    assert csl["author"] == [{"literal": "headcat contributors"}]
    assert csl["issued"]["date-parts"] == [[citation.day.year, citation.day.month, citation.day.day]]  # type: ignore[union-attr]
    lines = STYLES["ris"].write(citation).split("\r\n")
    tags = dict(line.split("  - ", 1) for line in lines if line)
    assert (lines[0], lines[-2:]) == ("TY  - DATA", ["ER  - ", ""])
    assert (tags["TI"], tags["UR"], tags["AU"]) == (citation.title, citation.url, "headcat contributors")
    linked = json.loads(STYLES["jsonld"].write(citation))
    assert (linked["name"], linked["url"], linked["datePublished"]) == (
        citation.title,
        citation.url,
        citation.day.isoformat(),  # type: ignore[union-attr]
    )
    assert linked["isBasedOn"][0]["@id"] == "https://arxiv.org/abs/2209.11895"
    datacite = json.loads(STYLES["datacite"].write(citation))
    assert datacite["types"]["resourceTypeGeneral"] == "Dataset"
    assert datacite["relatedIdentifiers"] == [
        {
            "relatedIdentifier": "arXiv:2209.11895",
            "relatedIdentifierType": "arXiv",
            "relationType": "IsDerivedFrom",
        }
    ]


def test_bibtex_is_formatted_by_a_bibliography_processor(session: Session, accessions: dict[str, str]) -> None:
    kinds = ["article", "inproceedings", "incollection", "phdthesis", "techreport", "book", "misc"]
    papers = [
        make_paper(session, title=f"Heads & {{{kind}}}", authors=["Ada"], year=2023, entry_type=kind, venue=venue)
        for kind in kinds
        for venue in ("Journal of Heads", None)
    ]
    cited = [cite(session, accession) for accession in accessions.values()]
    text = "\n".join(bibtex(each) for each in [*cited, *map(cite_paper, papers)])
    shown = format_from_string(text, "unsrt", output_backend="plaintext")
    assert len(re.findall(r"^\[\d+\]", shown, flags=re.M)) == len(cited) + len(papers)
    for each in cited:
        assert f"{each.title.split(' (')[0].split('_')[0]}" in shown
        assert str(each.url) in shown


@pytest.mark.skipif(shutil.which("bibtex") is None, reason="runs where the program bibtex is installed")
def test_bibtex_compiles(session: Session, accessions: dict[str, str], tmp_path: Path) -> None:
    cited = [cite(session, accession) for accession in accessions.values()]
    (tmp_path / "heads.bib").write_text("\n".join(bibtex(each) for each in cited), "utf-8")
    keys = "".join(f"\\citation{{{each.key}}}\n" for each in cited)
    (tmp_path / "paper.aux").write_text(f"\\relax\n{keys}\\bibdata{{heads}}\n\\bibstyle{{plain}}\n", "utf-8")
    done = subprocess.run(["bibtex", "paper"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "Warning" not in done.stdout
    assert (tmp_path / "paper.bbl").read_text("utf-8").count("\\bibitem") == len(cited)


@pytest.mark.skipif(shutil.which("biber") is None, reason="runs where the program biber is installed")
def test_biber_finds_nothing_to_object_to(session: Session, accessions: dict[str, str], tmp_path: Path) -> None:
    cited = [cite(session, accession) for accession in accessions.values()]
    (tmp_path / "heads.bib").write_text("\n".join(bibtex(each) for each in cited), "utf-8")
    command = ["biber", "--tool", "--validate-datamodel", "heads.bib"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "WARN" in done.stdout, "ERROR" in done.stdout) == (0, False, False), done.stdout
    read = (tmp_path / "heads_bibertool.bib").read_text("utf-8")
    assert all(f"{{{each.key}," in read for each in cited)


def test_csl_is_rendered_by_a_citation_processor(session: Session, accessions: dict[str, str]) -> None:
    cited = [cite(session, accession) for accession in accessions.values()]
    cited.append(cite_paper(make_paper(session, title="Heads", authors=["Ada Lovelace"], year=2023)))
    items = [json.loads(STYLES["csl"].write(each)) for each in cited]
    style = CitationStylesStyle("harvard-cite-them-right", validate=False)
    bibliography = CitationStylesBibliography(style, CiteProcJSON(items), formatter.plain)
    for each in cited:
        bibliography.register(CslCitation([CitationItem(each.key)]))
    shown = [str(entry) for entry in bibliography.bibliography()]
    assert len(shown) == len(cited)
    for each, entry in zip(cited, shown, strict=True):
        assert each.title.split(" (")[0].replace("“", "").replace("”", "") in entry.replace("“", "").replace("”", "")
        assert str(each.year) in entry
    assert all("headcat contributors" in entry for entry in shown[:-1])
    assert "Lovelace, A." in shown[-1]


def test_claim_is_one_sentence_whatever_it_claims(session: Session) -> None:
    language_model = make_language_model(session, name="tiny")
    place = {"language_model": language_model, "layer": 0, "head": 3}
    expected = {
        "L0H3 of tiny is an attention sink head": {"head_type": make_head_type(session, name="Attention sink")},
        "L0H3 of tiny is not an SSM head": {
            "head_type": make_head_type(session, name="SSM head"),
            "polarity": Polarity.IS_NOT,
        },
        "L0H3 of tiny is a head of the circuit role “name mover”": {"circuit_role": "name_mover"},
        "Key-value group 3 of layer 0 of tiny is a retrieval head": {
            "head_type": make_head_type(session, name="Retrieval head"),
            "unit": Unit.KV_GROUP,
        },
    }
    made = {sentence: make_finding(session, **place, **claim) for sentence, claim in expected.items()}
    for sentence, finding in made.items():
        make_entry_version(session, finding.accession)
        assert cite(session, finding.accession).title == f"{sentence} ({finding.accession}.v1)"
        assert sentence in claim_sentence(get_cited_entry(session, Accession.parse(finding.accession)).entry)  # type: ignore[arg-type]


def shipped(session: Session) -> Iterator[Citation]:
    for paper in session.scalars(select(Paper)):
        yield cite_paper(paper)
    # One in forty findings, and all of the other kinds.
    for number, entry in enumerate(session.scalars(select(EntryVersion).order_by(EntryVersion.id)).all()):
        if entry.kind != "AHF" or number % 40 == 0:
            yield cite_entry(get_cited_entry(session, Accession.parse(entry.accession)), URL)


def test_every_shipped_record_can_be_cited_and_read_back(seeded_session: Session) -> None:
    citations = list(shipped(seeded_session))
    whole = parse_string("\n".join(bibtex(each) for each in citations), "bibtex")
    assert len(whole.entries) == len(citations) > 350
    for citation, entry in zip(citations, whole.entries.values(), strict=True):
        assert plain(entry.fields["title"]) == " ".join(citation.title.split())
        assert len(entry.persons.get("author", [])) == len(citation.authors)
