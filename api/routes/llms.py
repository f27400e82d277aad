"""llms.txt: where a language model or an agent finds what (https://llmstxt.org)."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from api.dependencies import LinksDep

router = APIRouter(tags=["catalog"])

_TEXT = """# headcat

> The catalog of attention heads in language models: which heads were claimed to be of which type, by which paper, by
> which method, and whether the claim holds when it is run again. Every claim has a permanent accession and a version.

Heads are written L5H1: layer 5, head 1, both from zero. A finding says that one source claims that one head is, or is
not, of a head type; a finding without a verification was not run again, which is no verdict. Contradicting claims stand
side by side. Numbers that were not computed are null, never 0. Cite an entry by its accession with its version.

## API

- [OpenAPI document]({url}/openapi.json): every address, parameter and answer; reading needs no key
- [Resolve a name]({url}/api/v1/resolve?q=s-inhibition): which head type, model, paper or metric a name means
- [Findings]({url}/api/v1/findings?head_type=retrieval): filter by head_type, language_model, verdict, paper, polarity
- [Search]({url}/api/v1/search-fields): fields of the expression that POST /api/v1/search takes
- [A head]({url}/api/v1/language-models/openai-community--gpt2/heads/L5H1): every claim, verdict and number of one head
- [A head type]({url}/api/v1/head-types/induction): definition, other names, papers, detectors
- [Head lists]({url}/api/v1/head-lists): heads of one type in one model, for inference engines
- [Citation]({url}/api/v1/entries/AHF-000123/bibtex): BibTeX; also csl, ris, datacite, jsonld

## For agents and programs

- [MCP server]({url}/mcp): the same as tools, read-only, over streamable HTTP
- [Changes as a feed]({url}/api/v1/feeds/findings.atom): of any query of findings; .json for JSON Feed
- [Releases]({url}/api/v1/releases): the whole catalog as JSON Lines, Parquet and SQLite, with checksums

## Pages

- [About]({url}/about): what a verdict means, licences, how to cite
- [Guide to the API]({url}/about/api): all routes with examples
- [Head types]({url}/head-types): all kinds of head by stage of reasoning
- [Error rates of detectors]({url}/detectors): how far each verdict can be trusted
"""


@router.get("/llms.txt", response_class=PlainTextResponse)
async def read_llms_text(links: LinksDep) -> PlainTextResponse:
    """Where a language model or an agent finds what, as llmstxt.org asks for it."""
    return PlainTextResponse(_TEXT.format(url=links.public_url))
