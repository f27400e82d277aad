"""Answers with a page of findings: the quick way, with chosen fields and included records."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Response
from sqlalchemy.orm import Session

from api.dependencies import Reply, ReplyDep, SessionDep
from api.finding_list import finding_items, written_findings
from api.freshness import RevisionDep
from api.named_records import NamedRecords
from api.schemas.finding import FindingRecord
from api.schemas.finding_page import IncludedRecords
from catalog.queries.included import INCLUDED, load_included, names_of
from catalog.queries.page import Page


@dataclass(frozen=True, slots=True)
class FindingReply:
    """Makes answers of keys of findings."""

    session: Session
    reply: Reply
    revision: str | None
    named: NamedRecords

    def page(
        self,
        page: Page[int],
        *,
        fields: str | None,
        include: str | None,
        as_of: datetime | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> Response:
        """A page of findings.

        Raises:
            InvalidQueryError: A field or something to include is unknown.
        """
        chosen = names_of(fields, tuple(FindingRecord.model_fields), "fields")
        wanted = names_of(include, INCLUDED, "include")
        links = self.reply.links
        included = None
        if wanted is not None:
            included = IncludedRecords.of(load_included(self.session, page.items, wanted), links)
        others = {**self.reply.about(page), "included": included, **(more or {})}
        if chosen is None and as_of is None:
            written = written_findings(self.session, page.items, self.named, links, revision=self.revision)
            return self.reply.record_with(written, others)
        items = finding_items(
            self.session, page.items, self.named, links, revision=self.revision, as_of=as_of, fields=chosen
        )
        return self.reply.record({"items": items, **others})


async def get_finding_reply(session: SessionDep, reply: ReplyDep, revision: RevisionDep) -> FindingReply:
    """What a route answers findings with."""
    return finding_reply(session, reply, revision)


def finding_reply(session: Session, reply: Reply, revision: str | None) -> FindingReply:
    """The same, for who is not called by the framework."""
    state = reply.request.app.state
    if not hasattr(state, "named_records"):
        state.named_records = NamedRecords(reply.links)
    state.named_records.remember_names(session, revision)
    return FindingReply(session, reply, revision, state.named_records)


FindingReplyDep = Annotated[FindingReply, Depends(get_finding_reply)]
