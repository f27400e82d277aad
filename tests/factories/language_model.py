"""Language models for tests."""

from typing import Any

from sqlalchemy.orm import Session

from catalog.models import LanguageModel
from tests.factories.counter import fresh


def make_language_model(session: Session, **changes: Any) -> LanguageModel:
    """A language model of 4 layers with 6 query heads in 2 key-value groups each."""
    hub_id = changes.get("hub_id", f"lab/tiny-{fresh()}")
    values = {
        "slug": hub_id.replace("/", "--"),
        "hub_id": hub_id,
        "name": hub_id.rpartition("/")[2],
        "family": "tiny",
        "n_layers": 4,
        "n_heads": 6,
        "n_kv_heads": 2,
        "source": "written for a test",
    }
    language_model = LanguageModel(**values | changes)
    session.add(language_model)
    session.flush()
    return language_model
