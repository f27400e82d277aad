"""What a release changed: citable entries that came, got another version, were withdrawn, or went."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from catalog.models import Circuit, Finding, HeadType, Verification
from catalog.notation import Accession
from catalog.vocabulary import Status

State = dict[str, tuple[int, bool]]
"""Version of each citable entry by accession, and whether it is withdrawn."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Differences between two releases, as accessions with their versions."""

    added: list[str]
    changed: list[str]
    withdrawn: list[str]
    removed: list[str]
    """Entries that are no longer in the catalog; curators withdraw instead, so that this is empty."""

    def as_json(self) -> dict[str, list[str]]:
        """The four lists by name."""
        return {name: getattr(self, name) for name in ("added", "changed", "withdrawn", "removed")}


def current_state(connection: Connection) -> State:
    """The citable entries of the catalog."""
    found: State = {}
    for model in (HeadType, Finding, Circuit, Verification):
        statement = select(model.accession, model.version, model.status)
        found |= {row[0]: (row[1], row[2] == Status.WITHDRAWN) for row in connection.execute(statement)}
    return found


def state_after(releases: Iterable[dict[str, list[str]]]) -> State:
    """The citable entries as the changes of all releases, earliest first, leave them."""
    found: State = {}
    for changes in releases:
        for name in ("added", "changed", "withdrawn"):
            for each in changes[name]:
                accession = Accession.parse(each)
                found[accession.base] = (accession.version or 1, name == "withdrawn")
        for each in changes["removed"]:
            found.pop(Accession.parse(each).base, None)
    return found


def changes_between(before: State, after: State) -> Changes:
    """What must be said of `after` to somebody who knows `before`."""
    added, changed, withdrawn = [], [], []
    for accession, (version, is_withdrawn) in sorted(after.items()):
        known = before.get(accession)
        name = f"{accession}.v{version}"
        if is_withdrawn:
            if known is None or not known[1]:
                withdrawn.append(name)
        elif known is None:
            added.append(name)
        elif known != (version, False):
            changed.append(name)
    removed = [f"{accession}.v{before[accession][0]}" for accession in sorted(set(before) - set(after))]
    return Changes(added, changed, withdrawn, removed)
