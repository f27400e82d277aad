"""Settings of the server, read once by `headcat serve` and passed to the app."""

from pydantic import Field

from catalog.settings import CatalogSettings


class ApiSettings(CatalogSettings):
    """Where the server listens; where the catalog lives and how it is cited is in `CatalogSettings`."""

    host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0 for all of the machine's.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on.")
