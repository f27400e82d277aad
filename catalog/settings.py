"""Settings of the catalog, read once at an entry point and passed down."""

from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def default_database_url() -> str:
    """SQLite file under the user's data directory."""
    return f"sqlite:///{user_data_path('headcat') / 'catalog.sqlite'}"


class CatalogSettings(BaseSettings):
    """Where the catalog lives and how it calls itself."""

    model_config = SettingsConfigDict(env_prefix="HEADCAT_", frozen=True)

    database_url: str = Field(
        default_factory=default_database_url,
        description="Database of the catalog: sqlite:///FILE or postgresql://USER@HOST/NAME.",
    )
    public_url: str = Field(
        default="http://127.0.0.1:8000",
        description="Address under which entries are cited, without a final slash.",
    )
    seeds: Path = Field(
        default=Path(__file__).parent / "seeds",
        description="Folder of the record files that `headcat seed` loads.",
    )
    releases: Path = Field(
        default_factory=lambda: user_data_path("headcat") / "releases",
        description="Folder of releases, one each: `headcat release create` writes there, the server offers its files.",
    )
