"""Releases: the list, and the page of one with its files and what it changed."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.dependencies import SessionDep
from api.pages.filters import read_query
from api.pages.rendering import Head, render
from api.release_files import release_folder
from catalog.models import Release
from catalog.queries.release import ReleaseQuery, find_releases, get_release
from catalog.release.manifest import Manifest, counted
from catalog.release.readme import KINDS

router = APIRouter()

SHOWN = 100
"""Changed entries that the page names; the manifest has all of them."""


@router.get("/releases")
def list_page(request: Request, session: SessionDep) -> HTMLResponse:
    """All releases, latest first."""
    query, given = read_query(request, ReleaseQuery)
    page = find_releases(session, query)
    return render(
        request,
        "pages/releases.html",
        Head("Releases", "Dated snapshots of the whole catalog, with checksums.", "/releases", data="/api/v1/releases"),
        page=page,
        query=given,
        manifests=[_read(each) for each in page.items],
        kinds=KINDS,
        counted=counted,
    )


@router.get("/releases/{name}")
def entry_page(request: Request, session: SessionDep, name: str) -> HTMLResponse:
    """One release."""
    release = get_release(session, name)
    manifest = _read(release)
    return render(
        request,
        "pages/release.html",
        Head(
            f"Release {manifest.name} ({manifest.accession})",
            f"The whole catalog as it was on {manifest.created_at[:10]}: JSON Lines, Parquet and SQLite.",
            f"/releases/{manifest.name}",
            bibtex=f"/api/v1/releases/{manifest.name}/cite/bibtex",
            data=f"/api/v1/releases/{manifest.name}",
            trail=[("Releases", "/releases")],
        ),
        manifest=manifest,
        manifest_sha256=release.manifest_sha256,
        is_here=release_folder(request.app.state.settings.releases, release) is not None,
        kinds=KINDS,
        counted=counted,
        shown=SHOWN,
    )


def _read(release: Release) -> Manifest:
    return Manifest.model_validate(release.manifest)
