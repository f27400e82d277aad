"""Shapes of language models."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.checks.rule import Rule
from catalog.models import LanguageModel


def kv_heads_divide_heads(session: Session) -> list[str]:
    """The key-value heads of a language model divide its query heads evenly."""
    rows = session.execute(
        select(LanguageModel.slug, LanguageModel.n_heads, LanguageModel.n_kv_heads)
        .where(LanguageModel.n_heads % LanguageModel.n_kv_heads != 0)
        .order_by(LanguageModel.slug)
    )
    return [f"{slug}: {n_kv_heads} key-value heads for {n_heads} query heads" for slug, n_heads, n_kv_heads in rows]


def slug_follows_hub_id(session: Session) -> list[str]:
    """The slug of a language model is its hub id with `--` for `/`, followed by `@` and a known revision."""
    rows = session.execute(select(LanguageModel.slug, LanguageModel.hub_id, LanguageModel.revision))
    wrong = []
    for slug, hub_id, revision in rows:
        base = hub_id.replace("/", "--")
        if slug != base if revision == "unspecified" else not slug.startswith(f"{base}@"):
            wrong.append(f"{slug}: hub id {hub_id}, revision {revision}")
    return sorted(wrong)


RULES = (Rule(kv_heads_divide_heads), Rule(slug_follows_hub_id))
