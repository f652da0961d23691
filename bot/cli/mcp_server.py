"""Implement `zimerr mcp`: offer the catalogue to AI assistants and editors by the Model Context Protocol.

The tools answer with the JSON of the commands of the same names. Over stdio, standard output belongs to the protocol.
"""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any, Literal

import anyio
import click
import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field, ValidationError

from bot import log
from bot.catalogue.catalogue import Catalogue
from bot.cli.entry_json import Schema, entry_schema
from bot.cli.lookups import LookupAnswer, explain_codes, list_codes, platform_named, search_codes
from bot.cli.scan import open_fault
from bot.cli.scan_json import as_object, refusal_notes, scan_schema
from bot.errors import ZimerrError
from bot.i18n import Language, question_language, words
from bot.triage.cascades import open_cascades
from bot.triage.pipeline import triage
from bot.triage.reader import LogFile, ReadLimits

_PATH = "/mcp"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_INSTRUCTIONS = (
    "Explains the error codes 600xxxx of ZEGO's in-app chat SDK (ZIM), in English and Chinese, and triages its logs. "
    "Use `explain` for a code or an SDK symbol, `search` for words, `scan` for a log, `list` for an overview."
)
_READ_ONLY = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)

Lang = Annotated[Literal["en", "zh"] | None, Field(description="Language of the answer; by default, the server's.")]


def run_stdio(catalogue: Catalogue, language: Language) -> None:
    """Serve one client over standard input and output, until it closes them."""
    log.configure("warning")
    server = build(catalogue, language, reads_files=True)
    anyio.run(server.run_stdio_async)


def run_http(catalogue: Catalogue, language: Language, host: str, port: int, names: Sequence[str]) -> None:
    """Serve any number of clients over Streamable HTTP at *host* and *port*, until the process is stopped.

    Only requests to a loopback address, to *host* or to one of *names* are answered, and none from a web page that
    comes from elsewhere. Raises ZimerrError if the port can't be opened.
    """
    log.configure("warning")
    app = build(catalogue, language, reads_files=False).streamable_http_app(
        streamable_http_path=_PATH,
        # Without sessions, any replica can answer a request, also after a restart.
        stateless_http=True,
        json_response=True,
        transport_security=_security(host, names),
    )
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise ZimerrError(f"Port {port} of {host} can't be opened: {error.strerror}. Choose another.") from error
    # uvicorn raises KeyboardInterrupt after it has closed the connections.
    with listener, contextlib.suppress(KeyboardInterrupt):
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{listener.getsockname()[1]}{_PATH}"
        config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False)
        click.echo(f"The MCP server is open at {url} (Ctrl-C ends it).", err=True)
        anyio.run(partial(uvicorn.Server(config).serve, sockets=[listener]))


def _security(host: str, names: Sequence[str]) -> TransportSecuritySettings:
    """Refuse requests under other names, which a web page sends by DNS rebinding, and from other origins."""
    known = [*_LOOPBACK, f"[{host}]" if ":" in host else host, *names]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[each for name in known for each in (name, f"{name}:*")],
        allowed_origins=[
            f"{scheme}://{name}{port}" for name in known for scheme in ("http", "https") for port in ("", ":*")
        ],
    )


class _Server(MCPServer[None]):
    """An MCP server that describes wrong arguments in one sentence."""

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Context[None, Any] | None = None) -> Any:
        """Call a tool. Raises ToolError, whose message names each wrong argument."""
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            cause = error.__cause__
            if isinstance(cause, ValidationError):
                faults = {".".join(map(str, fault["loc"][:1])): fault["msg"] for fault in cause.errors()}
                raise ToolError("; ".join(f"`{field}`: {fault}" for field, fault in faults.items())) from None
            if type(cause) is ToolError:
                raise cause from None
            raise


def build(catalogue: Catalogue, language: Language, *, reads_files: bool) -> MCPServer[None]:
    """Build the server. Its `scan` opens files only if it *reads_files*: over HTTP, they would be the server's."""
    tools = _Tools(catalogue, language)
    scan = tools.scan_any if reads_files else tools.scan
    server = _Server(
        "zimerr",
        title="ZIM error codes",
        instructions=_INSTRUCTIONS,
        version=version("zimerr"),
        tools=[
            _tool("explain", "Explain ZIM codes", tools.explain, _array(entry_schema())),
            _tool("search", "Search ZIM codes", tools.search, _array(_row_schema(score={"type": "number"}))),
            _tool("scan", "Triage a ZIM log", scan, scan_schema()),
            _tool("list", "List ZIM codes", tools.list_, _array(_row_schema(section={"type": "string"}))),
        ],
        subscriptions=False,
        log_level="WARNING",
    )
    server.resource(
        "zim://code/{code}",
        name="code",
        title="A ZIM code",
        description="All about one code, such as zim://code/6000106, as JSON in the server's language.",
        mime_type="application/json",
    )(tools.read)
    return server


def _tool(name: str, title: str, function: Callable[..., CallToolResult], result: Schema) -> Tool:
    """Make a tool whose structured content has the keys `result`, of that schema, and `notes`."""
    tool = Tool.from_function(function, name=name, title=title, annotations=_READ_ONLY)
    definitions = result.pop("$defs", {})
    notes = {"type": "array", "items": {"type": "string"}, "description": "What is missing from the result, and why."}
    tool.fn_metadata.output_schema = {
        "type": "object",
        "properties": {"result": result, "notes": notes},
        "required": ["result", "notes"],
        "$defs": definitions,
    }
    return tool


