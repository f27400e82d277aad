"""GET /problems: what the types of problem mean. Outside of /api/v1, for their addresses outlive a version."""

from fastapi import APIRouter

from api.dependencies import LinksDep
from api.problems import KINDS, Kind
from api.schemas.base import Links
from api.schemas.problem import ProblemType
from catalog.errors import NotFoundError
from catalog.queries.names import near_names

router = APIRouter(tags=["problems"])


@router.get("/problems")
def list_problem_types(links: LinksDep) -> list[ProblemType]:
    """All types of problem."""
    return [_described(kind, links) for kind in KINDS.values()]


@router.get("/problems/{slug}")
def read_problem_type(slug: str, links: LinksDep) -> ProblemType:
    """One type of problem, at the address that `type` of an error gives."""
    if slug not in KINDS:
        raise NotFoundError("type of problem", slug, near_names(slug, KINDS))
    return _described(KINDS[slug], links)


def _described(kind: Kind, links: Links) -> ProblemType:
    return ProblemType(
        type=f"{links.public_url}/problems/{kind.slug}", title=kind.title, status=kind.status, meaning=kind.meaning
    )
