"""Codes that tell tokens apart in few dimensions: 128 unit vectors of 32 dimensions that hardly overlap.

Attention compares tokens by inner products. With one dimension for each token a head would need as many dimensions as
there are tokens; these codes need 32 and overlap by at most 1/4, so a match outweighs everything else four times.
"""

import numpy as np
from jaxtyping import Float

D_CODE = 32
N_CODES = 4 * D_CODE
COHERENCE = 0.25
"""Largest inner product of two different codes."""

Codes = Float[np.ndarray, "code d_code"]


def hadamard(size: int) -> Float[np.ndarray, "row column"]:
    """Sylvester's matrix of ±1: rows are orthogonal and closed under entry-wise products; size is a power of two."""
    matrix = np.ones((1, 1))
    while matrix.shape[0] < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix


def token_codes() -> Codes:
    """The codes: ± the rows of a Hadamard matrix, and ± the same rows with the signs of a bent function.

    Rows of one half are orthogonal or opposite. Across the halves an inner product is a Walsh coefficient of
    (−1)^(x1 x2 + x3 x4) over five bits: 0, or ±8 of 32 entries, hence ±1/4.
    """
    rows = hadamard(D_CODE)
    bits = (np.arange(D_CODE)[:, None] >> np.arange(4)) & 1
    bent = (-1.0) ** (bits[:, 0] * bits[:, 1] + bits[:, 2] * bits[:, 3])
    half = np.concatenate([rows, rows * bent])
    return np.concatenate([half, -half]) / np.sqrt(D_CODE)


def swapping_signs(row: int) -> Float[np.ndarray, " d_code"]:
    """Signs that turn every code into another code, and back: a wrong token for each token, as a linear map.

    Rows of the Hadamard matrix are closed under entry-wise products, so multiplying by row `row` > 0 permutes them
    without a fixed point.
    """
    return hadamard(D_CODE)[row]
