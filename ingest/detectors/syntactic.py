"""Syntactic heads; the rule of the type is in the docstring of the detector."""

from collections.abc import Mapping
from dataclasses import replace

from catalog.vocabulary import Tier
from ingest.detector import Definition, detector
from ingest.errors import NoTargetError
from ingest.measure import Measurement, RelationalTargets
from ingest.prompts.batch import PromptBatch
from ingest.prompts.contrast import contrast
from ingest.prompts.partners import Role, as_targets, partners_in, with_controls
from ingest.prompts.treebank import TreebankBatch, treebank

# Causal attention reaches the partner only where that comes first: a verb its subject, an object its verb.
READINGS: tuple[tuple[str, Role], ...] = (
    ("nsubj", "dependent"),
    ("obj", "governor"),
    ("obl", "governor"),
    ("amod", "dependent"),
    ("advmod", "dependent"),
    ("advmod", "governor"),
    ("det", "dependent"),
    ("case", "dependent"),
    ("aux", "dependent"),
    ("conj", "governor"),
    ("nmod", "dependent"),
    ("nmod", "governor"),
)


CONTROL = "control of "


def over_distance(measured: Mapping[str, Measurement]) -> Mapping[str, Measurement]:
    """For each relation the mass on partners less the mass at the same distances elsewhere."""
    return {
        name: contrast(found, measured[CONTROL + name])
        for name, found in measured.items()
        if not name.startswith(CONTROL)
    }


def confident(batch: PromptBatch) -> dict[str, RelationalTargets]:
    """Mass on the partner where one token of it has at least half of the attention, and nothing elsewhere.

    A token with more than half has the most; the score is therefore at most the share of words whose largest attention
    falls on the partner, the accuracy that the literature reports. Distance is not controlled for.
    """
    return {
        name: replace(targets, floor=0.5) for name, targets in _readings(batch).items() if not name.startswith(CONTROL)
    }


@detector(
    version=1,
    tier=Tier.V1,
    metric="dependency_mass_over_distance",
    paper="1905.09418",
    prompts=treebank,
    combine=over_distance,
    no_behaviour=(
        "No causal arm: its sources compare attention with parse trees, or prune such heads in a translation "
        "model; none names a function of a next token."
    ),
    definitions={"dependency_mass_above_half": Definition(confident)},
)
def syntactic(batch: PromptBatch) -> dict[str, RelationalTargets]:
    """Attention from a word to its partner in one grammatical relation, over what distance alone explains.

    The query is the last token of the word, the keys are all tokens of its partner: the dependent or the governor,
    whichever comes first. Twelve readings are offered (a noun and its adjective, an object and its verb …); the scan
    selects the best for each head on one half of the prompts and scores it on the other. A reading that not every
    prompt can show is left out.

    Most relations have a favourite distance, and a head that attends by distance has mass there. Each query therefore
    has a control: another word of the same class, and the tokens as far before it that belong to no partner of it. The
    score is the mass on partners less the mass on controls, so that a head that attends by distance scores exactly 0
    at every distance; queries without a control do not count.

    Returns:
        For each reading the tokens of the partner, and those of the control. Uniform attention scores about 0.

    Raises:
        NoTargetError: No relation occurs in every prompt.

    Source:
        Voita et al. 2019, ACL P19-1580 (arXiv:1905.09418), syntactic heads; Clark et al. 2019, arXiv:1906.04341; Htut
        et al. 2019, arXiv:1911.12246. They count how often the largest attention falls on the partner, in encoders, and
        compare with the best fixed offset; here it is mean mass, and each pair has its own distance as baseline. Their
        lines were not re-read and none is quoted.
    """
    return _readings(batch)


def _readings(batch: PromptBatch) -> dict[str, RelationalTargets]:
    if not isinstance(batch, TreebankBatch):
        raise NoTargetError("Only prompts of a treebank show which words belong together.")
    shown: dict[str, RelationalTargets] = {}
    for relation, role in READINGS:
        targets, controls = with_controls(batch, as_targets(batch, partners_in(batch, relation, role)))
        if targets.is_counted.any(dim=1).all():
            name = f"{relation}_{role}"
            shown |= {name: targets, CONTROL + name: controls}
    if not shown:
        raise NoTargetError(
            f"No relation occurs, with a control, in each of the {len(batch.tokens)} prompts of up to "
            f"{batch.tokens.shape[1]} tokens: ask for longer prompts or fewer of them."
        )
    return shown
