"""The client: one method for each question. What it answers: `records/`; what it can be asked: `filters.py`."""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, Unpack, overload
from urllib.parse import quote

from api.client.filters import (
    FindingsFilters,
    HeadListFilters,
    HeadListsFilters,
    HeadsFilters,
    HeadTypesFilters,
    LanguageModelsFilters,
    ReleasesFilters,
    TextSearchFilters,
    VerificationsFilters,
)
from api.client.reading import read
from api.client.records.finding import Finding, FindingDetail
from api.client.records.head import Head
from api.client.records.head_list import HeadList, HeadListRef
from api.client.records.head_score import LanguageModelScore
from api.client.records.head_type import HeadType, HeadTypeDetail
from api.client.records.language_model import LanguageModel
from api.client.records.release import Release, ReleaseRef
from api.client.records.resolve import Resolution, TextSearch
from api.client.records.search import ClaimedHead
from api.client.records.verification import Verification
from api.client.results import Results
from api.client.transport import Transport

T = TypeVar("T")
Style = Literal["bibtex", "csl", "ris", "datacite", "jsonld"]
FOUND: dict[str, type] = {
    "findings": Finding,
    "heads": ClaimedHead,
    "head_types": HeadType,
    "scores": LanguageModelScore,
}
"""What a search for each target finds."""


