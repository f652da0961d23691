"""Tests for `zimerr mcp`, by the official client, over a pipe and over HTTP."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import pytest
from click.testing import CliRunner
from mcp import Client, MCPError, StdioServerParameters
from mcp.types import CallToolResult, TextContent, TextResourceContents

from bot.cli.main import commands
from tests.triage.feed import CATALOGUE

ROOT = Path(__file__).parents[2]
SECRET = "sk-ant-" + "a1B2c3D4" * 6
LOG = f"""2026-11-23 07:35:46.000 zim [API.login] user=u1 error code: 6000106 apiKey={SECRET}
2026-11-23 07:35:46.500 zim [API.sendMessage] user=u1 error code: 6000121
"""
COMMAND = (sys.executable, "-m", "bot", "mcp", "--lang", "en")


over_both = pytest.mark.parametrize("transport", ["stdio", "http"])


@asynccontextmanager
async def connected(transport: str) -> AsyncIterator[Client]:
    """Connect the official client over *transport*."""
    if transport == "stdio":
        async with Client(StdioServerParameters(command=COMMAND[0], args=[*COMMAND[1:]], cwd=ROOT)) as connection:
            yield connection
    else:
        with serving() as url:
            async with Client(url) as connection:
                yield connection


@contextmanager
def serving(*options: str) -> Iterator[str]:
    """Serve over HTTP at a free port; yield the URL."""
    with subprocess.Popen([*COMMAND, "--http", "0", *options], cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            yield process.stderr.readline().split()[6]
        finally:
            process.terminate()
            process.communicate()


def printed(*arguments: str, given: str | None = None) -> Any:
    """Return the output of a command with --json."""
    return json.loads(CliRunner().invoke(commands, [*arguments, "--json", "--lang", "en"], input=given).stdout)


def content(result: Any) -> dict[str, Any]:
    """Return the structured content of a result that is no error."""
    assert isinstance(result, CallToolResult)
    assert not result.is_error, result.content
    found: dict[str, Any] | None = result.structured_content
    assert found
    return found


@over_both
async def test_a_session_answers_what_the_command_line_prints(transport: str) -> None:
    """Assistants and terminals get the same answer."""
    async with connected(transport) as client:
        explained = content(await client.call_tool("explain", {"code": "6000354", "platform": "ios"}))
        assert explained == {"result": printed("explain", "6000354", "--platform", "ios"), "notes": []}
        several = content(
            await client.call_tool("explain", {"code": [6000106, "NETWORK_MODULE_TOKEN_EXPIRED", "103040"]})
        )
        assert several["result"] == printed("explain", "6000106", "103040")
        found = content(await client.call_tool("search", {"query": "token expired"}))
        assert found["result"] == printed("search", "token", "expired")
        brief = content(await client.call_tool("list", {}))
        assert brief["result"] == printed("list", "--brief")
        assert len(brief["result"]) == len(CATALOGUE)
        room = content(await client.call_tool("list", {"section": "room", "details": True}))
        assert room["result"] == printed("list", "room")
        scanned = content(await client.call_tool("scan", {"text": LOG}))
        same = printed("scan", "-", given=LOG)
        assert scanned["result"] | {"seconds": 0} == same | {"seconds": 0}
        assert (same["cause"], same["secrets_hidden"]) == (6000106, 1)
        (resource,) = (await client.read_resource("zim://code/6000106")).contents
        assert isinstance(resource, TextResourceContents)
        assert [json.loads(resource.text)] == printed("explain", "6000106")
        assert resource.mime_type == "application/json"


@over_both
async def test_the_language_can_be_chosen(transport: str) -> None:
    """Words are answered in their language, codes in the server's or in the one that the assistant asks for."""
    async with connected(transport) as client:
        (entry,) = content(await client.call_tool("explain", {"code": "6000106", "lang": "zh"}))["result"]
        assert entry["title"] == "Token 已过期"
        first = content(await client.call_tool("search", {"query": "token 过期了怎么办"}))["result"][0]
        assert first["title"] == "Token 已过期"


@over_both
async def test_no_secret_of_a_log_leaves_the_server(transport: str) -> None:
    """The answer goes to a model that somebody else may run."""
    async with connected(transport) as client:
        result = await client.call_tool("scan", {"text": LOG})
        assert SECRET[7:] not in str(result)
        assert "API.login" not in str(result)


