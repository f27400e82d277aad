"""A small client of the API for Python: `from api.client import Headcat`. It needs the standard library alone."""

from api.client.errors import HeadcatError
from api.client.headcat import Headcat
from api.client.results import Results

__all__ = ["Headcat", "HeadcatError", "Results"]
