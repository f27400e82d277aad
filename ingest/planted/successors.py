"""A linear map from the code of each letter and digit to the code of the next one.

34 pairs share 32 dimensions, and where two letters have opposite codes no linear map serves both: least squares gets
most of them right, and which it misses depends on the seed.
"""

from itertools import pairwise

import numpy as np
from jaxtyping import Float

from ingest.planted.token_codes import Codes
from ingest.planted.vocabulary import SERIES, tokens_of


def successor_map(codes: Codes) -> Float[np.ndarray, "d_code d_code"]:
    """The map, for row vectors."""
    number = {token: i for i, token in enumerate(tokens_of(with_answers=True))}
    pairs = [(number[a], number[b]) for members in SERIES for a, b in pairwise(members)]
    source, target = (codes[[pair[side] for pair in pairs]] for side in (0, 1))
    found: Float[np.ndarray, "d_code d_code"] = np.linalg.lstsq(source, target, rcond=None)[0]
    return found