def _array(item: Schema) -> Schema:
    """Return the schema of an array of objects."""
    return {"type": "array", "items": item, "$defs": item.pop("$defs", {})}


def _row_schema(**more: Schema) -> Schema:
    """Return the schema of a code with its title and *more*."""
    facts = {"code": {"type": "integer"}, "title": {"type": "string"}} | more
    return {"type": "object", "properties": facts, "required": ["code", "title"]}


class _Tools:
    """The tools. Their docstrings and the descriptions of their parameters are for the assistant."""

    def __init__(self, catalogue: Catalogue, language: Language) -> None:
        self._catalogue = catalogue
        self._language = language

    def explain(
        self,
        code: Annotated[
            str | int | list[str | int],
            Field(description="Codes (6000106), SDK symbols or codes of ZIM's servers; several after commas."),
        ],
        lang: Lang = None,
        platform: Annotated[
            str | None, Field(description="Such as ios, android, web or flutter: gives the page of that platform.")
        ] = None,
    ) -> CallToolResult:
        """Explain error codes of ZEGO's ZIM SDK: what happened, what to do, who must act, whether a retry helps."""
        codes = [str(each) for each in (code if isinstance(code, list) else [code])]
        if not "".join(codes).strip(" ,，"):
            raise ToolError("`code` is empty: pass a code such as 6000106, or an SDK symbol.")
        try:
            return _answered(explain_codes(codes, self._catalogue, self._chosen(lang), platform_named(platform)))
        except ZimerrError as error:
            raise ToolError(str(error)) from error

    def search(
        self, query: Annotated[str, Field(description="English or Chinese words.")], lang: Lang = None
    ) -> CallToolResult:
        """Search ZIM's error codes by words, best match first. `explain` then says all about a code."""
        if not query.strip():
            raise ToolError("`query` is empty: pass words such as: token expired.")
        language = Language(lang) if lang else question_language(query, usual=self._language)
        return _answered(search_codes(query, self._catalogue, language))

    def list_(
        self,
        section: Annotated[str | None, Field(description="Such as login, room or message; all without it.")] = None,
        details: Annotated[bool, Field(description="All about each code of one section; long.")] = False,
        lang: Lang = None,
    ) -> CallToolResult:
        """List ZIM's error codes with their sections and titles."""
        if details and not section:
            raise ToolError("`details` needs a `section`: all about every code would be too long.")
        return _answered(list_codes(section, self._catalogue, self._chosen(lang), brief=not details))

    def scan(
        self, text: Annotated[str, Field(description="The text of the log.")], lang: Lang = None
    ) -> CallToolResult:
        """Find the likely cause of the errors in a log of an app that uses ZIM.

        The answer has codes, counts, times and lines, but no text of the log: no secret leaves this tool.
        """
        if not text.strip():
            raise ToolError("`text` is empty: pass lines of a log.")
        return self._scanned(LogFile("-", partial(BytesIO, text.encode(errors="replace"))), lang)

    def scan_any(
        self,
        text: Annotated[str | None, Field(description="The text of the log.")] = None,
        path: Annotated[str | None, Field(description="Instead of text: a log file, plain, .gz or .zip.")] = None,
        lang: Lang = None,
    ) -> CallToolResult:
        """Find the likely cause of the errors in a log of an app that uses ZIM, given as text or as a file.

        The answer has codes, counts, times and lines, but no text of the log: no secret leaves this tool.
        """
        if (text is None) is (path is None):
            raise ToolError("Pass either `text` or `path`.")
        if path is None:
            return self.scan(text or "", lang)
        translate = words(self._chosen(lang))
        try:
            file = Path(path).expanduser()
            if file.exists() and not (file.is_file() or file.is_dir()):
                raise ToolError(f"{path} is a device or a pipe: pass a file.")  # reading it might never end
            with file.open("rb") as opened:
                return self._scanned(LogFile(path, lambda: opened), lang)
        except (OSError, ValueError) as error:
            raise ToolError(open_fault(path, error, translate)) from error

    def read(self, code: str) -> str:
        """Return a code as a resource."""
        answer = explain_codes([code], self._catalogue, self._language)
        if not answer.content:
            raise ResourceNotFoundError("\n".join(answer.notes))
        return _dumped(answer.content[0])

    def _scanned(self, source: LogFile, lang: str | None) -> CallToolResult:
        """Triage *source* within the limits that the bot has by default."""
        digest = triage([source], self._catalogue, open_cascades(), ReadLimits(), clock=time.monotonic)
        language = self._chosen(lang)
        notes = tuple(refusal_notes(digest, words(language)))
        if not digest.files:
            raise ToolError("\n".join(notes))
        return _result(as_object(digest, self._catalogue, language), notes)

    def _chosen(self, lang: str | None) -> Language:
        return Language(lang) if lang else self._language


def _answered(answer: LookupAnswer) -> CallToolResult:
    """Return *answer*. Raises ToolError if nothing was found."""
    if not answer.content:
        raise ToolError("\n".join(answer.notes))
    return _result(answer.content, answer.notes)


def _result(content: Any, notes: Sequence[str]) -> CallToolResult:
    """Return *content* for programs and, with *notes*, as text for assistants that read only that."""
    texts = [_dumped(content), *notes]
    return CallToolResult(
        content=[TextContent(type="text", text=text) for text in texts],
        structured_content={"result": json.loads(texts[0]), "notes": list(notes)},
    )


def _dumped(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False)
