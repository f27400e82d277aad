"""`papers/<slug>.toml`: a source."""

from datetime import date
from typing import Any

from catalog.seed_schema.base import Flag, Record, Text, Whole


class PaperRecord(Record):
    """The whole file; `conflicts` are fields on which two sources disagree, with what each says."""

    title: Text
    authors: tuple[Text, ...] = ()
    year: Whole | None = None
    published_on: date | None = None
    venue: Text | None = None
    entry_type: Text = "misc"
    arxiv_id: Text | None = None
    doi: Text | None = None
    openreview_id: Text | None = None
    acl_id: Text | None = None
    url: Text | None = None
    pages: Text | None = None
    volume: Text | None = None
    bib_key: Text | None = None
    links: tuple[dict[str, Any], ...] = ()
    code_urls: tuple[Text, ...] = ()
    is_cited_in_survey: Flag = False
    is_in_survey_repository: Flag = False
    conflicts: tuple[dict[str, Any], ...] = ()
