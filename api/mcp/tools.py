"""What an agent can ask: six read-only tools, each one address of the API, with its names, filters and limits."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import Field

from api.mcp.in_process import InProcessApi, RefusedError

INSTRUCTIONS = (
    "headcat is the catalog of attention heads in language models. Heads are written L5H1: layer 5, head 1, both from "
    "zero. A finding is one source's claim that a head is, or is not, of a head type; latest_verification null means "
    "that nobody ran it again, which is no verdict. Contradicting claims stand side by side: report both. Begin with "
    "resolve_name when you are not sure how something is called here, and cite entries by accession and version."
)

_HEAD_TYPE = Field(description="Slug or any published name of a head type, as induction.")
_LANGUAGE_MODEL = Field(description="Hub id or slug of a language model, as openai-community/gpt2.")
HeadType = Annotated[str, _HEAD_TYPE]
LanguageModel = Annotated[str, _LANGUAGE_MODEL]
OneHeadType = Annotated[str | None, _HEAD_TYPE]
OneLanguageModel = Annotated[str | None, _LANGUAGE_MODEL]


class Tools:
    """The tools, over one API."""

    def __init__(self, api: InProcessApi) -> None:
        self._api = api

    def all(self) -> list[Callable[..., Awaitable[Any]]]:
        """Every tool; its name, parameters and docstring are what agents see."""
        return [
            self.resolve_name,
            self.read_head_type,
            self.search_findings,
            self.read_head,
            self.read_head_list,
            self.cite_entry,
        ]

    async def resolve_name(
        self, name: Annotated[str, Field(description="A name as a person or paper writes it.", max_length=200)]
    ) -> dict[str, Any]:
        """What a name means here: head types, language models, papers, metrics; several where it is ambiguous."""
        return await self._get("/resolve", q=name)

    async def read_head_type(self, head_type: HeadType) -> dict[str, Any]:
        """One kind of head: definition, other names, stages, papers, detectors with error rates, counts of findings."""
        return await self._get(f"/head-types/{_part(head_type)}")

    async def search_findings(
        self,
        *,
        head_type: OneHeadType = None,
        language_model: OneLanguageModel = None,
        paper: Annotated[str | None, Field(description="Slug of the source.")] = None,
        layer: Annotated[int | None, Field(description="Layer, from zero.")] = None,
        head: Annotated[int | None, Field(description="Head of the layer, from zero.")] = None,
        polarity: Annotated[Literal["is", "is_not"] | None, Field(description="What the source says.")] = None,
        verdict: Annotated[
            str | None, Field(description="Latest verdict, as reproduced or not_reproduced; untested for none.")
        ] = None,
        text: Annotated[str | None, Field(description="Words in name, task, scope, locator or note.")] = None,
        sort: Annotated[str | None, Field(description="As -value: largest published value first.")] = None,
        limit: Annotated[int, Field(description="Findings in one answer, at most 500.", ge=1, le=500)] = 20,
        cursor: Annotated[str | None, Field(description="next_cursor of the answer before, for more.")] = None,
    ) -> dict[str, Any]:
        """Claims that heads are, or are not, of a type, each with its source and latest verdict; total counts all."""
        return await self._get(
            "/findings",
            head_type=head_type,
            language_model=language_model,
            paper=paper,
            layer=layer,
            head=head,
            polarity=polarity,
            verdict=verdict,
            q=text,
            sort=sort,
            limit=limit,
            cursor=cursor,
            total=True,
        )

    async def read_head(
        self, language_model: LanguageModel, head: Annotated[str, Field(description="As L5H1.")]
    ) -> dict[str, Any]:
        """Everything known of one head: claims, verdicts, scores with their rank in the model, circuits."""
        return await self._get(f"/language-models/{_part(language_model)}/heads/{_part(head)}")

    async def read_head_list(self, language_model: LanguageModel, head_type: HeadType) -> dict[str, Any]:
        """The heads of one type in one language model as a list for an inference engine, with its basis and version."""
        return await self._get(f"/language-models/{_part(language_model)}/head-lists/{_part(head_type)}")

    async def cite_entry(
        self,
        accession: Annotated[str, Field(description="As AHF-000123, or AHF-000123.v1 for exactly that version.")],
        style: Annotated[
            Literal["bibtex", "csl", "ris", "datacite", "jsonld"], Field(description="Form of the citation.")
        ] = "bibtex",
    ) -> dict[str, Any]:
        """How to cite an entry; its version stays readable for ever."""
        return {"citation": await self._get(f"/entries/{_part(accession)}/{style}")}

    async def _get(self, path: str, **query: Any) -> Any:
        from mcp.server.mcpserver.exceptions import ToolError  # noqa: PLC0415 - only where the extra is installed

        try:
            return await self._api.get(path, query)
        except RefusedError as problem:
            raise ToolError(str(problem)) from problem


def _part(name: str) -> str:
    """One name in an address; a hub id keeps its slash, which the API understands."""
    return quote(name.strip(), safe="/@")
