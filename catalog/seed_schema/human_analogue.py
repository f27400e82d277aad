"""`human_analogues.toml`: parallels between language models and people."""

from catalog.seed_schema.base import Record, Ref, Slug, Text


class HumanAnalogueRecord(Record):
    """`[[human_analogues]]`; `analogue_papers` are slugs of the work on people behind it."""

    slug: Slug
    analogue: Text
    statement: Text
    paper: Ref
    analogue_papers: tuple[Ref, ...] = ()


class HumanAnaloguesFile(Record):
    """The whole file."""

    human_analogues: tuple[HumanAnalogueRecord, ...]
