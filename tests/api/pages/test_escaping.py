"""Text of the catalog is text: markup in a name is shown, never run."""

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from catalog.vocabulary import Stage
from tests.api.pages.reading import read_page
from tests.factories.circuit import make_circuit
from tests.factories.detector import make_detector
from tests.factories.finding import make_finding
from tests.factories.head_score import make_head_score_table
from tests.factories.head_type import make_head_type
from tests.factories.language_model import make_language_model
from tests.factories.metric import make_metric
from tests.factories.paper import make_paper
from tests.factories.scan_run import make_scan_run
from tests.factories.stage import make_stage, make_stage_assignment
from tests.factories.verification import make_verification

EVIL = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"


@pytest.fixture
def addresses(session: Session) -> list[str]:
    """Pages of one of each kind of record, with markup wherever a source could bring it in."""
    paper = make_paper(session, title=EVIL, authors=[EVIL], venue=EVIL, url="javascript:alert(1)", code_urls=[EVIL])
    model = make_language_model(session, name=EVIL, note=EVIL)
    head_type = make_head_type(session, name=EVIL, definition=EVIL, note=EVIL, aliases=(EVIL,))
    make_stage_assignment(
        session, head_type, make_stage(session, Stage.LATENT_REASONING), paper_id=paper.id, basis=EVIL
    )
    metric = make_metric(session, name=EVIL, definition=EVIL, unit=EVIL, chance=EVIL)
    detector = make_detector(
        session, metric=metric, head_types=(head_type,), summary=EVIL, methods_text=EVIL, spec={EVIL: [EVIL]}
    )
    finding = make_finding(
        session,
        paper=paper,
        language_model=model,
        head_type=head_type,
        metric=metric,
        value=0.5,
        published_name=EVIL,
        task=EVIL,
        locator=EVIL,
        scope=EVIL,
        note=EVIL,
    )
    run = make_scan_run(session, language_model=model, arguments={EVIL: EVIL})
    check = make_verification(
        session, finding=finding, detector=detector, scan_run=run, reasons=[EVIL], record={EVIL: {"gate": EVIL}}
    )
    make_head_score_table(session, {(1, 2): 0.5}, language_model=model, metric=metric, scan_run=run)
    circuit = make_circuit(session, name=EVIL, task=EVIL, locator=EVIL, language_model=model, head_type=head_type)
    session.expunge_all()
    return [
        "/",
        "/head-types",
        "/findings",
        "/papers",
        "/verifications",
        "/circuits",
        "/metrics",
        "/detectors",
        "/language-models",
        "/stages/latent_reasoning",
        f"/head-types/{head_type.slug}",
        f"/papers/{paper.slug}",
        f"/language-models/{model.slug}",
        f"/language-models/{model.slug}?show=claims",
        f"/language-models/{model.slug}?view=table",
        f"/language-models/{model.slug}/heads/L1H2",
        f"/findings/{finding.accession}",
        f"/verifications/{check.accession}",
        f"/circuits/{circuit.accession}",
        f"/metrics/{metric.slug}",
        f"/detectors/{detector.slug}",
        "/search?q=%3Cscript%3Ealert(1)%3C/script%3E",
        "/head-types/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "/findings?q=%3Cscript%3E&verdict=%22%3E%3Cscript%3E",
    ]


def test_markup_in_records_is_shown_and_not_run(client: TestClient, addresses: list[str]) -> None:
    for address in addresses:
        response = client.get(address)
        assert response.status_code in (200, 404, 422), address
        page = read_page(response.text)
        assert [script.get("src", "").split("?")[0] for script in page.all("script")] in ([], ["/static/grid.js"]), (
            address
        )  # type: ignore[union-attr]
        assert not [each for each in page.all("img") if each.get("src") == "x"], address
        assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")], address
        assert not [link for link in page.links() if link.lower().startswith("javascript")], address


def test_markup_stays_readable(client: TestClient, session: Session) -> None:
    head_type = make_head_type(session, name="a <b>bold</b> head")
    assert read_page(client.get(f"/head-types/{head_type.slug}").text).text("h1") == "a <b>bold</b> head"
