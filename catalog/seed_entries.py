"""Frozen forms of the citable entries: content, hash and version of each head type, finding and circuit.

Content names other records by slug and leaves out the entry's standing, so neither a corrected paper nor a withdrawal
changes what was cited. An entry whose content differs from its latest frozen form gets the next version.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from catalog.canonical import canonical_json, sha256_of
from catalog.models import EntryVersion
from catalog.models.base import now
from catalog.notation import Accession
from catalog.seed_files import Seeds, place
from catalog.seed_sources import whole_file
from catalog.seed_store import STANDING, Place


def joined_note(*notes: str | None) -> str | None:
    """One note of a head's own and its group's."""
    return "; ".join(note for note in notes if note) or None


def write_entry_versions(session: Session, seeds: Seeds) -> tuple[dict[str, int], int]:
    """Freeze what has no equal frozen form yet.

    Returns:
        The version of every entry by accession, and how many forms were frozen.

    Raises:
        SeedError: Two entries have the same accession.
    """
    latest = _latest(session)
    versions: dict[str, int] = {}
    places: dict[str, Place] = {}
    rows, moment = [], now()
    for accession, at, content in _contents(seeds):
        if accession in places:
            first = places[accession]
            raise at.error(f"the accession {accession} is taken by {first.file}, {first.where}")
        places[accession] = at
        frozen = canonical_json(content)
        digest = sha256_of(frozen)
        version, known = latest.get(accession, (0, None))
        versions[accession] = version if digest == known else version + 1
        if digest != known:
            rows.append(
                {
                    "kind": Accession.parse(accession).kind.value,
                    "accession": accession,
                    "version": versions[accession],
                    "content": frozen,
                    "content_sha256": digest,
                    "created_at": moment,
                }
            )
    if rows:
        session.execute(insert(EntryVersion), rows)
    return versions, len(rows)


def _latest(session: Session) -> dict[str, tuple[int, str]]:
    newest = (
        select(EntryVersion.accession, func.max(EntryVersion.version).label("version"))
        .group_by(EntryVersion.accession)
        .subquery()
    )
    rows = session.execute(
        select(EntryVersion.accession, EntryVersion.version, EntryVersion.content_sha256).join(
            newest,
            (EntryVersion.accession == newest.c.accession) & (EntryVersion.version == newest.c.version),
        )
    )
    return {accession: (version, digest) for accession, version, digest in rows}


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
