"""Which language models of the catalog are on this machine, and whether a folder is the one that a record means.

Nothing here touches the hub. A record whose revision is a hash of weights is met by that hash alone, whatever the
folder is called; any other record by the folder's name and then by its shape.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from catalog.models import LanguageModel
from ingest.errors import LanguageModelError
from ingest.loaded_model import LoadedModel
from ingest.model_folder import hash_weights
from ingest.planted.build import save_planted
from ingest.planted.planted_model import Scheme

PLANTED = "headcat/planted-"
"""Hub ids of language models that headcat builds itself begin so; the scheme follows."""
SHIPPED = Path(__file__).parent / "reference" / "weights"
"""Its sub-folders are language models that headcat trained and ships; `reference/README.md` tells how."""
_HASHED = "sha256:"


@dataclass
class ModelShelf:
    """Folders in which to look; each folder's weights are hashed at most once."""

    folders: Sequence[Path]
    """Their sub-folders, one or two levels down, are language models."""
    paths: Sequence[Path] = ()
    """Folders that are language models themselves."""
    data: Path | None = None
    """Where planted language models are built; None builds none."""
    _hashes: dict[Path, str | None] = field(default_factory=dict)

    def find(self, row: LanguageModel) -> Path | None:
        """The folder of a language model of the catalog; None where it is not on this machine."""
        candidates = list(self._candidates())
        if row.revision.startswith(_HASHED):
            wanted = row.revision.removeprefix(_HASHED)
            # By name first: hashing every folder on the machine would take minutes.
            candidates.sort(key=lambda folder: not _is_named(folder, row.hub_id))
            for folder in candidates:
                if self._hash(folder) == wanted:
                    return folder
            return self._planted(row)
        return next((folder for folder in candidates if _is_named(folder, row.hub_id)), None)

    def _candidates(self) -> Iterable[Path]:
        yield from self.paths
        for folder in (*self.folders, SHIPPED):
            for pattern in ("*/config.json", "*/*/config.json"):
                yield from sorted(file.parent for file in folder.expanduser().glob(pattern))

    def _planted(self, row: LanguageModel) -> Path | None:
        scheme = row.hub_id.removeprefix(PLANTED)
        if self.data is None or not row.hub_id.startswith(PLANTED) or scheme not in get_args(Scheme):
            return None
        folder = self.data / "models" / f"planted-{scheme}"
        if not folder.exists() or self._hash(folder) != row.revision.removeprefix(_HASHED):
            save_planted(folder, scheme)
            self._hashes.pop(folder, None)
        return folder

    def _hash(self, folder: Path) -> str | None:
        if folder not in self._hashes:
            try:
                self._hashes[folder] = hash_weights(folder)
            except LanguageModelError:
                # Pickled, incomplete or no weights at all: not the folder we look for.
                self._hashes[folder] = None
        return self._hashes[folder]


def _is_named(folder: Path, hub_id: str) -> bool:
    """Whether a folder is called as a hub id: owner--name, or the name alone, as in owner/name."""
    return folder.name in {hub_id.replace("/", "--"), hub_id.rpartition("/")[2]}


def check_agrees(loaded: LoadedModel, row: LanguageModel) -> None:
    """Refuse a language model that is not the one of the record.

    Raises:
        LanguageModelError: Shape or weights differ; the message says in what.
    """
    stated = {
        name: getattr(row, name)
        for name in ("n_layers", "n_heads", "n_kv_heads", "d_model", "d_head")
        if getattr(row, name) is not None
    }
    differing = [
        f"{name} is {getattr(loaded, name)}, not {value}"
        for name, value in stated.items()
        if getattr(loaded, name) != value
    ]
    if differing:
        raise LanguageModelError(
            f"{loaded.hub_id} is not the {row.hub_id} of the catalog: {'; '.join(differing)}. Name the right folder."
        )
    if row.revision.startswith(_HASHED) and loaded.weights_sha256 != row.revision.removeprefix(_HASHED):
        raise LanguageModelError(
            f"The weights of {loaded.hub_id} hash to {loaded.weights_sha256[:12]}…, and the catalog's {row.hub_id} "
            f"to {row.revision.removeprefix(_HASHED)[:12]}…: name the folder with those weights."
        )
