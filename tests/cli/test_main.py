"""The command line, run as people run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from slack_sdk.oauth.installation_store import Installation

from bot import log
from bot.cli.main import commands
from bot.sandbox.http_server import Sandbox
from bot.settings import Settings
from tests.scenarios.conftest import manifest


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'zimerr.db'}")


def run(*arguments: str, given: str | bytes | None = None) -> Result:
    """Run `zimerr` with these arguments, and *given* on standard input."""
    return CliRunner().invoke(commands, arguments, input=given)


@pytest.mark.parametrize(("language", "title"), [("en", "Token expired"), ("zh", "Token 已过期")])
def test_a_code_is_explained(language: str, title: str) -> None:
    """The same knowledge without Slack."""
    result = run("explain", "6000106", "--lang", language)
    assert result.exit_code == 0
    assert "6000106" in result.output
    assert title in result.output
    assert "`" not in result.output


def test_programs_get_json() -> None:
    """One object a code, with everything that the card shows."""
    result = run("explain", "6000354", "NETWORK_MODULE_TOKEN_EXPIRED", "--json", "--lang", "zh")
    first, second = json.loads(result.output)
    assert (first["code"], second["code"]) == (6000354, 6000106)
    for field in ("title", "meaning", "actor", "retry", "severity", "section", "docs"):
        assert isinstance(first[field], str), field
    assert isinstance(first["remedy"], list)
    assert first["language"] == "zh"
    assert {name: first["limits"][0][name] for name in ("value", "window_s")} == {"value": 20, "window_s": 10}
    assert second["symbols"]["web"] == "NetworkModuleTokenExpired"


def test_an_unknown_code_is_named_and_fails() -> None:
    """A script must notice."""
    result = run("explain", "6000106", "6009999", "--json")
    assert result.exit_code == 1
    assert [entry["code"] for entry in json.loads(result.stdout)] == [6000106]
    assert "6009999" in result.stderr


def test_words_are_searched() -> None:
    """Ranked, with scores for programs."""
    result = run("search", "token", "expired", "--json")
    found = json.loads(result.output)
    assert found[0]["code"] == 6000106
    assert [hit["score"] for hit in found] == sorted((hit["score"] for hit in found), reverse=True)
    assert "6000106" in run("search", "token", "过期").output
    nothing = run("search", "qqqq")
    assert nothing.exit_code == 1
    assert "No results" in nothing.stderr


def test_the_catalogue_is_listed() -> None:
    """All of it, or a section by its name in either language."""
    for language in ("en", "zh"):
        assert len(json.loads(run("list", "--json", "--lang", language).output)) == 205
    assert "6000354" in run("list", "房间").output
    missing = run("list", "nowhere")
    assert missing.exit_code == 1
    assert "room" in missing.stderr


LOG = """\
login fails since noon:

