"""Frozen forms of the citable entries: content, hash and version of each head type, finding and circuit.

Content names other records by slug and leaves out the entry's standing, so neither a corrected paper nor a withdrawal
changes what was cited. Shipped entries have the versions that the ledger of the records gives them (`seed_versions`);
one that it does not list yet is counted on from the latest form.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from catalog.canonical import canonical_json, sha256_of
from catalog.errors import SeedError
from catalog.models import EntryVersion
from catalog.models.base import now
from catalog.notation import Accession
from catalog.seed_files import Seeds, place
from catalog.seed_sources import whole_file
from catalog.seed_store import STANDING, Place
from catalog.seed_versions import LEDGER


def joined_note(*notes: str | None) -> str | None:
    """One note of a head's own and its group's."""
    return "; ".join(note for note in notes if note) or None


def write_entry_versions(session: Session, seeds: Seeds) -> tuple[dict[str, int], int]:
    """Freeze what has no equal frozen form yet: the forms that the ledger lists as it numbers them, others as next.

    Returns:
        The version of every entry by accession, and how many forms were frozen.

    Raises:
        SeedError: Two entries have the same accession, a listed form has no record or no bytes, or this catalog holds
            other bytes under its name.
    """
    known = _known(session)
    versions: dict[str, int] = {}
    rows: list[dict[str, Any]] = []
    moment = now()
    for accession, frozen in entry_contents(seeds).items():
        digest = sha256_of(frozen)
        held = known.get(accession, {})
        listed = seeds.ledger.forms.get(accession, [])
        for form in listed:
            if held.get(form.version, form.sha256) != form.sha256:
                raise SeedError(
                    LEDGER,
                    form.name,
                    "this catalog holds another form under that name, from records that were not released; load the "
                    "records into an empty catalog",
                )
            if form.version not in held:
                rows.append(_row(form.accession, form.version, seeds.ledger.content(form, frozen, digest), form.moment))
        every = {form.version: form.sha256 for form in listed} | held
        latest = max(every, default=0)
        versions[accession] = latest if every.get(latest) == digest else latest + 1
        if versions[accession] != latest:
            rows.append(_row(accession, versions[accession], frozen, moment))
    if rows:
        session.execute(insert(EntryVersion), rows)
    return versions, len(rows)


def entry_contents(seeds: Seeds) -> dict[str, str]:
    """Canonical JSON of every entry of the records, by accession.

    Raises:
        SeedError: Two entries have the same accession, or the ledger lists one that has no record.
    """
    found: dict[str, str] = {}
    places: dict[str, Place] = {}
    for accession, at, content in _contents(seeds):
        if accession in places:
            first = places[accession]
            raise at.error(f"the accession {accession} is taken by {first.file}, {first.where}")
        places[accession] = at
        found[accession] = canonical_json(content)
    gone = sorted(set(seeds.ledger.forms) - set(found))
    if gone:
        raise SeedError(LEDGER, gone[0], "no record has this accession; withdraw an entry instead of removing it")
    return found


def _row(accession: str, version: int, content: str, moment: datetime) -> dict[str, Any]:
    return {
        "kind": Accession.parse(accession).kind.value,
        "accession": accession,
        "version": version,
        "content": content,
        "content_sha256": sha256_of(content),
        "created_at": moment,
    }


def _known(session: Session) -> dict[str, dict[int, str]]:
    """Hash of each frozen form that the catalog holds, by accession and version."""
    known: dict[str, dict[int, str]] = {}
    rows = session.execute(select(EntryVersion.accession, EntryVersion.version, EntryVersion.content_sha256))
    for accession, version, digest in rows:
        known.setdefault(accession, {})[version] = digest
    return known


def _contents(seeds: Seeds) -> Iterator[tuple[str, Place, dict[str, Any]]]:
    for source in seeds.head_types:
        record = source.record.model_dump(mode="json", exclude_none=True, exclude=set(STANDING))
        yield source.record.accession, whole_file(source), _filled({"slug": source.slug} | record)
    for circuit in seeds.circuits:
        record = circuit.record.model_dump(mode="json", exclude_none=True, exclude=set(STANDING))
        yield circuit.record.accession, whole_file(circuit), _filled({"slug": circuit.slug} | record)
    for file in seeds.findings:
        for index, group in enumerate(file.record.groups):
            shared = group.model_dump(mode="json", exclude_none=True, exclude={"heads", "note"})
            for position, claim in enumerate(group.heads):
                own = claim.model_dump(mode="json", exclude_none=True)
                note = joined_note(claim.note, group.note)
                content = shared | own | {"paper": file.slug} | ({"note": note} if note else {})
                yield claim.accession, Place(file.file, place("groups", index) + f".heads[{position}]"), content


def _filled(value: Any) -> Any:
    """Without empty lists, so that a key added to the shapes changes no frozen form."""
    if isinstance(value, dict):
        return {key: _filled(item) for key, item in value.items() if item not in ([], {})}
    return [_filled(item) for item in value] if isinstance(value, list) else value
