"""Settings of the server, read once by `headcat serve` and passed to the app."""

from typing import Literal

from pydantic import Field

from catalog.settings import CatalogSettings


class ApiSettings(CatalogSettings):
    """Where the server listens; where the catalog lives and how it is cited is in `CatalogSettings`."""

    host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0 for all of the machine's.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on.")
    log_level: Literal["info", "warning", "error"] = Field(
        default="warning", description="What is logged, as JSON lines on standard error; info has a line per request."
    )
    workers: int = Field(default=1, ge=1, le=256, description="Processes that answer; one for each core at most.")
    # More than one process answers: nothing on the same machine meets it, and the header fields are there.
    rate_limit: int = Field(
        default=100_000, ge=0, description="Requests of one client in a window; lower it on a public server, 0 is off."
    )
    jobs_from: Literal["this_machine", "anyone", "nobody"] = Field(
        default="this_machine", description="Who may queue and stop jobs through the API; everybody reads them."
    )
    rate_window_s: int = Field(default=60, ge=1, le=86_400, description="Length of that window in seconds.")
