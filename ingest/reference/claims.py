"""From a scan to claims of the catalog: what one run found, to be verified by another with other prompts.

Input is the object that `headcat scan --json` prints, output the text of `[[groups]]` for a file of findings. Of a head
type that was found, the best heads are claimed, and where its heads serve something, as many as eight of them together;
of one that was looked for and not found, the best head is claimed not to be one. Types that could not be scored, or
whose task the language model does not do, get no claim.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.notation import HeadRef, group_text

MOST_HEADS = 3
"""Heads that are claimed of one type, one by one."""
MOST_TOGETHER = 8
"""Heads that are claimed to serve a type's behaviour together: those of the highest scores."""
_METHODS = {
    **dict.fromkeys(("anti_induction", "mixed", "relation", "subject", "vulnerable"), "direct_logit_attribution"),
    "function_vector": "naive_activation_patching",
}
_PATCHED = "path_patching"
"""Slug of the method by detector; others with an effect on a task patch paths, and the rest scores."""


@dataclass(frozen=True)
class Claim:
    """What one detector found: heads of the type, or the best head as none of it, or heads of it together."""

    detector: Mapping[str, Any]
    heads: Sequence[str]
    is_found: bool
    is_joint: bool = False
    """Whether the claim is that all the heads serve the type's behaviour together."""

    @property
    def scores(self) -> list[float]:
        """Of the claimed heads."""
        grid = self.detector["scores"]
        return [float(grid[head.layer][head.head]) for head in map(HeadRef.parse, self.heads)]


def claims_of(scan: Mapping[str, Any]) -> list[Claim]:
    """Claims in the order of the detectors."""
    return [claim for detector in scan["detectors"] for claim in _of_detector(detector)]


def _of_detector(detector: Mapping[str, Any]) -> Iterator[Claim]:
    gate, scores = detector["gate"], detector["scores"]
    if scores is None or (gate is not None and not gate["passed"]):
        return
    by_score = sorted(
        (
            (-score, str(HeadRef(layer, head)))
            for layer, row in enumerate(scores)
            for head, score in enumerate(row)
            if score is not None
        ),
    )
    ranked = [head for _, head in by_score]
    found = [head for head in ranked if head in detector["positive"]]
    yield Claim(detector, found[:MOST_HEADS] or ranked[:1], bool(found))
    if len(found) > 1 and detector["effect"] is not None:
        yield Claim(detector, found[:MOST_TOGETHER], is_found=True, is_joint=True)


def as_toml(claims: Sequence[Claim], *, language_model: str, seeds: Sequence[int], first: int) -> str:
    """Groups of a file of findings.

    Args:
        claims: What was found.
        language_model: Slug of the record.
        seeds: Of the prompts of the scans that agreed, for the locator.
        first: Number of the first accession.
    """
    groups = []
    for claim in claims:
        if claim.is_joint:
            together = group_text(map(HeadRef.parse, claim.heads))
            groups.append(_group(claim, f'    ["AHF-{first:06d}", "{together}"],', language_model, seeds))
            first += 1
            continue
        rows = "\n".join(
            f'    ["AHF-{first + at:06d}", "{head}", {score:.4g}],'
            for at, (head, score) in enumerate(zip(claim.heads, claim.scores, strict=True))
        )
        first += len(claim.heads)
        groups.append(_group(claim, rows, language_model, seeds))
    return "\n".join(groups)


def _group(claim: Claim, rows: str, language_model: str, seeds: Sequence[int]) -> str:
    detector = claim.detector
    called = detector["name"].replace("_", "-") + (" heads" if claim.is_joint else " head")
    n_found = len(detector["positive"])
    note = (
        f"{len(claim.heads)} of the {n_found} heads that the scan found, together"
        if claim.is_joint
        else f"the best of {n_found} heads that the scan found"
        if claim.is_found and n_found > len(claim.heads)
        else "all heads that the scan found"
        if claim.is_found
        else "the best score of the language model: the scan found no head of this type"
    )
    lines = [
        "[[groups]]",
        f'language_model = "{language_model}"',
        f'head_type = "{detector["name"]}"',
        *([] if claim.is_found else ['polarity = "is_not"']),
        f'published_name = "{called}"',
        f'task = "prompts of the detector {detector["name"]}"',
        *(['unit = "head_group"'] if claim.is_joint else []),
        f'method = "{"mean_ablation" if claim.is_joint else _method(detector)}"',
        f'metric = "{"joint_ablation_effect" if claim.is_joint else detector["metric"]}"',
        f'locator = "headcat scan --detectors all {_named(seeds)}: the verification draws other prompts"',
        'source_kind = "own_measurement"',
        f"note = {json.dumps(note)}",
        "heads = [",
        rows,
        "]",
        "",
    ]
    return "\n".join(lines)


def _named(seeds: Sequence[int]) -> str:
    if len(seeds) == 1:
        return f"--seed {seeds[0]}"
    *most, last = seeds
    return f"with seeds {', '.join(map(str, most))} and {last}, which agree"


def _method(detector: Mapping[str, Any]) -> str:
    is_of_task = detector["gate"] is not None and detector["effect"] is not None
    return _METHODS.get(detector["name"], _PATCHED if is_of_task else "scoring")
