"""Syntactic heads; the rule of the type is in the docstring of the detector."""

from dataclasses import replace

from catalog.vocabulary import Tier
from ingest.detector import detector
from ingest.errors import NoTargetError
from ingest.measure import RelationalTargets
from ingest.prompts.batch import PromptBatch
from ingest.prompts.partners import Role, as_targets, has_controls, partners_in, same_distances_elsewhere
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


def confident(batch: PromptBatch) -> dict[str, RelationalTargets]:
    """Mass on the partner where one token of it has more than half of the attention, and nothing elsewhere.

    Where a token has more than half, it has the most; the score is therefore at most the share of words whose largest
    attention falls on the partner, the accuracy that the literature reports.
    """
    return {name: replace(targets, floor=0.5) for name, targets in _readings(batch).items()}


@detector(
    version=1,
    tier=Tier.V1,
    metric="dependency_mass",
    paper="1905.09418",
    prompts=treebank,
    null=same_distances_elsewhere,
    definitions={"dependency_mass_above_half": confident},
)
def syntactic(batch: PromptBatch) -> dict[str, RelationalTargets]:
    """Attention from a word to its partner in one grammatical relation.

    The query is the last token of the word, the keys are all tokens of its partner: the dependent or the governor,
    whichever comes first. Twelve readings are offered (a noun and its adjective, an object and its verb …); the scan
    selects the best for each head on one half of the prompts and scores it on the other. A reading that not every
    prompt can show is left out.

    Most relations have a favourite distance, and a head that attends by distance scores on them. The null model is
    therefore, for each query, another word of the same class and the tokens as far before it that belong to no partner
    of it: the head's own fixed-distance baseline, for all distances at once.

    Returns:
        For each reading the tokens of the partner. Uniform attention scores the mean over the counted queries of the
        partner's number of tokens, divided by pos + 1.

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
    offered = {
        f"{relation}_{role}": as_targets(batch, partners_in(batch, relation, role)) for relation, role in READINGS
    }
    shown = {name: targets for name, targets in offered.items() if has_controls(batch, targets)}
    if not shown:
        raise NoTargetError(
            f"No relation occurs, with a control, in each of the {len(batch.tokens)} prompts of up to "
            f"{batch.tokens.shape[1]} tokens: ask for longer prompts or fewer of them."
        )
    return shown
