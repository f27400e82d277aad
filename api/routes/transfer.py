"""GET /api/v1/transfer: head types across language models, tasks and prompts; their depths; what is passed on."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.dependencies import LinksDep, ReplyDep, SessionDep
from api.schemas.base import PageOf
from api.schemas.transfer import (
    DepthsOfTypeRecord,
    DepthsRecord,
    InheritanceRecord,
    InheritancesRecord,
    TransferRowRecord,
)
from api.transfer_table import transfer_csv
from catalog.queries.inheritance import Descent, InheritanceQuery, find_inheritance
from catalog.queries.transfer import TransferQuery, find_depths, find_transfer, list_transfer

router = APIRouter(tags=["search"])

HeadTypeName = Annotated[str | None, Query(max_length=128, description="Slug or any published name of a type.")]
ModelName = Annotated[str | None, Query(max_length=200, description="Hub id or slug of either of the two.")]
MetricName = Annotated[str | None, Query(max_length=96, description="Slug of the metric.")]
DescentName = Annotated[Descent | None, Query(description="How the two belong together.")]


@router.get("/transfer")
def list_transfers(
    session: SessionDep, query: Annotated[TransferQuery, Query()], reply: ReplyDep
) -> PageOf[TransferRowRecord]:
    """Head types by language models, tasks and prompts: tested, reproduced, not, not applicable, untested."""
    return reply.page(find_transfer(session, query), TransferRowRecord.of)


@router.get(
    "/transfer.csv",
    response_class=Response,
    responses={
        200: {"description": "The table, one line a cell.", "content": {"text/csv": {"schema": {"type": "string"}}}}
    },
)
def download_transfers(session: SessionDep, query: Annotated[TransferQuery, Query()]) -> Response:
    """The same as one table, all of it: one line for each head type, language model, task and kind of prompts."""
    return Response(transfer_csv(list_transfer(session, query)), media_type="text/csv; charset=utf-8")


@router.get("/transfer/depths")
def list_depths(session: SessionDep, links: LinksDep, head_type: HeadTypeName = None) -> DepthsRecord:
    """At which relative depth the reproduced heads of each type lie, in all language models."""
    return DepthsRecord(items=[DepthsOfTypeRecord.of(each, links) for each in find_depths(session, head_type)])


@router.get("/transfer/inheritance")
def list_inheritance(
    session: SessionDep,
    links: LinksDep,
    language_model: ModelName = None,
    metric: MetricName = None,
    descent: DescentName = None,
) -> InheritancesRecord:
    """Whether heads are passed on from a base language model to those made from it, and between revisions."""
    query = InheritanceQuery(language_model=language_model, metric=metric, descent=descent)
    return InheritancesRecord(items=[InheritanceRecord.of(each, links) for each in find_inheritance(session, query)])
