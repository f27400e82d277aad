"""Ordinary text in the words of the reference language model, for detectors that look at a head outside of any task."""

import random

from ingest.reference import filler

_N_TEXTS, _N_PARAGRAPHS = 24, 12


def natural_text(seed: int) -> str:
    """Texts of several paragraphs each, parted by blank lines."""
    generator = random.Random(f"{seed}/natural text")
    texts = (" ".join(filler.paragraph(generator) for _ in range(_N_PARAGRAPHS)) for _ in range(_N_TEXTS))
    return "\n\n".join(texts) + "\n"
