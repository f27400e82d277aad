"""A circuit as it is measured: heads by role, edges between them, and what of a published one cannot be measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catalog.models import CircuitVariant
from catalog.notation import HeadRef
from ingest.errors import IngestError
from ingest.interventions.path_patching import Into

OUTPUT = "output"
_INPUTS: dict[str, Into] = {"q": "query", "k": "key", "v": "value"}


@dataclass(frozen=True)
class Edge:
    """What some heads tell later ones, or the logits."""

    source: str
    """As the source of the circuit names it: a role or a head."""
    target: str
    senders: tuple[HeadRef, ...]
    receivers: tuple[HeadRef, ...]
    """Nobody, for an edge to the logits."""
    into: Into | None
    """Which input of the receivers; None for the logits."""


@dataclass(frozen=True)
class Circuit:
    """One reading of a circuit."""

    name: str
    roles: Mapping[str, tuple[HeadRef, ...]]
    edges: Sequence[Edge] = ()
    unmeasured: Sequence[str] = ()
    """Edges that start or end at no head, each with the reason."""

    @property
    def heads(self) -> frozenset[HeadRef]:
        """All heads, whatever their role."""
        return frozenset(head for heads in self.roles.values() for head in heads)


def published_circuit(variant: CircuitVariant) -> Circuit:
    """A variant of a circuit of the catalog.

    Edges whose source does not say which input they reach are measured for queries, keys and values, one by one.

    Raises:
        IngestError: The source's list of heads was not read.
    """
    if not variant.nodes:
        raise IngestError(
            f"The heads of the variant {variant.name!r} are not in the catalog, so that nothing of it can be measured."
        )
    roles: dict[str, list[HeadRef]] = {}
    for node in variant.nodes:
        roles.setdefault("no role" if node.role is None else node.role.slug, []).append(HeadRef(node.layer, node.head))
    known = {slug: tuple(heads) for slug, heads in roles.items()}
    known |= {str(head): (head,) for heads in roles.values() for head in heads}
    edges: list[Edge] = []
    unmeasured = []
    for each in variant.edges:
        name = f"{each.source} → {each.target}"
        senders = known.get(each.source)
        if senders is None:
            unmeasured.append(f"{name}: {each.source} is no head of the circuit")
        elif each.target == OUTPUT:
            edges.append(Edge(each.source, OUTPUT, senders, (), None))
        elif each.target not in known:
            unmeasured.append(f"{name}: {each.target} is no head of the circuit")
        else:
            inputs = [_INPUTS[letter] for letter in (each.via or "q,k,v").split(",")]
            edges += [Edge(each.source, each.target, senders, known[each.target], into) for into in inputs]
    return Circuit(variant.name, {slug: tuple(heads) for slug, heads in roles.items()}, edges, unmeasured)