WRONG: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("explain", {"code": "6009999"}, "I don't recognize the ZIM error code 6009999"),
    ("explain", {"code": "hello"}, "hello is not a known ZIM error code"),
    ("explain", {"code": " , "}, "`code` is empty"),
    ("explain", {"code": "6000106", "platform": "symbian"}, "'symbian' is none of android, ios, web"),
    ("explain", {}, "`code`: Field required"),
    ("explain", {"code": "6000106", "lang": "fr"}, "`lang`: Input should be 'en' or 'zh'"),
    ("search", {"query": "qqqq"}, "No results for"),
    ("search", {"query": " "}, "`query` is empty"),
    ("list", {"section": "nowhere"}, "login"),
    ("list", {"details": True}, "`details` needs a `section`"),
    ("scan", {"text": " "}, "`text` is empty"),
    ("scan", {}, "Pass either `text` or `path`"),
)


async def test_a_wrong_question_gets_one_kind_sentence() -> None:
    """An assistant corrects itself by it."""
    async with connected("stdio") as client:
        for tool, arguments, said in WRONG:
            result = await client.call_tool(tool, arguments)
            assert result.is_error, (tool, arguments)
            (text,) = result.content
            assert isinstance(text, TextContent)
            assert said in text.text
            assert "Error executing" not in text.text
            assert "pydantic" not in text.text


@over_both
async def test_an_unknown_code_beside_a_known_one_is_a_note(transport: str) -> None:
    """The known one is explained all the same."""
    async with connected(transport) as client:
        result = content(await client.call_tool("explain", {"code": "6000106, 6009999"}))
        assert [entry["code"] for entry in result["result"]] == [6000106]
        assert "6009999" in result["notes"][0]


@over_both
async def test_an_unknown_resource_is_refused(transport: str) -> None:
    """Its URI may be mistyped."""
    async with connected(transport) as client:
        with pytest.raises(MCPError, match="I don't recognize the ZIM error code 6009999"):
            await client.read_resource("zim://code/6009999")


async def test_a_file_is_read_over_stdio_only(tmp_path: Path) -> None:
    """Over HTTP, a path would name a file of the server."""
    path = tmp_path / "app.log"
    path.write_text(LOG)
    async with connected("stdio") as client:
        scanned = content(await client.call_tool("scan", {"path": str(path)}))["result"]
        assert scanned | {"seconds": 0} == printed("scan", str(path)) | {"seconds": 0}
        for given, said in (
            (str(tmp_path), "is a folder"),
            ("/nowhere.log", "does not exist"),
            ("/dev/zero", "device"),
        ):
            refused = await client.call_tool("scan", {"path": given})
            assert refused.is_error
            assert said in str(refused.content)
    async with connected("http") as client:
        refused = await client.call_tool("scan", {"path": str(path)})
        assert refused.is_error
        assert "`text`: Field required" in str(refused.content)
        (scan,) = [tool for tool in (await client.list_tools()).tools if tool.name == "scan"]
        assert "path" not in scan.input_schema["properties"]


@over_both
async def test_tools_are_described(transport: str) -> None:
    """Editors run tools that only read without asking, and check answers by the schema."""
    async with connected(transport) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert [*tools] == ["explain", "search", "scan", "list"]
        for tool in tools.values():
            assert tool.annotations
            assert tool.annotations.read_only_hint
            assert tool.annotations.open_world_hint is False
            assert tool.title
            assert tool.description
            jsonschema.Draft202012Validator.check_schema(tool.output_schema or {})
        (template,) = (await client.list_resource_templates()).resource_templates
        assert template.uri_template == "zim://code/{code}"


async def test_the_schemas_describe_all_answers() -> None:
    """All entries of both languages, and triages with and without a cause."""
    async with connected("stdio") as client:
        schemas = {tool.name: tool.output_schema or {} for tool in (await client.list_tools()).tools}
        validate = {name: jsonschema.Draft202012Validator(each).validate for name, each in schemas.items()}
        for language in ("en", "zh"):
            codes = [entry.code for entry in CATALOGUE]
            for code in (codes, [0], [1]):
                validate["explain"](content(await client.call_tool("explain", {"code": code, "lang": language})))
            for text in (LOG, "kicked out, event: 4 zim\n" * 3, "nothing", "code 6009999 error\n"):
                validate["scan"](content(await client.call_tool("scan", {"text": text, "lang": language})))


