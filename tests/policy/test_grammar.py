"""The grammar of /zimerr."""

from __future__ import annotations

import pytest

from bot.policy.grammar import Browse, Command, Explain, Help, Misused, Search, SetLanguage, Status, Triage, parse


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("6000354", Explain((6000354,))),
        ("6000354, 6000106", Explain((6000354, 6000106))),
        ("6000354，6000106、6000354", Explain((6000354, 6000106))),
        ("login failed with 6000106 again", Explain((6000106,))),
        ("错误码6000106是什么", Explain((6000106,))),
        ("６０００３５４", Explain((6000354,))),
        ("errorCode6000106", Explain((6000106,))),
        ("0", Explain((0,))),
        ("1", Explain((1,))),
        ("10", Search("10")),
        ("60003", Search("60003")),
        ("16000354", Search("16000354")),
        ("60003541", Search("60003541")),
        ("token expired", Search("token expired")),
        ("房间 属性", Search("房间 属性")),
        ("search token", Search("token")),
        ("search", Misused("search")),
        ("", Help()),
        ("   ", Help()),
        ("help", Help()),
        ("帮助", Help()),
        ("help me with tokens", Search("help me with tokens")),
        ("lang zh", SetLanguage("zh")),
        ("LANG EN", SetLanguage("en")),
        ("语言 中文", SetLanguage("zh")),
        ("lang auto", SetLanguage("auto")),
        ("lang", Misused("lang")),
        ("lang fr", Misused("lang")),
        ("status", Status()),
        ("triage", Triage("")),
        ("分诊", Triage("")),
        ("日志", Triage("")),
        ("triage line 1\nline 2 6000106", Triage("line 1\nline 2 6000106")),
        ("Triage\nE/ZIM: 6000106", Explain((6000106,))),
        ("日志 上传", Search("日志 上传")),
        ("triage 6000106", Explain((6000106,))),
        ("list", Browse(None)),
        ("list room", Browse("room")),
        ("列表 房间", Browse("房间")),
    ],
)
def test_what_is_typed_becomes_a_command(typed: str, command: Command) -> None:
    """Whoever types at night must be understood, and never be told about syntax."""
    assert parse(typed) == command
