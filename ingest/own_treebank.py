"""A treebank of the user's in place of the sentences that come with headcat (setting HEADCAT_TREEBANK)."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ingest.detector import Detector
from ingest.prompts.batch import PromptFamily
from ingest.prompts.conllu import load_treebank
from ingest.prompts.treebank import treebank, treebank_of


def with_treebank(detectors: Iterable[Detector], path: Path | None) -> list[Detector]:
    """The same detectors, those of parsed sentences on a treebank of the user's where one is given.

    Raises:
        TreebankError: The file is no CoNLL-U; said before any weights are loaded.
    """
    if path is None:
        return list(detectors)
    load_treebank(path)
    own = treebank_of(path)

    def chosen(prompts: PromptFamily | None) -> PromptFamily | None:
        return own if prompts is treebank else prompts

    return [
        replace(
            each,
            prompts=chosen(each.prompts),
            definitions={metric: replace(one, prompts=chosen(one.prompts)) for metric, one in each.definitions.items()},
        )
        for each in detectors
    ]