async def test_web_pages_are_refused() -> None:
    """A page in the user's browser must not reach the server by DNS rebinding."""
    with serving("--allow-host", "zim.example.com") as url:
        request = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        headers = {"Accept": "application/json, text/event-stream"}
        async with aiohttp.ClientSession(headers=headers) as session:
            for more, status in (
                ({"Host": "evil.example.com"}, 421),
                ({"Origin": "https://evil.example.com"}, 403),
                ({"Host": "zim.example.com"}, 200),
                ({}, 200),
            ):
                async with session.post(url, json=request, headers=more) as response:
                    assert response.status == status, await response.text()


def test_standard_output_has_the_protocol_only() -> None:
    """Any other line breaks the session."""
    lines = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18"}
         | {"capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "nothing", "arguments": {}}},
        {"jsonrpc": "2.0", "id": 3, "method": "nothing"},
    ]  # fmt: skip
    given = "".join(json.dumps(line) + "\n" for line in lines) + "no JSON\n"
    with subprocess.Popen(COMMAND, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(given)
        process.stdin.flush()
        answers: list[dict[str, Any]] = []
        while not {1, 2, 3} <= {answer.get("id") for answer in answers}:
            answers.append(json.loads(process.stdout.readline()))
        rest, _ = process.communicate(timeout=60)
    answers += map(json.loads, rest.splitlines())
    assert all(answer["jsonrpc"] == "2.0" for answer in answers)
    assert process.returncode == 0


def test_ctrl_c_ends_the_http_server() -> None:
    """It is how a person stops it, and no error."""
    with subprocess.Popen([*COMMAND, "--http", "0"], cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            line = process.stderr.readline()
            assert "(Ctrl-C ends it)" in line
            connection = HTTPConnection(line.split()[6].split("/")[2], timeout=20)
            connection.request("GET", "/mcp")
            assert connection.getresponse().status == 406  # it serves, but requires an Accept header
            connection.close()
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=20)[1] == ""
        finally:
            process.kill()
    assert process.returncode == 0


async def test_the_documented_settings_start_the_server() -> None:
    """People paste them into Claude, Cursor and VS Code, whose keys differ."""
    text = (ROOT / "deploy" / "integrations.md").read_text(encoding="utf-8")
    shown = [json.loads(each) for each in re.findall(r'\{"(?:mcpServers|servers)": .*?\}\}\}', text)]
    local = [each for each in shown if "command" in next(iter(each.values()))["zimerr"]]
    remote = [each for each in shown if each not in local]
    assert [*map(list, local)] == [*map(list, remote)] == [["mcpServers"], ["servers"]]
    for each in local:
        server = next(iter(each.values()))["zimerr"]
        assert server["command"] == "/path/to/zimerr"
        assert server.get("type", "stdio") == "stdio"
        arguments = ["-m", "bot", *server["args"]]
        async with Client(StdioServerParameters(command=sys.executable, args=arguments, cwd=ROOT)) as client:
            content(await client.call_tool("explain", {"code": "6000106"}))
    for each in remote:
        server = next(iter(each.values()))["zimerr"]
        assert server == {"url": "http://127.0.0.1:8765/mcp"} | ({"type": "http"} if "servers" in each else {})


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of zimerr works without it."""
    monkeypatch.setitem(sys.modules, "mcp", None)
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    monkeypatch.delitem(sys.modules, "bot.cli.mcp_server", raising=False)
    monkeypatch.delattr("bot.cli.mcp_server", raising=False)
    result = CliRunner().invoke(commands, ["mcp"])
    assert result.exit_code == 1
    assert result.stderr == "`zimerr mcp` needs mcp.server. Run pip install 'zimerr[mcp]'.\n"


@pytest.mark.parametrize(
    ("address", "said"), [("99999", "is no address"), ("here", "is no address"), ("0.0.0.0:80", "Add --allow-host")]
)
def test_a_wrong_address_is_refused(address: str, said: str) -> None:
    """All addresses of the machine are served only under a name that is known."""
    result = CliRunner().invoke(commands, ["mcp", "--http", address])
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_taken_port_is_named() -> None:
    """The message names the port, so that the user can choose another."""
    with serving() as url:
        port = url.split(":")[2].partition("/")[0]
        result = subprocess.run([*COMMAND, "--http", port], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert f"Port {port} of 127.0.0.1 can't be opened" in result.stderr
