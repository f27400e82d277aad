"""GET /api/v1/releases: dated snapshots of the whole catalog, with their files and citations."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from starlette.responses import FileResponse

from api.dependencies import ReplyDep, SessionDep
from api.release_files import release_file
from api.schemas.base import PageOf
from api.schemas.citation import CITATIONS
from api.schemas.release import ReleaseRecord, ReleaseRef
from catalog.citation.style import STYLES, StyleName
from catalog.queries.release import ReleaseQuery, find_releases, get_release
from catalog.release.citation import cite_release
from catalog.release.manifest import Manifest

router = APIRouter(tags=["releases"])

_IMMUTABLE = "public, max-age=31536000, immutable"
_MEDIA_TYPES = {
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
    "sqlite": "application/vnd.sqlite3",
    "json": "application/json",
    "md": "text/markdown",
    "txt": "text/plain",
}

_MANIFEST: dict[int | str, dict[str, Any]] = {
    200: {"description": "The manifest.", "content": {"application/json": {"schema": {"type": "object"}}}}
}
_BYTES = {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in _MEDIA_TYPES.values()}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": _BYTES},
    206: {"description": "The range of it that `Range` names.", "content": _BYTES},
}


@router.get("/releases")
def list_releases(session: SessionDep, query: Annotated[ReleaseQuery, Query()], reply: ReplyDep) -> PageOf[ReleaseRef]:
    """Dated snapshots of the whole catalog, latest first."""
    return reply.page(find_releases(session, query), ReleaseRef.of)


@router.get("/releases/{name}")
def read_release(session: SessionDep, name: str, reply: ReplyDep) -> ReleaseRecord:
    """One release by name or accession, with its files; `latest` is the last one made."""
    settings = reply.request.app.state.settings
    return ReleaseRecord.from_row(get_release(session, name), reply.links, settings.releases)


# What follows is not JSON of ours: bytes of the release, and its citation.
@router.get("/releases/{name}/manifest", response_class=Response, responses=_MANIFEST)
def read_manifest(session: SessionDep, name: str) -> Response:
    """The manifest, byte for byte as it was hashed."""
    found = get_release(session, name)
    headers = {"ETag": f'"{found.manifest_sha256}"', "Cache-Control": "no-cache" if name == "latest" else _IMMUTABLE}
    return Response(Manifest.model_validate(found.manifest).canonical(), headers=headers, media_type="application/json")


@router.get("/releases/{name}/files/{file:path}", response_class=Response, responses=_FILE)
def read_file(session: SessionDep, name: str, file: str, reply: ReplyDep) -> Response:
    """One file of a release, where this server has a copy of it."""
    release = get_release(session, name)
    path, sha256 = release_file(reply.request.app.state.settings.releases, release, file)
    headers = {
        "ETag": f'"{sha256}"',
        "Cache-Control": "no-cache" if name == "latest" else _IMMUTABLE,
    }
    if headers["ETag"] in reply.request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    media_type = _MEDIA_TYPES.get(path.suffix[1:], "text/plain")
    return FileResponse(path, headers=headers, media_type=media_type, filename=f"{release.name}-{path.name}")


@router.get("/releases/{name}/cite/{style}", response_class=Response, responses=CITATIONS)
def cite_a_release(session: SessionDep, name: str, style: StyleName) -> Response:
    """How to cite a release."""
    found = get_release(session, name)
    citation = cite_release(Manifest.model_validate(found.manifest), found.manifest_sha256)
    return Response(STYLES[style].write(citation), media_type=f"{STYLES[style].media_type}; charset=utf-8")
