"""A scan as one HTML file that needs nothing else: no script, no request, readable on paper and from the keyboard."""

from ingest.evidence import Evidence
from ingest.loaded_model import LoadedModel
from ingest.report.agreement import agreement
from ingest.report.grid import absent, grid, legend
from ingest.report.heads import strongest, summary
from ingest.report.markup import Markup, element, joined
from ingest.report.methods import ErrorRates, methods
from ingest.report.provenance import provenance
from ingest.report.style import sheet
from ingest.scan_result import DetectorResult, ScanResult

# A longer list is no help; the grid marks all.
_N_NAMED = 24

_NOT_LIVE = (
    "Perturbing heads did not change the logits of this language model: these scores are not to be trusted, and no "
    "head is called found."
)


def report_page(result: ScanResult, error_rates: ErrorRates | None = None) -> str:
    """The whole page.

    Args:
        result: The scan.
        error_rates: Measured error rates of each detector; left out where no catalog is at hand.
    """
    # A folder is named by its last part; the facts below give all of it.
    title = f"Attention heads of {result.loaded.hub_id.rstrip('/').rpartition('/')[2]}"
    head = element(
        "head",
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        element("title", f"{title} – headcat"),
        element("style", Markup(sheet())),
    )
    body = element(
        "body",
        element("a", "Skip to the detectors", href="#detectors", class_="skip"),
        _header(result, title),
        element(
            "main",
            element("section", element("h2", "Summary"), summary(result)),
            element("div", [_section(result, each, error_rates or {}) for each in result.detectors], id="detectors"),
            provenance(result),
        ),
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _header(result: ScanResult, title: str) -> Markup:
    loaded, record = result.loaded, result.provenance
    groups = "" if loaded.n_kv_heads == loaded.n_heads else f", {loaded.n_kv_heads} key-value heads"
    facts = {
        "Language model": loaded.hub_id,
        "Revision": loaded.revision,
        "Architecture": f"{loaded.architecture}: {loaded.n_layers} layers{_attending(loaded)} × {loaded.n_heads} heads"
        + groups,
        "Measured": f"{result.finished_at:%Y-%m-%d %H:%M} UTC in {result.seconds:.1f} s",
        "On": f"{record['machine']['device_name']} ({record['machine']['device']}), {record['machine']['dtype']}",
        "Prompts": f"{result.options.n_prompts} of each family, seed {result.options.seed}",
        "headcat": record["versions"]["headcat"],
    }
    return element(
        "header",
        element("h1", title),
        element("p", _lead(result), class_="lead"),
        element("p", _NOT_LIVE, class_="alarm") if not result.is_live else None,
        element(
            "dl",
            [element("div", element("dt", name), element("dd", said)) for name, said in facts.items()],
            class_="key",
        ),
    )


def _attending(loaded: LoadedModel) -> str:
    n_attending = len(loaded.attention_layers)
    return "" if n_attending == loaded.n_layers else f", {n_attending} of them with attention,"


def _lead(result: ScanResult) -> str:
    measured = [each for each in result.detectors if each.scores is not None]
    said = f"{len(measured)} of {len(result.detectors)} detectors measured all {len(result.heads)} heads"
    if not result.options.with_statistics:
        return f"{said}; without statistics no head is called found."
    n_found = len({head for each in measured for head in result.positive(each) or ()})
    return f"{said}; {n_found} heads were found to be of at least one type."


def _section(result: ScanResult, each: DetectorResult, error_rates: ErrorRates) -> Markup:
    name = each.detector.name
    if each.scores is None:
        measured = absent(result, each)
    else:
        found = result.positive(each)
        measured = joined(
            _found(each, None if found is None else [str(head) for head in found]),
            grid(result, each),
            legend(each, with_found=found is not None),
            strongest(result, each),
            agreement(each, result.loaded.n_heads),
        )
    return element(
        "section",
        element("h2", name.replace("_", " ")),
        element("p", each.detector.summary, class_="lead"),
        _gate(each),
        measured,
        methods(each, error_rates),
        id=name,
    )


def _found(each: DetectorResult, found: list[str] | None) -> Markup:
    if each.detector.evidence is Evidence.MOMENTS:
        return element("p", "A metric of every head; it makes no claim about any of them.")
    if found is None:
        return element("p", "No statistics were computed, so no head is called found.")
    if not found:
        return element("p", "No head was found.")
    more = len(found) - _N_NAMED
    rest = f" and {more} more, marked in the grid" if more > 0 else ""
    return element("p", element("strong", f"{len(found)} found: "), ", ".join(found[:_N_NAMED]), f"{rest}.")


def _gate(each: DetectorResult) -> Markup | None:
    gate = each.gate
    if gate is None:
        return None
    said = "passed" if gate.passed else "not passed, so no claim about a head applies"
    return element("p", f"Gate {said}: {gate.metric} is {gate.value:.3g}, {gate.required:.3g} is needed.")