```
08:00:01 [ERROR] [API.login] code: 6000106
08:00:02 sent size=6000121 bytes
08:00:03 USER_IS_NOT_LOGGED, errorCode 6009999
```
"""


def test_detect_tells_what_the_bot_would_see_and_do() -> None:
    """Whoever wonders about an answer, or tunes the rules, needs no Slack to find out."""
    seen = json.loads(run("detect", "--json", given=LOG).output)
    assert seen == {
        "codes": [6000106, 6000121, 6009999],
        "known": [6000106, 6000121],
        "unknown": [6009999],
        "lookalikes": [{"text": "6000121", "reason": "number with a unit"}],
        "answers": True,
        "findings": [
            {"code": 6000106, "known": True, "line": 4, "symbol": None}
            | {"evidence": "called an error code", "quoted": False},
            {"code": 6000121, "known": True, "line": 6, "symbol": "USER_IS_NOT_LOGGED"}
            | {"evidence": "SDK symbol", "quoted": False},
            {"code": 6009999, "known": False, "line": 6, "symbol": None}
            | {"evidence": "called an error code", "quoted": False},
        ],
    }


@pytest.mark.parametrize(
    ("language", "answer", "parts"),
    [
        (
            "en",
            "The bot would reply with: 6000106, 6000121, 6009999.",
            ("line 4", "labelled as an error code", "with a unit"),
        ),
        ("zh", "机器人会回复：6000106，6000121，6009999。", ("第 4 行", "写明是错误码", "带单位的数字")),
    ],
)
def test_detect_speaks_to_people(language: str, answer: str, parts: tuple[str, ...]) -> None:
    """The decision first, then what it rests on."""
    first, *rest = run("detect", "--lang", language, given=LOG).output.splitlines()
    assert first == answer
    assert all(part in "\n".join(rest) for part in parts)


@pytest.mark.parametrize(
    ("text", "codes"),
    [("", []), ("order 6000121 shipped", []), ("> 6000106", [6000106]), ("6009999", [])],
)
def test_detect_says_when_the_bot_would_stay_silent(text: str, codes: list[int]) -> None:
    """A quote is seen and not answered; a look-alike is no code at all."""
    seen = json.loads(run("detect", "--json", given=text).output)
    assert (seen["codes"], seen["answers"]) == (codes, False)
    assert "would not reply" in run("detect", "--lang", "en", given=text).output


def test_detect_takes_a_stream_of_messages() -> None:
    """One line each, in order, so that a corpus can be measured."""
    messages: list[dict[str, object]] = [
        {"text": "错误码6000354。"},
        {"text": "size=6000121 bytes", "kind": "silent"},
        {"text": "", "attachments": [{"color": "danger", "text": "code: 6000106"}]},
        {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "call me: <tel:6000354|6000354>"}}]},
        {"text": "\ud83d 6000104\u2028error"},
    ]
    result = run("detect", "--jsonl", given="".join(json.dumps(message) + "\n" for message in messages))
    seen = [json.loads(line) for line in result.output.splitlines()]
    assert result.exit_code == 0
    assert [each["codes"] for each in seen] == [[6000354], [], [6000106], [6000354], [6000104]]
    assert [each["answers"] for each in seen] == [True, False, True, True, True]


def test_a_malformed_line_is_told_and_costs_the_others_nothing() -> None:
    """One bad line of ten thousand must neither go unnoticed nor end the run."""
    lines = [
        b'{"text": "6000106"}',
        b"{",
        b"",
        b"[]",
        b'{"text": 6}',
        b'{"blocks": {}}',
        b"{}",
        b"\xff",
        b"[" * 100_000,
    ]
    result = run("detect", "--jsonl", given=b"\n".join([*lines, b'{"text": "6000121"}']))
    first, *wrong, last = (json.loads(line) for line in result.output.splitlines())
    assert result.exit_code == 1
    assert (first["codes"], last["codes"]) == ([6000106], [6000121])
    assert len(wrong) == len(lines) - 1
    for number, each in enumerate(wrong, 2):
        assert list(each) == ["error"]
        assert each["error"].startswith(f"line {number}: ")


def test_stray_bytes_hide_no_code() -> None:
    """Logs are cut in the middle of a character."""
    assert json.loads(run("detect", "--json", given=b"\xe6\x9c code: 6000106 \xff").output)["codes"] == [6000106]


def test_detect_wants_one_form_of_output() -> None:
    """Rather a word than a guess."""
    assert run("detect", "--json", "--jsonl", given="").exit_code == 2


@pytest.mark.parametrize("arguments", [["explain", "6000106"], ["detect"], ["detect", "--jsonl"]])
def test_explain_and_detect_start_without_slack_and_database(arguments: list[str]) -> None:
    """Whoever waits a second for one code stops using it."""
    script = (
        "import sys; from click.testing import CliRunner; from bot.cli.main import commands; "
        f"CliRunner().invoke(commands, {arguments!r}, input='6000106'); "
        "print(sorted({name.partition('.')[0] for name in sys.modules} & "
        "{'slack_bolt', 'slack_sdk', 'aiohttp', 'sqlalchemy', 'aiosqlite', 'structlog'}))"
    )
    root = Path(__file__).parent.parent
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=root)
    assert shown.stdout.strip() == "[]"


def test_serve_without_settings_says_what_is_missing() -> None:
    """The first start of a newcomer."""
    result = run("serve")
    assert result.exit_code == 1
    assert "SLACK_BOT_TOKEN is missing" in result.stderr
    assert "SLACK_SIGNING_SECRET is missing" in result.stderr


def test_check_finds_every_fault_in_one_run() -> None:
    """Settings missing, catalogue fine: both are said."""
    result = run("check")
    assert result.exit_code == 1
    assert "✓ catalogue: 205 codes" in result.output
    assert "✗ settings: SLACK_BOT_TOKEN is missing" in result.output


async def checked(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """Status and words of `zimerr check` against a workspace."""
    from bot.cli.check import run as check

    monkeypatch.setenv("SLACK_BOT_TOKEN", sandbox.app.bot_token)
    monkeypatch.setenv("SLACK_APP_TOKEN", sandbox.app.app_token)
    monkeypatch.setenv("SLACK_API_URL", sandbox.api_url)
    return await check(offline=False), capsys.readouterr().out


async def test_check_is_content_with_a_good_workspace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The manifest that we ship has all the scopes that we ask for."""
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        status, said = await checked(sandbox, monkeypatch, capsys)
    assert status == 0, said
    assert said.count("✓") == 6


