"""Build digests like those of real logs, for the tests of their views."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.catalogue.entry import Actor, Steps, Text
from bot.detection.result import LookAlikeReason
from bot.triage.digest import (
    Advice,
    Affected,
    CodeRow,
    ConnectionEvent,
    Cut,
    Digest,
    EventRow,
    Excerpt,
    FileRead,
    FileRefused,
    LogMetadata,
    Mark,
    Pattern,
    Refusal,
    Rival,
    Role,
    Secret,
    SecretKind,
    Stamp,
    Timeline,
)

KICKED_OUT = ConnectionEvent.KICKED_OUT
KICK_OUT_ADVICE = Advice(
    title=Text(en="kicked out: the account logged in on another device", zh="被踢下线：账号在其他设备登录"),
    actor=Actor.DEVELOPER,
    who=None,
    steps=Steps(en=("Do not log in again automatically.",), zh=("不要自动重新登录。",)),
)
HOSTILE = "\x1b[31m\u202e<!channel> <@U1> &lt;!here&gt; ```x``` *b* <https://evil.example|x>"


def stamp(seconds: float) -> Stamp:
    """Return a time as the Web SDK writes it, *seconds* after 07:35:45.740."""
    minutes, rest = divmod(7 * 3600 + 35 * 60 + 45.740 + seconds, 60)
    return Stamp(seconds, f"1122 {int(minutes) // 60:02}:{int(minutes) % 60:02}:{rest:06.3f}")


def mark(line: int, seconds: float | None = None, file: int = 0) -> Mark:
    """Return a mark, with a time if *seconds* are given."""
    return Mark(file, line, None if seconds is None else stamp(seconds))


def spread(count: int, first: int = 0, last: int = 19) -> tuple[int, ...]:
    """Distribute *count* occurrences over the buckets from *first* to *last*, the remainder at the beginning."""
    width = last - first + 1
    each, rest = divmod(count, width)
    return tuple(each + (index - first < rest) if first <= index <= last else 0 for index in range(20))


def expired() -> Digest:
    """Return the digest of a pasted log of the Web SDK: a token expired, and all calls after it failed."""
    rows = (
        CodeRow(6000106, 12, mark(18, 0), mark(402, 288.1), Role.CAUSE, None, 2, spread(12), 12),
        CodeRow(6000121, 57, mark(21, 0.4), mark(417, 299.9), Role.FOLLOWER, 6000106, 4, spread(57), 57),
        CodeRow(6000204, 1, mark(230, 140), mark(230, 140), Role.UNRELATED, None, 0, spread(1, 9, 9)),
    )
    lines = (
        "[1122 07:35:45.301][Net][WebSocket] ping, 48 ms",
        "[1122 07:35:45.688][Conv][API.queryConversationList] count 20",
        "[1122 07:35:45.740][Login][onTokenExpired] code:6000106 message:token expired, user u_***31",
        "[1122 07:35:45.741][Login][state] CONNECTED -> DISCONNECTED, event TOKEN_EXPIRED",
        "[1122 07:35:46.140][Conv][API.sendMessage] code:6000121 <@U1> `user is not logged`",
    )
    return Digest(
        cause=6000106,
        rows=rows,
        unknown=(),
        pattern=Pattern.STEADY,
        is_ongoing=True,
        timeline=Timeline(stamp(0), 15.0, 20),
        excerpts=(Excerpt(6000106, 0, 16, 18, lines),),
        metadata=LogMetadata(("2.18.1",), ("Web",), ("14******29",), stamp(-42), stamp(301), ()),
        files=(FileRead("", 420, 38_211, "UTF-8", None, 0),),
        refused=(),
        lookalikes={LookAlikeReason.URL: 2, LookAlikeReason.LONGER_NUMBER: 9},
        secrets=(Secret(SecretKind.ZEGO_TOKEN, 0, 12),),
        hidden={SecretKind.ZEGO_TOKEN: 1, SecretKind.IP: 3},
        errors=70,
        explained=69,
        affected=Affected(5, is_partial=True),
        events=(EventRow(ConnectionEvent.TOKEN_EXPIRED, 1, mark(19, 0), mark(19, 0)),),
    )


def kicked_out() -> Digest:
    """Return the digest of a log in which only an event tells the cause."""
    return replace(
        expired(),
        cause=6000121,
        rows=(CodeRow(6000121, 57, mark(21, 0.4), mark(417, 299.9), Role.FOLLOWER, KICKED_OUT, 9, spread(57), 57),),
        cause_event=KICKED_OUT,
        errors=57,
        explained=57,
        advice=KICK_OUT_ADVICE,
        events=(EventRow(KICKED_OUT, 9, mark(18, 0), mark(402, 288.1)),),
        excerpts=(Excerpt(KICKED_OUT, 0, 17, 18, ("ok", "[1122 07:35:45.740][User][EVT] event:4", "ok")),),
    )


def bundle() -> Digest:
    """Return the digest of files from several devices: no single cause, an unknown code, unreadable files."""
    rows = (
        CodeRow(6000104, 1_240, mark(88, 0), mark(90_112, 3000, 1), Role.UNRELATED, None, 14, spread(1240, 0, 6)),
        CodeRow(6000009, 310, mark(91, 1), mark(90_009, 2990, 1), Role.FOLLOWER, 6000104, 14, spread(310, 0, 6)),
        CodeRow(6000212, 3, mark(1_204, 700, 1), mark(1_299, 760, 1), Role.UNRELATED, None, 1, spread(3, 4, 5)),
    )
    unknown = (CodeRow(6009999, 2, mark(77), mark(79), Role.UNRELATED, None, 0, spread(2, 0, 0)),)
    window = Excerpt(6000104, 1, 1, 2, ("", f"E/ZIM: onError 6000104 {HOSTILE} {'长' * 400}", "…"))
    return Digest(
        cause=None,
        rows=rows,
        unknown=unknown,
        pattern=Pattern.BURST,
        is_ongoing=False,
        timeline=Timeline(stamp(0), 150.0, 20),
        excerpts=(Excerpt(6000104, 0, 87, 88, ("a", "E/ZIM: onError 6000104 network", "b")), window),
        metadata=LogMetadata(
            ("2.18.1", "2.19.0"), ("Android", "iOS"), ("14******29",), stamp(-3), stamp(3600), ("+08:00",)
        ),
        files=(
            FileRead("android/zim.log", 120_000, 98_123_456, "UTF-8", Cut.SIZE, 12_000_000),
            FileRead(f"{HOSTILE}.log", 90_200, 8_123_456, "GB18030", None, 0),
        ),
        refused=(FileRefused("screen.png", Refusal.BINARY), FileRefused("old.zip", Refusal.ENCRYPTED)),
        lookalikes={LookAlikeReason.UNIT: 1},
        secrets=(),
        hidden={SecretKind.APP_ID: 1},
        affected=Affected(15, is_partial=False),
        rivals=(Rival((6000104,), None, 0.49, None), Rival((6000212,), None, 0.002, None)),
    )


def nothing(**changes: Any) -> Digest:
    """Return the digest of a log without any code, with *changes*."""
    values: dict[str, Any] = {
        "cause": None,
        "rows": (),
        "unknown": (),
        "pattern": None,
        "is_ongoing": None,
        "timeline": None,
        "excerpts": (),
        "metadata": LogMetadata((), (), (), None, None, ()),
        "files": (FileRead("app.log", 1_204, 98_000, "UTF-16", None, 0),),
        "refused": (),
        "lookalikes": {LookAlikeReason.HEX: 4},
        "secrets": (),
        "hidden": {},
    }
    return Digest(**(values | changes))
