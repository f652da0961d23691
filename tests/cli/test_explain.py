"""Tests for `zimerr explain`, `search` and `list`."""

from __future__ import annotations

import html
import json
import re

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from bot.cli.main import commands
from bot.i18n import Language, words
from bot.render.entry_slack import card
from tests.triage.feed import CATALOGUE


def run(*arguments: str) -> Result:
    """Run `zimerr` with these arguments."""
    return CliRunner().invoke(commands, arguments)


@pytest.mark.parametrize(("language", "title"), [("en", "Token expired"), ("zh", "Token 已过期")])
def test_a_code_is_explained(language: str, title: str) -> None:
    """People without Slack get the same explanation."""
    result = run("explain", "6000106", "--lang", language)
    assert result.exit_code == 0
    assert "6000106" in result.output
    assert title in result.output
    assert "`" not in result.output


@pytest.mark.parametrize(("language", "label"), [("en", "Example"), ("zh", "示例")])
def test_the_example_is_shown(language: str, label: str) -> None:
    """People compare it with the line that they have."""
    shown = " ".join(run("explain", "6000203", "--lang", language).output.split())
    assert f"{label} Uncaught (in promise) {{code: 6000203" in shown


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_all_entries_fit_the_terminal(language: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No terminal has to divide a word; only URLs and paths stay whole. Nothing but the end of a title is lost."""
    codes = [str(entry.code) for entry in CATALOGUE]
    for command in (["explain", *codes], ["list"], ["search", "token", "消息"], ["explain", "6000358"]):
        monkeypatch.delenv("COLUMNS", raising=False)
        whole = run(*command, "--lang", language).output
        monkeypatch.setenv("COLUMNS", str(width))
        lines = run(*command, "--lang", language).output.splitlines()
        for line in lines:
            assert cell_len(line) <= width or re.fullmatch(r"(\w+  +| *)\S*/\S+", line)
            assert line == line.rstrip()
        # Words and their order are the same.
        known = "".join(whole.split())
        for part in "\n".join(lines).split("…\n"):
            assert "".join(part.split()) in known


def test_in_a_pipe_paragraphs_are_whole_lines_of_plain_text() -> None:
    """The next program searches them, and a person pastes them into a ticket."""
    lines = run("explain", *(str(entry.code) for entry in CATALOGUE), "--lang", "en").output.splitlines()
    for line in lines:
        assert line == line.rstrip()
        assert not {"│", "╭", "─", "\x1b"} & {*line}
    assert max(map(len, lines)) > 200


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("en", ("What to do\n  1. ", "SDK name: ", "ZEGO's Chinese page: ", "(zimerr's assessment)")),
        ("zh", ("处理步骤\n  1. ", "SDK 中的名称：", "ZEGO 中文文档：", "zimerr 的判断")),
    ],
)
def test_the_terminal_shows_what_the_card_in_slack_shows(language: str, parts: tuple[str, ...]) -> None:
    """Both have the same facts, so that people with and without Slack speak of the same."""
    shown = run("explain", "6000286", "6000354", "--lang", language).output
    for part in parts:
        assert part in shown
    for code in (6000286, 6000354, 6000801):
        translate = words(Language(language))
        shown = run("explain", str(code), "--lang", language).output
        for block in card(CATALOGUE[code], translate):
            for text in re.findall(r'"text": "((?:[^"\\]|\\.)*)"', json.dumps(block, ensure_ascii=False)):
                for line in html.unescape(json.loads(f'"{text}"')).splitlines():
                    assert plain(line) in plain(shown), line


def plain(text: str) -> str:
    """Leave out markup, marks and spaces."""
    return re.sub(r"[\s`*_•·🔵🟡🟠🔴,、:：]", "", text)


def test_a_long_example_is_shown_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of a log may have no space to wrap at."""
    monkeypatch.setenv("COLUMNS", "60")
    shown = re.sub(r"\s", "", run("explain", "6000602", "--lang", "en").output)
    assert (
        'Conv][API.setConversationNotificationStatus]:{time:"61,10:48:05.177",convID:"user_2",type:0,error:{' in shown
    )


@pytest.mark.parametrize("code", ["6000286", "6000287"])
def test_no_back_tick_reaches_the_terminal(code: str) -> None:
    """Second meanings and small print name methods, too."""
    assert "`" not in run("explain", code, "--lang", "en").output


def test_programs_get_json() -> None:
    """Each code is one object. Its keys are public: programs depend on them."""
    result = run("explain", "6000354", "NETWORK_MODULE_TOKEN_EXPIRED", "--json", "--lang", "zh")
    first, second = json.loads(result.output)
    keys = "code language section status title meaning remedy actor retry severity judged"
    keys += " since plan limits methods symbols aliases sdk_message example"
    keys += " server_codes related other_meanings docs sources"
    assert list(first) == keys.split()
    assert (first["code"], second["code"]) == (6000354, 6000106)
    for field in ("title", "meaning", "actor", "retry", "severity", "section", "docs"):
        assert isinstance(first[field], str), field
    assert isinstance(first["remedy"], list)
    assert first["language"] == "zh"
    limit = first["limits"][0]
    assert limit.pop("what")
    assert limit == {"value": 20, "unit": "requests", "window_s": 10, "per": "room", "bound": "max"} | {
        "default": False,
        "origin": "zh-docs",
    }
    assert first["sources"][0] == {"origin": "zh-docs", "version": None, "differs": None, "likely": None}
    assert second["symbols"]["web"] == "NetworkModuleTokenExpired"


@pytest.mark.parametrize(
    ("language", "said"), [("en", "SDK log on Android: zimlog*.txt in"), ("zh", "SDK 日志（Android）：")]
)
def test_a_platform_gets_its_own_page_name_and_log(language: str, said: str) -> None:
    """A developer of one app works on one platform."""
    shown = " ".join(run("explain", "6000704", "--platform", "安卓", "--lang", language).output.split())
    assert said in shown.replace("│ ", "")
    assert "/zim-android/sdk-error-codes/zim" in shown
    found = run("explain", "6000106", "--json", "--platform", "Flutter", "--lang", language)
    assert json.loads(found.output)[0]["docs"].endswith("/zim-flutter/sdk-error-codes/zim")


def test_an_unknown_platform_is_an_error_that_lists_all() -> None:
    """Nobody has to guess how they are called here."""
    result = run("explain", "6000106", "--platform", "symbian")
    assert result.exit_code == 2
    assert "'symbian' is none of android, ios, web" in result.output


def test_an_unknown_code_is_named_and_fails() -> None:
    """Scripts check the exit status."""
    result = run("explain", "6000106", "6009999", "--json")
    assert result.exit_code == 1
    assert [entry["code"] for entry in json.loads(result.stdout)] == [6000106]
    assert "6009999" in result.stderr


@pytest.mark.parametrize(("language", "said"), [("en", "Check the digits."), ("zh", "核对数字有没有写错。")])
def test_an_unknown_code_gets_its_neighbours_and_what_to_do(language: str, said: str) -> None:
    """The terminal says what Slack says, without markup."""
    result = run("explain", "6000358", "--lang", language)
    assert result.exit_code == 1
    assert "  6000357  " in result.stderr
    assert f"• {said}" in result.stderr
    assert "sdk-error-codes/zim" in result.stderr
    assert not {"`", "*", "<"} & {*result.stderr}


def test_a_range_names_the_code_with_a_missed_digit() -> None:
    """600106 begins codes of channels, but most people mean 6000106."""
    lines = run("search", "600106", "--lang", "en").output.splitlines()
    assert lines.index("Closest known codes:") == 7
    assert lines[8].startswith("6000106")


@pytest.mark.parametrize("command", ["explain 600354", "search 600354", "search what does 600354 mean"])
def test_a_mistyped_code_gets_the_right_one(command: str) -> None:
    """Both commands name the codes that a number may be a typo of, although words beside it match entries."""
    result = run(*command.split())
    assert result.exit_code == 1
    assert "6000354" in result.stderr


@pytest.mark.parametrize("command", ["explain", "search"])
def test_an_unknown_code_of_the_servers_leads_to_the_code_beside_it(command: str) -> None:
    """The SDK reports all of them as codes of its own."""
    result = run(command, "103999", "--lang", "en")
    assert result.exit_code == 1
    assert "It may be a code of ZIM's servers: look up the 600xxxx code" in result.stderr


def test_words_are_searched() -> None:
    """The best match comes first; programs also get the scores."""
    result = run("search", "token", "expired", "--json")
    found = json.loads(result.output)
    assert found[0]["code"] == 6000106
    assert [hit["score"] for hit in found] == sorted((hit["score"] for hit in found), reverse=True)
    assert "Token 已过期" in run("search", "令牌", "过期").output  # in the language of the words
    assert "Token expired" in run("search", "令牌", "过期", "--lang", "en").output
    nothing = run("search", "qqqq")
    assert nothing.exit_code == 1
    assert "No results" in nothing.stderr


def test_the_catalogue_is_listed() -> None:
    """People list all codes, or a section by its name in either language."""
    for language in ("en", "zh"):
        assert len(json.loads(run("list", "--json", "--lang", language).output)) == 205
    assert "6000354" in run("list", "房间").output
    missing = run("list", "nowhere")
    assert missing.exit_code == 1
    assert "room" in missing.stderr


def test_a_brief_list_has_a_line_for_each_code() -> None:
    """Programs that show a list do not read half a megabyte for it."""
    brief = json.loads(run("list", "--json", "--brief", "--lang", "en").stdout)
    assert [row["code"] for row in brief] == [entry.code for entry in CATALOGUE]
    assert brief[0] == {"code": 0, "section": "general", "title": "Success, no error"}


def test_json_has_the_remarks_of_the_text_on_standard_error() -> None:
    """A program that finds nothing can say why."""
    for arguments in (("explain", "6000358"), ("search", "600354"), ("search", "qqqq"), ("list", "nowhere")):
        text, as_json = run(*arguments, "--lang", "en"), run(*arguments, "--lang", "en", "--json")
        assert as_json.stderr == text.stderr != ""
        assert as_json.exit_code == text.exit_code == 1


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "103040 is an error code of ZIM's servers. The SDK reports it as 6000353"),
        ("zh", "103040 是 ZIM 服务端自己的错误码。SDK 把它报成 6000353"),
    ],
)
def test_a_server_code_is_explained_by_the_code_that_the_sdk_makes_of_it(language: str, line: str) -> None:
    """The SDK's message shows the server's code, so people ask for that."""
    for command in (("explain", "103040"), ("search", "103040"), ("search", "what", "is", "103040")):
        result = run(*command, "--lang", language)
        assert result.exit_code == 0
        assert result.stdout.startswith(line)
        assert "zego-zim-web 2.29.0" in result.stdout
        assert "6000353 " in result.stdout.partition("\n")[2]
    assert [entry["code"] for entry in json.loads(run("explain", "103040", "--json").stdout)] == [6000353]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "1002001 is not a code of the ZIM SDK. It belongs to ZEGO Express (audio and video calls): https://"),
        ("zh", "1002001 不是 ZIM SDK 的错误码，它属于 ZEGO Express（音视频通话）：https://"),
    ],
)
def test_a_number_of_another_product_gets_one_line(language: str, line: str) -> None:
    """It is not explained, so the exit status is that of an unknown code."""
    for command in (("explain", "1002001"), ("search", "error", "0", "or", "1002001")):
        result = run(*command, "--lang", language)
        assert result.exit_code == 1
        assert result.output.startswith(line)
        assert result.output.count("\n") == 1
    assert "https://" in run("explain", "6000106", "1002001").stderr


def test_a_server_code_that_another_product_has_too_is_known() -> None:
    """The reader must decide which of the two it is."""
    result = run("explain", "50014", "--lang", "en")
    assert result.exit_code == 0
    assert "6000001" in result.stdout
    assert "ZIM's server API" in result.stderr


def test_zero_beside_another_code_is_not_explained() -> None:
    """It means success; in most texts, it is no code at all."""
    assert [entry["code"] for entry in json.loads(run("explain", "103040", "0", "--json").stdout)] == [6000353]
    assert [entry["code"] for entry in json.loads(run("explain", "0", "--json").stdout)] == [0]


def test_a_number_of_any_length_is_no_crash() -> None:
    """Python refuses to convert thousands of digits."""
    assert "is not a known ZIM error code" in run("explain", "9" * 5000, "--lang", "en").stderr
