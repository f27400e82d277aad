"""Whether a circuit does what the whole language model does: faithfulness, completeness, minimality.

F(S) is the mean of the task's measure over prompts when every head outside S is ablated, at all positions. What takes
the place of an ablated head is part of every number here: the same circuit does well under one kind of ablation and
badly under another.

Source:
    Wang et al. 2022, arXiv:2211.00593, section 4: F(C) against F(M); |F(C \\ K) − F(M \\ K)| for parts K of the
    circuit; for each head v some K with a large |F(C \\ (K ∪ {v})) − F(C \\ K)|. They ablate heads at the positions
    where the circuit does not use them, we ablate heads at all positions; K are here the roles, random halves, and for
    minimality the rest of a head's role.
"""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from catalog.notation import HeadRef
from catalog.vocabulary import AblationKind
from ingest.circuits.circuit import Circuit
from ingest.interventions.task_run import TaskRun
from ingest.statistics.bootstrap import interval, resampling_weights

Array = npt.NDArray[np.float64]
DEFAULT_N_RANDOM = 8


@dataclass
class Knockouts:
    """The task's measure with sets of heads ablated; each set is run once."""

    run: TaskRun
    kind: AblationKind
    _values: dict[frozenset[HeadRef], Array] = field(default_factory=dict)

    @property
    def every_head(self) -> frozenset[HeadRef]:
        """All heads of the language model."""
        loaded = self.run.loaded
        return frozenset(HeadRef(layer, head) for layer in loaded.attention_layers for head in range(loaded.n_heads))

    def without(self, heads: Collection[HeadRef]) -> Array:
        """The measure of each prompt when these heads are ablated."""
        key = frozenset(heads)
        if key not in self._values:
            run = self.run.with_ablated(sorted(key), self.kind) if key else self.run
            self._values[key] = run.clean.double().numpy()
        return self._values[key]

    def only(self, heads: Collection[HeadRef]) -> Array:
        """The measure of each prompt when all other heads are ablated."""
        return self.without(self.every_head - frozenset(heads))


@dataclass(frozen=True)
class Faithfulness:
    """F(C) against F(M)."""

    whole: float
    """F(M), the intact language model."""
    circuit: float
    """F(C)."""
    nothing: float
    """F(∅): every head ablated."""
    share: float
    """F(C) / F(M); 1 is a faithful circuit, and more than 1 happens where heads that work against the task are out."""
    low: float
    high: float
    """95 % interval of the share over prompts."""
    recovered: float
    """(F(C) − F(∅)) / (F(M) − F(∅)): what the circuit brings back of what its ablation costs."""


@dataclass(frozen=True)
class Gap:
    """What is missing from a circuit by one part of it."""

    part: str
    circuit: float
    """F(C \\ K)."""
    whole: float
    """F(M \\ K)."""
    gap: float
    """|F(C \\ K) − F(M \\ K)| / |F(M)|; 0 for a complete circuit."""


@dataclass(frozen=True)
class Need:
    """Whether the circuit needs a head."""

    head: HeadRef
    role: str
    need: float
    """Largest |F(C \\ (K ∪ {v})) − F(C \\ K)| / |F(M)| over the K that were tried."""
    without: str
    """The K of the largest: `nothing`, or the rest of the role."""


def faithfulness(knockouts: Knockouts, circuit: Circuit, *, seed: int = 0) -> Faithfulness:
    """How much of the task the circuit does alone."""
    whole, alone, nothing = (knockouts.only(each) for each in (knockouts.every_head, circuit.heads, ()))
    weights = resampling_weights(len(whole), seed)
    bounds = interval((alone @ weights) / (whole @ weights))
    full, part, least = (float(each.mean()) for each in (whole, alone, nothing))
    return Faithfulness(
        full, part, least, part / full, float(bounds.low), float(bounds.high), (part - least) / (full - least)
    )


def completeness(
    knockouts: Knockouts, circuit: Circuit, *, n_random: int = DEFAULT_N_RANDOM, seed: int = 0
) -> list[Gap]:
    """Gaps when a role, or a random half of the circuit, is taken out of circuit and language model alike."""
    generator = random.Random(seed)
    heads = sorted(circuit.heads)
    parts: list[tuple[str, Sequence[HeadRef]]] = [(role, of_role) for role, of_role in circuit.roles.items()]
    parts += [(f"random half {i + 1}", generator.sample(heads, len(heads) // 2)) for i in range(n_random)]
    size = abs(float(knockouts.without(()).mean()))
    found = []
    for name, part in parts:
        of_circuit = float(knockouts.only(circuit.heads - frozenset(part)).mean())
        of_whole = float(knockouts.without(part).mean())
        found.append(Gap(name, of_circuit, of_whole, abs(of_circuit - of_whole) / size))
    return found


def minimality(knockouts: Knockouts, circuit: Circuit) -> list[Need]:
    """How much each head is needed, in the whole circuit or when the others of its role are gone."""
    size = abs(float(knockouts.without(()).mean()))
    found = []
    for role, heads in circuit.roles.items():
        for head in heads:
            tried = {"nothing": frozenset[HeadRef](), "the rest of its role": frozenset(heads) - {head}}
            needs = {
                name: abs(
                    float(knockouts.only(circuit.heads - part - {head}).mean())
                    - float(knockouts.only(circuit.heads - part).mean())
                )
                / size
                for name, part in tried.items()
            }
            largest = max(needs, key=lambda name: needs[name])
            found.append(Need(head, role, needs[largest], largest))
    return found
