"""The report: everything that was measured, nothing that runs or loads, and small enough for the largest models."""

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
from click.testing import CliRunner

from ingest.cli import scan as scan_command
from ingest.evidence import Evidence
from ingest.registry import get_detector, load_detectors
from ingest.report.grid import CLASSES, Scale
from ingest.report.page import report_page
from ingest.report.provenance import command
from tests.ingest.report.results import make_detector_result, make_result


class Page(HTMLParser):
    """What a reader gets: cells by table row, tags, addresses and text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.rows: list[list[str]] = []
        self._is_in_grid = False
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append((tag, values))
        if tag == "table":
            self._is_in_grid = (values.get("class") or "").startswith("grid")
        if self._is_in_grid and tag == "tr":
            self.rows.append([])
        if self._is_in_grid and tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._is_in_grid = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._is_in_grid and self.rows:
            self.rows[-1][-1] += data.strip()


def grid_of(rows: list[list[float]]) -> np.ndarray:
    return np.array(rows, dtype=np.float64)


SCORES = [[0.04, 0.91, 0.3], [0.72, float("nan"), 0.0]]


def test_every_head_has_a_cell_and_found_heads_are_marked_by_a_sign() -> None:
    page = Page(report_page(make_result(make_detector_result(grid_of(SCORES)), n_layers=2, n_heads=3)))
    assert page.rows == [["L", "0", "1", "2"], ["L0", "4", "91◆", "30"], ["L1", "72◆", "–", "0"]]
    assert "2 found: L0H1, L1H0." in page.text


def test_a_head_without_a_score_says_so() -> None:
    source = report_page(make_result(make_detector_result(grid_of(SCORES)), n_layers=2, n_heads=3))
    assert 'title="L1H1: not computed"' in source


def test_a_detector_without_scores_gives_its_reason_and_no_grid() -> None:
    page = Page(report_page(make_result(make_detector_result(None), n_layers=2, n_heads=3)))
    assert page.rows == []
    assert "Not computed for any of the 2 × 3 heads. The prompts hold nothing to count, for a <test>." in page.text
    assert "0 of 1 detectors measured all 6 heads" in page.text


def test_strongest_heads_show_interval_baselines_and_both_rules() -> None:
    page = Page(report_page(make_result(make_detector_result(grid_of([[0.91, 0.1]])), n_layers=1, n_heads=2)))
    # Score, interval ± 0.01, chance 0.02, null 0.03; the published line stands at 0.4.
    assert "L0H0 ◆ found0.910[0.900, 0.920]0.0200.0300.0001✓ met✓ met" in page.text
    assert "L0H10.100[0.090, 0.110]0.0200.0301✗ not met✗ not met" in page.text


def test_a_head_that_writes_nothing_is_no_find_however_high_it_scores() -> None:
    result = make_result(make_detector_result(grid_of([[0.91, 0.1]])), n_layers=1, n_heads=2)
    result.output_share[0, 0] = 0.0
    page = Page(report_page(result))
    assert "✓ met, but writes nothing" in page.text
    assert "No head was found." in page.text


def test_text_of_others_cannot_become_markup() -> None:
    result = make_result(
        make_detector_result(grid_of([[0.1]])), n_layers=1, n_heads=1, hub_id="<script>alert('&')</script>"
    )
    page = Page(report_page(result))
    assert "<script>alert('&')</script>" in page.text
    assert all(tag != "script" for tag, _ in page.tags)


def test_the_page_runs_nothing_and_loads_nothing() -> None:
    each = [make_detector_result(grid_of([[0.1]]), detector) for detector in load_detectors().values()]
    source = report_page(make_result(*each, n_layers=1, n_heads=1))
    page = Page(source)
    assert {"script", "link", "img", "iframe", "object"}.isdisjoint(tag for tag, _ in page.tags)
    assert all(not name.startswith("on") and name != "src" for _, values in page.tags for name in values)
    assert "url(" not in source
    assert "@import" not in source


def test_links_within_the_page_lead_somewhere() -> None:
    each = [make_detector_result(grid_of([[0.1]]), detector) for detector in load_detectors().values()]
    page = Page(report_page(make_result(*each, n_layers=1, n_heads=1)))
    identifiers = [values["id"] for _, values in page.tags if "id" in values]
    assert len(identifiers) == len(set(identifiers))
    targets = [values["href"] or "" for tag, values in page.tags if tag == "a"]
    assert {href[1:] for href in targets if href.startswith("#")} <= set(identifiers)


def test_twenty_five_detectors_on_80_layers_of_64_heads_stay_below_2_megabytes() -> None:
    draw = np.random.default_rng(0)
    # Even scores: the worst case, since the lowest colour step is the one that needs no class.
    each = [make_detector_result(draw.random((80, 64)) * 0.5) for _ in range(24)]
    each.append(make_detector_result(draw.random((80, 64))))
    assert len(report_page(make_result(*each, n_layers=80, n_heads=64)).encode()) < 2_000_000


def test_scores_beyond_shares_get_a_scale_of_their_own() -> None:
    each = make_detector_result(grid_of([[0.0, 55.0, 110.0]]))
    scale = Scale.of(each)
    assert [CLASSES[scale.step(score)] for score in (0.0, 55.0, 110.0)] == ["a", "e", "j"]
    assert [scale.text(score) for score in (0.0, 55.0, 110.0)] == ["0", "55", "1.1e+02"]


def test_differences_are_shown_in_hundredths_and_coloured_over_their_own_range() -> None:
    scale = Scale.of(make_detector_result(grid_of([[-0.03, 0.0, 0.18]])))
    assert [scale.text(score) for score in (-0.03, 0.0, 0.18)] == ["-3", "0", "18"]
    assert (CLASSES[scale.step(-0.03)], CLASSES[scale.step(0.18)]) == ("a", "j")
    assert scale.ends == ("-3", "18")


def test_competing_definitions_are_compared_where_there_are_some() -> None:
    one = make_detector_result(grid_of([[0.1, 0.2, 0.3, 0.9]]))
    other = make_detector_result(grid_of([[0.9, 0.3, 0.2, 0.1]]))
    alone = Page(report_page(make_result(one, n_layers=1, n_heads=4))).text
    assert "Agreement between definitions" not in alone
    other = replace(other, detector=replace(other.detector, metric="the_other_way_round"))
    both = replace(one, definitions={"the_other_way_round": other})
    text = Page(report_page(make_result(both, n_layers=1, n_heads=4))).text
    assert "2 the_other_way_round-1.001.00L0H0 L0H1 L0H2 L0H3" in text


def test_the_command_repeats_the_scan() -> None:
    result = make_result(make_detector_result(grid_of([[0.1]])), n_layers=1, n_heads=1, revision="0123abc")
    arguments = {"model": "a model", "revision": "main", "detectors": "v1", "seed": 7, "no_statistics": True}
    arguments["no_ablation"] = True
    assert command(arguments, result) == (
        "headcat scan 'a model' --revision 0123abc --detectors v1 --seed 7 --no-statistics --no-ablation"
    )


def test_error_rates_are_shown_where_they_were_measured() -> None:
    rate = {
        "calibration_set": "planted",
        "recall": 1.0,
        "n_positive": 40,
        "false_positive_rate": 0.0,
        "n_negative": 900,
    }
    result = make_result(make_detector_result(grid_of([[0.1]])), n_layers=1, n_heads=1)
    assert "planted: recall 1.000 of 40, false positives 0.0000 of 900" in report_page(
        result, {"previous_token": [rate]}
    )
    assert "none recorded" in report_page(result, {"previous_token": None})


def test_a_dead_language_model_is_called_so() -> None:
    result = replace(make_result(make_detector_result(grid_of([[0.91]])), n_layers=1, n_heads=1), is_live=False)
    text = Page(report_page(result)).text
    assert "these scores are not to be trusted" in text
    assert "No head was found." in text


def test_a_metric_makes_no_claim() -> None:
    detector = replace(get_detector("previous_token"), evidence=Evidence.MOMENTS)
    text = Page(report_page(make_result(make_detector_result(grid_of([[0.9]]), detector), n_layers=1, n_heads=1))).text
    assert "it makes no claim about any of them" in text
    assert "◆" not in text.replace("88◆", "")  # the legend's example aside


def test_a_path_that_cannot_be_written_is_refused_before_the_weights_are_loaded(tmp_path: Path) -> None:
    ran = CliRunner().invoke(scan_command, [str(tmp_path), "--html", str(tmp_path / "no" / "report.html")])
    assert ran.exit_code == 2
    assert "is no folder that can be written: name another file for --html." in ran.output


def test_a_folder_is_no_report(tmp_path: Path) -> None:
    ran = CliRunner().invoke(scan_command, [str(tmp_path), "--html", str(tmp_path)])
    assert ran.exit_code == 2
    assert "is a folder: name a file for --html." in ran.output
