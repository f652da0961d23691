"""Tests for `zimerr detect`."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli.main import commands

ROOT = Path(__file__).parents[2]


def run(*arguments: str, given: str | bytes) -> Result:
    """Run `zimerr detect` with *arguments*, and *given* on standard input."""
    return CliRunner().invoke(commands, ["detect", *arguments], input=given)


LOG = """\
login fails since noon:

```
08:00:01 [ERROR] [API.login] code: 6000106
08:00:02 sent size=6000121 bytes
08:00:03 USER_IS_NOT_LOGGED, errorCode 6009999
```
"""


def test_json_has_the_public_keys() -> None:
    """Scripts that measure the rules read these keys."""
    content = json.loads(run("--json", given=LOG).output)
    assert content == {
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
        ("zh", "机器人会回复：6000106、6000121、6009999。", ("第 4 行", "写明是错误码", "带单位的数字")),
    ],
)
def test_text_is_for_people(language: str, answer: str, parts: tuple[str, ...]) -> None:
    """The decision comes first, then the evidence."""
    first, *rest = run("--lang", language, given=LOG).output.splitlines()
    assert first == answer
    assert all(part in "\n".join(rest) for part in parts)


@pytest.mark.parametrize(
    ("text", "codes"),
    [("", []), ("order 6000121 shipped", []), ("> 6000106", [6000106]), ("6009999", [])],
)
def test_silence_is_reported(text: str, codes: list[int]) -> None:
    """A code in a quote is found and not answered; a look-alike is not a code."""
    content = json.loads(run("--json", given=text).output)
    assert (content["codes"], content["answers"]) == (codes, False)
    assert "would not reply" in run("--lang", "en", given=text).output


def test_jsonl_is_a_stream_of_messages() -> None:
    """Each message has one line, in order, so that a corpus can be measured."""
    messages: list[dict[str, object]] = [
        {"text": "错误码6000354。"},
        {"text": "size=6000121 bytes", "kind": "silent"},
        {"text": "", "attachments": [{"color": "danger", "text": "code: 6000106"}]},
        {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "call me: <tel:6000354|6000354>"}}]},
        {"text": "\ud83d 6000104\u2028error"},
    ]
    result = run("--jsonl", given="".join(json.dumps(message) + "\n" for message in messages))
    content = [json.loads(line) for line in result.output.splitlines()]
    assert result.exit_code == 0
    assert [each["codes"] for each in content] == [[6000354], [], [6000106], [6000354], [6000104]]
    assert [each["answers"] for each in content] == [True, False, True, True, True]


def test_a_malformed_line_is_reported_and_the_others_are_read() -> None:
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
    result = run("--jsonl", given=b"\n".join([*lines, b'{"text": "6000121"}']))
    first, *wrong, last = (json.loads(line) for line in result.output.splitlines())
    assert result.exit_code == 1
    assert (first["codes"], last["codes"]) == ([6000106], [6000121])
    assert len(wrong) == len(lines) - 1
    for number, each in enumerate(wrong, 2):
        assert list(each) == ["error"]
        assert each["error"].startswith(f"line {number}: ")


def test_invalid_bytes_hide_no_code() -> None:
    """Logs are cut in the middle of a character."""
    assert json.loads(run("--json", given=b"\xe6\x9c code: 6000106 \xff").output)["codes"] == [6000106]


def test_json_and_jsonl_exclude_each_other() -> None:
    """An error is better than a guess."""
    assert run("--json", "--jsonl", given="").exit_code == 2


def test_text_has_no_trailing_spaces_and_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is pasted into tickets, and read in narrow windows."""
    monkeypatch.setenv("COLUMNS", "60")
    for line in run("--lang", "en", given=LOG).output.splitlines():
        assert line == line.rstrip()
        assert len(line) <= 60


@pytest.mark.parametrize("command", [["detect"], ["detect", "--jsonl"], ["scan", "-"]])
@pytest.mark.parametrize(("language", "said"), [("en", "Waiting for input."), ("zh", "正在等待输入。")])
def test_on_a_terminal_it_says_that_it_waits(command: list[str], language: str, said: str) -> None:
    """A command that only waits looks like one that hangs."""
    ours, its = pty.openpty()
    arguments = [sys.executable, "-m", "bot", *command, "--lang", language]
    os.write(ours, b'{"text": "6000106"}\n' + b"\x04" * 4)  # Ctrl-D ends the input; a reader may ask again
    done = subprocess.run(arguments, stdin=its, capture_output=True, cwd=ROOT, encoding="utf-8", check=True, timeout=30)
    os.close(its)
    os.close(ours)
    assert done.stderr.startswith(said)
    assert "6000106" in done.stdout


def test_in_a_pipe_it_says_nothing_before_the_answer() -> None:
    """The other end of the pipe needs no advice."""
    assert run("--lang", "en", given="6000106").stderr == ""