async def test_check_names_a_missing_scope(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An admin who trimmed the manifest learns which line to put back."""
    trimmed = manifest("socket")
    for scope in ("users:read", "files:read"):
        trimmed["oauth_config"]["scopes"]["bot"].remove(scope)
    async with Sandbox(trimmed, transport="socket") as sandbox:
        status, said = await checked(sandbox, monkeypatch, capsys)
    assert status == 1
    assert "add files:read, users:read" in said


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack_sdk asks aiohttp for it
async def test_check_of_many_workspaces_names_what_is_wrong_with_the_app_and_with_each(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """There is no token to try before somebody has installed the app, and then there are many."""
    from cryptography.fernet import Fernet

    from bot.cli.check import run as check
    from bot.settings import load
    from bot.slack.workspaces import installations
    from bot.storage.database import Database

    async with Sandbox(manifest("http"), transport="http") as sandbox:
        app = sandbox.app
        for name, value in {
            "SLACK_CLIENT_ID": app.client_id,
            "SLACK_CLIENT_SECRET": app.client_secret,
            "ZIMERR_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "SLACK_SIGNING_SECRET": "s",
            "SLACK_API_URL": sandbox.api_url,
            "DATABASE_URL": f"sqlite:///{tmp_path / 'bot.db'}",
        }.items():
            monkeypatch.setenv(name, value)
        assert await check(offline=False) == 0, capsys.readouterr().out
        assert "installed: in 0" in capsys.readouterr().out

        database = Database(load().database_url)
        where: dict[str, Any] = {"team_id": "T1", "team_name": "Ours", "bot_scopes": "commands"}
        bot: dict[str, Any] = {
            "app_id": "A1",
            "bot_id": "B1",
            "bot_user_id": "U1",
            "bot_token": "xoxb-1",
            "user_id": "U2",
        }
        await installations(load(), database).async_save(Installation(**where, **bot))
        await database.close()
        monkeypatch.setenv("SLACK_CLIENT_SECRET", "wrong")
        assert await check(offline=False) == 1
        said = capsys.readouterr().out
        assert "Ours has not granted app_mentions:read, channels:history" in said
        assert "SLACK_CLIENT_ID with SLACK_CLIENT_SECRET: bad_client_secret" in said

        monkeypatch.setenv("ZIMERR_ENCRYPTION_KEYS", Fernet.generate_key().decode())
        assert await check(offline=True) == 1
        assert "✗ database: A stored token can't be decrypted" in capsys.readouterr().out


def test_the_demo_starts_answers_and_ends() -> None:
    """The first command of the README, as a process of its own, ended with Ctrl-C."""
    import re
    import signal
    import urllib.request

    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", "--no-browser", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=Path(__file__).parent.parent,
    ) as process:
        assert process.stdout
        address = re.search(r"http://[\d.:]+", process.stdout.readline())
        assert address
        with urllib.request.urlopen(address[0]) as page:  # noqa: S310 - http, from the line above
            assert b"<html" in page.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
        assert process.stderr
        assert process.stderr.read() == ""


def test_the_logs_never_hold_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    """Logs are copied into tickets."""
    log.configure("info")
    token = "xoxb-very-secret"
    try:
        raise ValueError("broken")
    except ValueError:
        log.get("bot.test").exception("failed", id="x")
    shown = capsys.readouterr().err
    assert "ValueError: broken" in shown
    assert token not in shown
