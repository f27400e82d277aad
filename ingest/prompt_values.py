"""Values of one head, prompt by prompt, as a record holds them: small, and exact to the last bit.

A list of numbers is one text: `f4:` or `f8:` and its little-endian floats in base64, four bytes each where they are
single precision, else eight. Where all are the same it is that number. A new threshold needs nothing else.
"""

import base64
import binascii
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_DTYPES = {"f4": "<f4", "f8": "<f8"}


def pack(values: Array) -> float | str:
    """Finite numbers as one text, or as one number where they are all the same."""
    if len(values) and (values == values[0]).all():
        return float(values[0])
    single = values.astype("<f4")
    kind, exact = ("f4", single) if (single == values).all() else ("f8", values.astype("<f8"))
    return f"{kind}:{base64.b64encode(exact.tobytes()).decode('ascii')}"


def unpack(packed: Any, n: int) -> Array:
    """The numbers again.

    Raises:
        ValueError: They are not as many as they should be, not finite, or not packed so.
    """
    if isinstance(packed, int | float) and not isinstance(packed, bool):
        return np.full(n, float(packed))
    kind, _, text = str(packed).partition(":")
    if kind not in _DTYPES:
        raise ValueError("it begins with neither f4: nor f8:")
    dtype = np.dtype(_DTYPES[kind])
    try:
        packed_bytes = base64.b64decode(text, validate=True)
    except binascii.Error as problem:
        raise ValueError("it is no base64") from problem
    if len(packed_bytes) != n * dtype.itemsize:
        raise ValueError(f"it holds {len(packed_bytes) / dtype.itemsize:g} numbers, not {n}")
    values = np.frombuffer(packed_bytes, dtype=dtype).astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError("it holds what is no number")
    return values