class Headcat:
    """A headcat server. Every method raises HeadcatError where the server refuses or cannot be reached."""

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:8000",
        *,
        page_size: int = 100,
        timeout_s: float = 30.0,
        max_retries: int = 3,
        max_wait_s: float = 60.0,
    ) -> None:
        self._transport = Transport(base_url.rstrip("/"), timeout_s, max_retries, max_wait_s)
        self._page_size = page_size

    def head_types(self, **filters: Unpack[HeadTypesFilters]) -> Results[HeadType]:
        """Kinds of head that the literature names."""
        return self._list(HeadType, "head-types", filters)

    def head_type(self, name: str) -> HeadTypeDetail:
        """One head type by slug, accession or any published name."""
        return read(HeadTypeDetail, self.get("head-types", name))

    def findings(self, **filters: Unpack[FindingsFilters]) -> Results[Finding]:
        """What sources claim of heads, each with the latest re-run."""
        return self._list(Finding, "findings", filters)

    def finding(self, accession: str) -> FindingDetail:
        """One claim with every re-run of it."""
        return read(FindingDetail, self.get("findings", accession))

    def verifications(self, **filters: Unpack[VerificationsFilters]) -> Results[Verification]:
        """Re-runs of claims with their verdicts."""
        return self._list(Verification, "verifications", filters)

    def language_models(self, **filters: Unpack[LanguageModelsFilters]) -> Results[LanguageModel]:
        """Language models whose heads somebody looked at."""
        return self._list(LanguageModel, "language-models", filters)

    def heads(self, **filters: Unpack[HeadsFilters]) -> Results[ClaimedHead]:
        """Heads of which something is claimed."""
        return self._list(ClaimedHead, "heads", filters)

    def head(self, language_model: str, head: str) -> Head:
        """One head, as `head("openai-community/gpt2", "L5H1")`: every claim, score and circuit."""
        return read(Head, self.get("language-models", _slug(language_model), "heads", head))

    def head_lists(self, **filters: Unpack[HeadListsFilters]) -> Results[HeadListRef]:
        """Which lists of heads there are for inference engines."""
        return self._list(HeadListRef, "head-lists", filters)

    def head_list(
        self,
        language_model: str,
        head_type: str,
        *,
        version: str | None = None,
        **form: Unpack[HeadListFilters],
    ) -> HeadList:
        """The heads of one type in a language model as they stand, or exactly that version, which never changes."""
        return read(HeadList, self.get(*_list_path(language_model, head_type, version), **form))

    def retrieval_head_list(
        self,
        language_model: str,
        head_type: str = "retrieval",
        *,
        version: str | None = None,
        **form: Unpack[HeadListFilters],
    ) -> dict[str, list[float]]:
        """The same in the shape that Retrieval_Head reads: `{"16-19": [0.94]}`."""
        path = _list_path(language_model, head_type, version)
        return dict(self.get(*path, format="retrieval_head", **form))

    def duo_attention_list(
        self,
        language_model: str,
        head_type: str = "retrieval",
        *,
        version: str | None = None,
        **form: Unpack[HeadListFilters],
    ) -> str:
        """The same as DuoAttention reads it: a line for each layer, a tab-separated 1 or 0 for each key-value group."""
        path = _list_path(language_model, head_type, version)
        return self._transport.ask(_path(*path), {"format": "duo_attention", **form}).text

    @overload
    def search(self, where: Mapping[str, Any] | None = None, *, sort: str | None = None) -> Results[Finding]: ...
    @overload
    def search(
        self, where: Mapping[str, Any] | None = None, *, target: Literal["findings"], sort: str | None = None
    ) -> Results[Finding]: ...
    @overload
    def search(
        self, where: Mapping[str, Any] | None = None, *, target: Literal["heads"], sort: str | None = None
    ) -> Results[ClaimedHead]: ...
    @overload
    def search(
        self, where: Mapping[str, Any] | None = None, *, target: Literal["head_types"], sort: str | None = None
    ) -> Results[HeadType]: ...
    @overload
    def search(
        self, where: Mapping[str, Any] | None = None, *, target: Literal["scores"], sort: str | None = None
    ) -> Results[LanguageModelScore]: ...
    def search(
        self, where: Mapping[str, Any] | None = None, *, target: str = "findings", sort: str | None = None
    ) -> Results[Any]:
        """What one expression of `and`, `or`, `not` and conditions finds; GET /search-fields lists the fields."""
        asked = {"target": target, "where": where, "sort": sort, "limit": self._page_size}

        def ask(**further: Any) -> dict[str, Any]:
            return self._transport.ask("/api/v1/search", body=asked | further).json()

        # An unknown target is the server's to refuse, with the near ones.
        return Results(FOUND.get(target, Finding), ask)

    def search_text(self, words: str, **filters: Unpack[TextSearchFilters]) -> TextSearch:
        """Records whose text holds the words, best first."""
        return read(TextSearch, self.get("search", q=words, **filters))

    def resolve(self, name: str) -> Resolution:
        """Everything that a name can mean."""
        return read(Resolution, self.get("resolve", q=name))

    def cite(self, accession: str, style: Style = "bibtex") -> str:
        """How to cite an entry, exactly one version of it (`AHF-000123.v1`), or a release (`AHR-0001`)."""
        is_release = accession.upper().startswith("AHR-")
        path = _path("releases", accession, "cite", style) if is_release else _path("entries", accession, style)
        return self._transport.ask(path).text

    def releases(self, **filters: Unpack[ReleasesFilters]) -> Results[ReleaseRef]:
        """Dated snapshots of the whole catalog, latest first."""
        return self._list(ReleaseRef, "releases", filters)

    def release(self, name: str = "latest") -> Release:
        """One release by name or accession, with its files."""
        return read(Release, self.get("releases", name))

    def get(self, *path: str, **parameters: Any) -> Any:
        """The parsed JSON at any address of the API, as `get("papers", slug)`."""
        return self._transport.ask(_path(*path), parameters).json()

    def _list(self, kind: type[T], path: str, filters: Mapping[str, Any]) -> Results[T]:
        return Results(kind, lambda **further: self.get(path, **{**filters, "limit": self._page_size, **further}))


def _path(*parts: str) -> str:
    return "/".join(("/api/v1", *(quote(part, safe="@") for part in parts)))


def _slug(language_model: str) -> str:
    # A hub id has a slash, which an address cannot hold within one step.
    return language_model.replace("/", "--")


def _list_path(language_model: str, head_type: str, version: str | None) -> list[str]:
    return ["language-models", _slug(language_model), "head-lists", head_type, *([version] if version else [])]
