"""The layers × heads grid: light, honest about what is missing, and true to the unit of its table."""

import re

from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from catalog.vocabulary import Direction, Polarity, Unit, Verdict
from tests.api.pages.reading import ReadPage, read_page
from tests.factories.finding import make_finding
from tests.factories.head_score import make_head_score_table
from tests.factories.head_type import make_head_type
from tests.factories.language_model import make_language_model
from tests.factories.metric import make_metric
from tests.factories.verification import make_verification

# On the page of a 40 × 64 language model, all cells included.
HEAVIEST_BYTES = 300_000


def cells(page: ReadPage) -> dict[str, tuple[str, str]]:
    """Class and title of each cell, by the name of the head that it leads to."""
    found: dict[str, tuple[str, str]] = {}
    css = ""
    for tag, attributes in page.elements:
        if tag == "td":
            css = attributes.get("class") or ""
        elif tag == "a" and attributes.get("title") and re.search(r"/heads/L\d+H\d+$", attributes["href"] or ""):
            ring = attributes.get("class")
            name = (attributes["href"] or "").rpartition("/")[2]
            found[name] = (f"{css} {ring}" if ring else css, attributes["title"] or "")
    return found


def test_grid_of_a_large_language_model_stays_light(client: TestClient, session: Session) -> None:
    model = make_language_model(
        session, hub_id="a-laboratory/a-language-model-of-seventy-billion", n_layers=40, n_heads=64, n_kv_heads=8
    )
    scores = {(layer, head): (layer * 64 + head) / 2560 for layer in range(40) for head in range(64)}
    make_head_score_table(session, dict(scores), language_model=model, is_complete=True)
    response = client.get(f"/language-models/{model.slug}")
    assert len(response.content) < HEAVIEST_BYTES
    assert len(cells(read_page(response.text))) == 2560


def test_cell_without_a_row_is_not_zero(client: TestClient, session: Session) -> None:
    model = make_language_model(session)
    make_head_score_table(session, {(0, 0): 0.0, (0, 1): 1.0}, language_model=model)
    found = cells(read_page(client.get(f"/language-models/{model.slug}").text))
    assert found["L0H0"] == ("q0", "L0H0 0.000")
    assert found["L0H1"] == ("q20", "L0H1 1.000")
    assert found["L3H5"] == ("u", "L3H5 not computed")


def test_low_scores_stand_out_where_low_speaks_for_the_type(client: TestClient, session: Session) -> None:
    metric = make_metric(session, direction=Direction.LOWER)
    model = make_language_model(session)
    make_head_score_table(session, {(0, 0): 0.0, (0, 1): 1.0}, language_model=model, metric=metric)
    found = cells(read_page(client.get(f"/language-models/{model.slug}").text))
    assert (found["L0H0"][0], found["L0H1"][0]) == ("q20", "q0")


def test_signed_scores_have_two_sides(client: TestClient, session: Session) -> None:
    model = make_language_model(session)
    table = {(0, 0): -2.0, (0, 1): 0.0, (0, 2): 1.0}
    make_head_score_table(session, dict(table), language_model=model)
    found = cells(read_page(client.get(f"/language-models/{model.slug}").text))
    # The scale reaches 2 to both sides: 1 is half of its ten steps.
    assert [found[name][0] for name in ("L0H0", "L0H1", "L0H2")] == ["n10", "q0", "p5"]


def test_table_of_groups_is_drawn_as_groups(client: TestClient, session: Session) -> None:
    model = make_language_model(session)
    make_head_score_table(session, {(1, 1): 0.5}, language_model=model, unit=Unit.KV_GROUP)
    page = read_page(client.get(f"/language-models/{model.slug}").text)
    found = cells(page)
    # Two groups of three query heads: a cell leads to the first head that its group serves.
    assert set(found) == {f"L{layer}H{head}" for layer in range(4) for head in (0, 3)}
    assert found["L1H3"][1] == "L1 group 1 0.500"
    assert "key-value groups" in page.text()


def test_claimed_heads_are_ringed_on_scores_of_their_metric(client: TestClient, session: Session) -> None:
    model, metric, head_type = make_language_model(session), make_metric(session), make_head_type(session)
    make_head_score_table(session, {(1, 2): 0.5, (1, 3): 0.1}, language_model=model, metric=metric)
    make_finding(session, language_model=model, metric=metric, head_type=head_type, value=0.5)
    found = cells(read_page(client.get(f"/language-models/{model.slug}").text))
    assert found["L1H2"] == ("q20 claimed", "L1H2 0.500, claimed")
    assert found["L1H3"][0] == "q4"


def test_verdicts_that_differ_show_as_conflict(client: TestClient, session: Session) -> None:
    model = make_language_model(session)
    for verdict in (Verdict.NOT_REPRODUCED, Verdict.REPRODUCED):
        make_verification(session, finding=make_finding(session, language_model=model), verdict=verdict)
    make_finding(session, language_model=model, head=3)
    found = cells(read_page(client.get(f"/language-models/{model.slug}?show=verdicts").text))
    assert found["L1H2"] == ("reproduced conflict", "L1H2 reproduced, not reproduced")
    assert found["L1H3"] == ("unrun", "L1H3 claimed, not re-run")
    assert found["L0H0"] == ("u", "L0H0 no claim")


def test_claim_and_denial_of_the_same_type_are_ringed(client: TestClient, session: Session) -> None:
    model, head_type = make_language_model(session), make_head_type(session, slug="induction")
    for polarity in Polarity:
        make_finding(session, language_model=model, head_type=head_type, polarity=polarity)
    found = cells(read_page(client.get(f"/language-models/{model.slug}?show=claims").text))
    assert found["L1H2"] == ("q20 conflict", "L1H2 induction, not induction")


def test_twin_lists_the_same_numbers_best_first(client: TestClient, session: Session) -> None:
    model = make_language_model(session)
    make_head_score_table(session, {(0, 0): 0.1, (2, 1): 0.9, (3, 3): 0.5}, language_model=model)
    page = read_page(client.get(f"/language-models/{model.slug}?view=table").text)
    heads = [link.rpartition("/")[2] for link in page.links() if "/heads/" in link]
    assert heads == ["L2H1", "L3H3", "L0H0"]


def test_hub_id_leads_to_the_page_of_the_slug(client: TestClient, session: Session) -> None:
    model = make_language_model(session, slug="lab--tiny@0123456789ab", hub_id="lab/tiny", revision="0123456789abcdef")
    response = client.get("/language-models/lab--tiny")
    assert response.status_code in (307, 404)
    assert client.get(f"/language-models/{model.slug}").status_code == 200
