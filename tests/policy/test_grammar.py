"""Parse the text behind /zimerr."""

from __future__ import annotations

import pytest

from bot.i18n import Language
from bot.policy.grammar import (
    Command,
    ExplainCommand,
    ForgetAllCommand,
    HelpCommand,
    IgnoredCommand,
    LogsCommand,
    SearchCommand,
    SetLanguageCommand,
    SetModeCommand,
    StatusCommand,
    TriageCommand,
    WhyCommand,
    parse,
)
from bot.policy.noise_rules import Mode

TS = "1700000000.000100"


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("6000354", ExplainCommand((6000354,), "6000354")),
        ("6000354, 6000106", ExplainCommand((6000354, 6000106), "6000354, 6000106")),
        ("6000354，6000106、6000354", ExplainCommand((6000354, 6000106), "6000354,6000106、6000354")),
        ("login failed with 6000106 again", ExplainCommand((6000106,), "login failed with 6000106 again")),
        ("6000106 1002001", ExplainCommand((6000106, 1002001), "6000106 1002001")),
        ("6000201, code: 103040", ExplainCommand((6000201, 103040), "6000201, code: 103040")),
        ("6000106 of user 103040", ExplainCommand((6000106,), "6000106 of user 103040")),
        ("103040", SearchCommand("103040")),
        ("103040 0", SearchCommand("103040 0")),
        ("错误码6000106是什么", ExplainCommand((6000106,), "错误码6000106是什么")),
        ("６０００３５４", ExplainCommand((6000354,), "6000354")),
        ("errorCode6000106", ExplainCommand((6000106,), "errorCode6000106")),
        ("0", ExplainCommand((0,), "0")),
        ("1", ExplainCommand((1,), "1")),
        ("6000354 iOS", ExplainCommand((6000354,), "6000354 iOS")),
        ("logs", LogsCommand("")),
        ("logs React Native", LogsCommand("React Native")),
        ("取日志 安卓", LogsCommand("安卓")),
        ("log upload", SearchCommand("log upload")),
        ("10", SearchCommand("10")),
        ("60003", SearchCommand("60003")),
        ("16000354", SearchCommand("16000354")),
        ("60003541", SearchCommand("60003541")),
        ("token expired", SearchCommand("token expired")),
        ("房间 属性", SearchCommand("房间 属性")),
        ("search token", SearchCommand("token")),
        ("search", HelpCommand("search")),
        ("", HelpCommand()),
        ("   ", HelpCommand()),
        ("help", HelpCommand()),
        ("帮助", HelpCommand()),
        ("help me with tokens", SearchCommand("help me with tokens")),
        ("lang zh", SetLanguageCommand(Language.ZH)),
        ("LANG EN", SetLanguageCommand(Language.EN)),
        ("语言 中文", SetLanguageCommand(Language.ZH)),
        ("lang auto", SetLanguageCommand(None)),
        ("lang", HelpCommand("lang")),
        ("lang fr", HelpCommand("lang")),
        ("auto react", SetModeCommand(Mode.REACT)),
        ("auto off", SetModeCommand(Mode.OFF)),
        ("auto thread", SetModeCommand(Mode.THREAD)),
        ("auto on", SetModeCommand(Mode.THREAD)),
        ("自动 关", SetModeCommand(Mode.OFF)),
        ("ignored", IgnoredCommand()),
        ("忽略", IgnoredCommand()),
        ("Ignored  Forget  All", ForgetAllCommand()),
        ("忽略 清空", ForgetAllCommand()),
        ("已忽略 全部忘记", ForgetAllCommand()),
        ("ignored messages", SearchCommand("ignored messages")),
        ("auto", HelpCommand("auto")),
        ("auto loud", HelpCommand("auto")),
        ("why https://demo.slack.com/archives/C0ONCALL/p1700000000000100", WhyCommand("C0ONCALL", TS, TS)),
        (
            "why https://demo.slack.com/archives/C0ONCALL/p1700000000000100?thread_ts=1700000000.000001&cid=C0ONCALL",
            WhyCommand("C0ONCALL", TS, "1700000000.000001"),
        ),
        ("why", HelpCommand("why")),
        ("why that message", HelpCommand("why")),
        ("status", StatusCommand()),
        ("triage", TriageCommand("")),
        ("分诊", TriageCommand("")),
        ("排查", TriageCommand("")),
        ("排查 第一行\n第二行 6000106", TriageCommand("第一行\n第二行 6000106")),
        ("排查 登录", SearchCommand("排查 登录")),
        ("日志", TriageCommand("")),
        ("triage line 1\nline 2 6000106", TriageCommand("line 1\nline 2 6000106")),
        ("Triage\nE/ZIM: 6000106", ExplainCommand((6000106,), "Triage\nE/ZIM: 6000106")),
        ("日志 上传", SearchCommand("日志 上传")),
        ("triage 6000106", ExplainCommand((6000106,), "triage 6000106")),
        ("list", SearchCommand("")),
        ("list room", SearchCommand("room")),
        ("列表 房间", SearchCommand("房间")),
    ],
)
def test_a_typed_text_is_parsed_into_a_command(typed: str, command: Command) -> None:
    """People type at night and must be understood without learning a syntax."""
    assert parse(typed) == command
