"""The MCP server: over streamable HTTP at /mcp, and over standard input and output for an agent on this machine.

The SDK is loaded with the first request: it takes longer than the whole start of the server may.
"""

from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from api.mcp.in_process import InProcessApi
from api.mcp.tools import INSTRUCTIONS, Tools
from api.route_table import RouteTable

if TYPE_CHECKING:
    from mcp.server import MCPServer

MISSING = "The MCP server is not installed here: pip install 'headcat[mcp]', and start the server again."


class McpEndpoint:
    """Answers POST /mcp. No session is kept, so that any process of the server may answer the next request."""

    def __init__(self, app: FastAPI, table: RouteTable) -> None:
        self._app = app
        self._api = InProcessApi(app, table)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one message.

        Raises:
            HTTPException: The SDK is not installed.
        """
        if find_spec("mcp") is None:
            raise HTTPException(404, MISSING)
        # The SDK's session manager runs once; made anew for each request, it needs no place in the server's life.
        served = self.server().streamable_http_app(
            streamable_http_path=scope["path"],
            json_response=True,
            stateless_http=True,
            transport_security=self._security,
        )
        async with served.router.lifespan_context(served):
            await served({**scope, "app": served}, receive, send)

    def server(self) -> "MCPServer[Any]":
        """A server with all tools."""
        from mcp.server import MCPServer  # noqa: PLC0415 - see the module's docstring

        return MCPServer(
            "headcat",
            title="headcat, the catalog of attention heads",
            instructions=INSTRUCTIONS,
            version=version("headcat"),
            website_url=self._app.state.settings.public_url,
            tools=self._tools,
            log_level="WARNING",
        )

    @cached_property
    def _tools(self) -> list[Any]:
        from mcp.server.mcpserver.tools import Tool  # noqa: PLC0415 - see the module's docstring
        from mcp_types import ToolAnnotations  # noqa: PLC0415

        reading = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
        return [Tool.from_function(each, annotations=reading) for each in Tools(self._api).all()]

    @cached_property
    def _security(self) -> Any:
        from mcp.server.transport_security import TransportSecuritySettings  # noqa: PLC0415

        settings = self._app.state.settings
        public = urlsplit(settings.public_url)
        names = {public.hostname or "", settings.host, "127.0.0.1", "localhost", "[::1]"}
        hosts = [form for name in sorted(names) if name for form in (name, f"{name}:*")]
        origins = [f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts]
        return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)
