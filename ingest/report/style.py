"""The look of a report: one sheet inside the page, light and dark by what the reader's system prefers."""

from ingest.report.colours import DARK, LIGHT, Step
from ingest.report.grid import CLASSES

_LIGHT_TOKENS = {
    "bg": "#ffffff",
    "soft": "#f5f7f7",
    "ink": "#182026",
    "muted": "#55626c",
    "rule": "#dde3e5",
    "accent": "#0b5a72",
    "mark": "#a8330a",
    "hatch": "#d5dcdf",
}
_DARK_TOKENS = {
    "bg": "#0f1416",
    "soft": "#171d20",
    "ink": "#e5eaec",
    "muted": "#9fadb6",
    "rule": "#2a3338",
    "accent": "#7ecbdf",
    "mark": "#ff9d5c",
    "hatch": "#323d43",
}
TOKENS = {"light": _LIGHT_TOKENS, "dark": _DARK_TOKENS}

_RULES = """
*{box-sizing:border-box}
body{margin:0 auto;max-width:78rem;padding:2rem 1.25rem 4rem;background:var(--bg);color:var(--ink);
 font:15px/1.5 -apple-system,BlinkMacSystemFont,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .35rem;overflow-wrap:anywhere}
h2{font-size:1.3rem;margin:3rem 0 .25rem;padding-top:1rem;border-top:1px solid var(--rule)}
h3{font-size:1rem;margin:1.5rem 0 .35rem}
h4{font-size:.85rem;margin:.6rem 0 0;color:var(--muted)}
p{margin:.4rem 0;max-width:46rem}
a{color:var(--accent)}
:focus-visible{outline:2px solid var(--mark);outline-offset:2px}
.skip{position:absolute;left:-99rem}
.skip:focus{position:static}
.lead{color:var(--muted);font-size:1.05rem}
.key{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.75rem 1.5rem;margin:1.25rem 0;
 padding:1rem;background:var(--soft);border-radius:6px}
.key dt,.facts dt,.methods dt{color:var(--muted);font-size:.82rem}
.key dd{margin:0;overflow-wrap:anywhere}
.alarm{border:2px solid var(--mark);border-radius:6px;padding:.6rem .9rem;max-width:none}
.absent{background:var(--soft);border-left:4px solid var(--mark);padding:.6rem .9rem}
.wide{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-size:.88rem;margin:.5rem 0}
caption{text-align:left;color:var(--muted);font-size:.82rem;padding-bottom:.3rem}
th,td{text-align:left;vertical-align:top;padding:.3rem .7rem .3rem 0;border-bottom:1px solid var(--rule)}
thead th{color:var(--muted);font-weight:600}
tbody th{font-weight:600;white-space:nowrap}
.numbers td,.numbers th{font-variant-numeric:tabular-nums;white-space:nowrap}
.line{white-space:nowrap;font-variant-numeric:tabular-nums}
.summary{min-width:52rem}
.found{color:var(--mark);font-size:.82rem}
.grid{border-collapse:separate;border-spacing:1px;line-height:1.1;font-variant-numeric:tabular-nums}
.grid th,.grid td{border:0;text-align:center;vertical-align:middle;padding:0;font-weight:400}
.grid th{color:var(--muted);font-size:.7rem;padding:0 .25rem}
.grid abbr{text-decoration:none}
.grid td{background:var(--a);color:var(--at);border-radius:2px}
.roomy td{width:2.7rem;height:2.1rem;font-size:.8rem}
.middling td{width:1.6rem;height:1.5rem;font-size:.7rem}
.close td{width:1.02rem;min-width:1.02rem;height:1.05rem;font-size:.58rem}
.close th{font-size:.55rem;padding:0 .1rem}
.grid td.u,.swatch.u{background:repeating-linear-gradient(45deg,var(--hatch) 0 2px,var(--bg) 2px 6px);color:var(--ink)}
.grid b,.legend b{display:block;font-weight:700;border:2px solid var(--mark);border-radius:3px;padding:2px 0 3px}
.close b{border-width:1.5px;padding:0}
.grid i,.legend b i{display:block;font-style:normal;font-size:.7em;line-height:1}
.legend{display:flex;flex-wrap:wrap;gap:.4rem 1.4rem;align-items:center;list-style:none;padding:0;margin:.4rem 0;
 color:var(--muted);font-size:.82rem}
.legend b{display:inline-block;padding:0 .35rem;color:var(--ink);text-align:center}
.legend li{display:flex;gap:.4rem;align-items:center}
.ramp{display:inline-flex;border:1px solid var(--rule)}
.ramp i{width:.9rem;height:.8rem}
.swatch{display:inline-block;width:1.2rem;text-align:center;font-style:normal}
.methods{background:var(--soft);border-radius:6px;padding:.25rem 1rem 1rem;margin-top:1.5rem}
.methods .prose{max-width:46rem}
.methods dl,.facts{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.25rem 1rem;margin:.75rem 0 0}
.methods dd,.facts dd{margin:0;overflow-wrap:anywhere;font-size:.88rem}
.facts .facts{margin:0}
pre{background:var(--soft);padding:.75rem 1rem;border-radius:6px;overflow-x:auto;white-space:pre-wrap}
code{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace;font-size:.88em}
@media (max-width:40rem){.methods dl,.facts{grid-template-columns:1fr;gap:0}.methods dd,.facts dd{margin-bottom:.5rem}}
@media print{body{max-width:none;padding:0;font-size:10pt}.wide{overflow:visible}
 *{-webkit-print-color-adjust:exact;print-color-adjust:exact}h2,h3{break-after:avoid}tr,.legend{break-inside:avoid}
 .close{zoom:.7}.skip{display:none}}
"""


def sheet() -> str:
    """The whole sheet."""
    light, dark = _variables(_LIGHT_TOKENS, LIGHT), _variables(_DARK_TOKENS, DARK)
    steps = "\n".join(
        f".grid td.{letter},.ramp .{letter}{{background:var(--{letter});color:var(--{letter}t)}}" for letter in CLASSES
    )
    # Paper is light, whatever the screen prefers.
    dark_screen = f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    return f":root{{color-scheme:light dark;{light}}}\n{dark_screen}\n{_RULES}{steps}\n"


def _variables(tokens: dict[str, str], steps: list[Step]) -> str:
    named = [f"--{name}:{colour}" for name, colour in tokens.items()]
    for letter, step in zip(CLASSES, steps, strict=True):
        named += [f"--{letter}:{step.ground}", f"--{letter}t:{step.text}"]
    return ";".join(named)
