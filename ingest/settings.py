"""Settings of ingest, read once at an entry point and passed down."""

from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class IngestSettings(BaseSettings):
    """Where language models are and on what they run."""

    model_config = SettingsConfigDict(env_prefix="HEADCAT_", frozen=True)

    model_folders: str = Field(
        default="",
        description="Folders, separated by `:`, whose sub-folders hold language models by name.",
    )
    data: Path = Field(
        default_factory=lambda: user_data_path("headcat"),
        description="Folder for what headcat builds itself, such as the planted language models.",
    )
    device: str = Field(default="auto", description="auto, cpu, cuda or cuda:N.")
    dtype: str = Field(default="float32", description="float32, bfloat16 or float16; softmax is always float32.")
    treebank: Path | None = Field(
        default=None,
        description="CoNLL-U file that syntactic heads are measured on; without one, headcat's own sentences.",
    )
    batch_size: int = Field(default=8, ge=1, description="Prompts in one forward pass.")
