"""Define the logs, the examples and the history of the demo page."""

from __future__ import annotations

from functools import partial

from bot.sandbox.file_store import Upload
from bot.sandbox.manifest import Json
from bot.sandbox.team import Team

_LOG = """\
2026-03-02 03:14:07.120 [INFO] [Login][API.login] userID: u_1041, network: wifi
2026-03-02 03:14:12.388 [ERROR] [Login][API.login]:6000104, the network request failed
2026-03-02 03:14:12.391 [WARN] reconnect in 4000 ms, attempt 1
2026-03-02 03:14:16.904 [ERROR] [Conv][API.sendMessage]:6000121, user is not logged in
2026-03-02 03:14:17.006 [ERROR] [Room][API.joinRoom]:6000121, user is not logged in
2026-03-02 03:14:31.552 [INFO] [Login][API.login] ok, 188 ms
"""

# The log of an Android app: the token expires, and the calls after it fail.
_FILE = "".join(
    f"03-02 {at} 12483 12519 {level}/ZIM: {text}\n"
    for at, level, text in (
        ("03:09:58.004", "I", "[Env] ZIM SDK 2.18.0, platform Android 14, appID 1234567890"),
        ("03:09:58.120", "I", "[Login][API.login] userID: u_1041, network: wifi"),
        ("03:09:58.604", "I", "[Login][API.login] ok, 484 ms"),
        ("03:12:31.377", "I", "[Conv][API.sendMessage] conversationID: room_77, ok, 96 ms"),
        ("03:13:58.610", "W", "[Login][Event] token will expire in 9 s"),
        ("03:14:07.614", "E", "[Login][API.renewToken] errorCode=6000106, message=Token expired"),
        ("03:14:07.702", "W", "[Conn][Event] connection state: disconnected, event: token expired"),
        ("03:14:08.911", "E", "[Conv][API.sendMessage] errorCode=6000121, user is not logged in"),
        ("03:14:09.240", "E", "[Conv][API.sendMessage] errorCode=6000121, user is not logged in"),
        ("03:14:11.002", "E", "[Room][API.joinRoom] errorCode=6000121, user is not logged in"),
        ("03:14:12.388", "E", "[Login][API.login] errorCode=6000106, message=Token expired"),
        ("03:14:16.904", "E", "[Conv][API.queryHistoryMessage] errorCode=6000121, user is not logged in"),
        ("03:14:17.006", "E", "[Group][API.queryGroupList] errorCode=6000121, user is not logged in"),
        ("03:14:20.551", "W", "[Upload] 6000121 bytes left in the queue"),
        ("03:14:22.470", "E", "[Login][API.login] errorCode=6000106, message=Token expired"),
        ("03:14:31.552", "E", "[Conv][API.sendMessage] errorCode=6000121, user is not logged in"),
        ("03:14:44.018", "E", "[Room][API.setRoomAttributes] errorCode=6000354, frequency limit"),
        ("03:14:52.471", "E", "[Login][API.login] errorCode=6000106, message=Token expired"),
    )
)

# An event with more rooms than the plan has; its codes are in no example, so that the bot answers all of these.
_FULL = "".join(
    f"2026-03-01 {at} [Room][API.{text}\n"
    for at, text in (
        ("19:59:58.018", "createRoom] roomID: live_1198, userID: host_12, ok, 74 ms"),
        ("20:00:03.551", "createRoom] roomID: live_1201, userID: host_31, code: 6000324, rooms reached the limit"),
        ("20:00:03.902", "joinRoom] roomID: live_1201, userID: u_7714, code: 6000322, room not exist"),
        ("20:00:04.117", "joinRoom] roomID: live_1201, userID: u_5120, code: 6000322, room not exist"),
        ("20:00:04.730", "createRoom] roomID: live_1202, userID: host_08, code: 6000324, rooms reached the limit"),
        ("20:00:05.044", "joinRoom] roomID: live_1202, userID: u_3381, code: 6000322, room not exist"),
        ("20:00:05.790", "joinRoom] roomID: live_1201, userID: u_9027, code: 6000322, room not exist"),
        ("20:00:07.206", "createRoom] roomID: live_1201, userID: host_31, code: 6000324, rooms reached the limit"),
        ("20:00:08.411", "joinRoom] roomID: live_1201, userID: u_2246, code: 6000322, room not exist"),
        ("20:00:09.873", "createRoom] roomID: live_1203, userID: host_44, code: 6000324, rooms reached the limit"),
    )
)

# The messages before the page opens, by channel: the one with the file, then the replies.
_HISTORY: dict[str, tuple[tuple[str, str], ...]] = {
    "C0ONCALL": (
        ("U0BEN", "Since 20:00 hosts can't open a live room, and viewers can't join. The log of our iOS app:"),
        ("U0ANN", "We never deleted the rooms of the load test. I'm doing that now."),
    ),
    "C0ZHIBAN": (
        ("U0LIN", "活动一开始，主播就开不了直播间，观众也进不去。iOS 端的日志："),
        ("U0MEI", "是压测的房间没有销毁，我现在清理。"),
    ),
}

# The messages in the channel without the bot. After an invitation, the bot posts a dry run over them.
_UNANSWERED = (
    ("U0BEN", "Push is flaky in staging, the app logs code: 6000103 on every start"),
    ("U0ANN", "Order 6000121 has shipped, the test devices arrive tomorrow"),
    ("U0BEN", "Now the groups fail, too: [Group][API.joinGroup] code: 6000523"),
)

EXAMPLES: tuple[Json, ...] = (
    {
        "channel": "C0ONCALL",
        "language": "en",
        "label": "Paste an error line",
        "kind": "message",
        "text": "sendMessage keeps failing with code: 6000107 since the last release, any idea?",
    },
    {"channel": "C0ONCALL", "language": "en", "label": "Ask for a code", "kind": "command", "text": "/zimerr 6000354"},
    {
        "channel": "C0ONCALL",
        "language": "en",
        "label": "Paste a log",
        "kind": "message",
        "text": f"Nobody can log in, here is the log:\n```\n{_LOG}```",
    },
    {
        "channel": "C0ONCALL",
        "language": "en",
        "label": "Upload a log",
        "kind": "file",
        "text": _FILE,
        "filename": "zim-android.log",
    },
    {
        "channel": "C0ZHIBAN",
        "language": "zh",
        "label": "贴一行报错",
        "kind": "message",
        "text": "用户反馈进房失败，日志里一直报错误码6000354，是限频了吗？",
    },
    {"channel": "C0ZHIBAN", "language": "zh", "label": "按关键词查", "kind": "command", "text": "/zimerr 令牌 过期"},
    {
        "channel": "C0ZHIBAN",
        "language": "zh",
        "label": "上传日志",
        "kind": "file",
        "text": _FILE,
        "filename": "安卓日志.log",
    },
)


async def play_history(team: Team) -> None:
    """Post the messages that the page shows when it opens, and wait for the bot's answers."""
    for channel, ((author, text), *replies) in _HISTORY.items():
        message = await team.say(channel, author, text, files=[Upload("ios.log", _FULL.encode())])
        await team.until(partial(team.replies, channel, message["ts"]))
        for person, reply in replies:
            await team.say(channel, person, reply, message["ts"])
    for author, text in _UNANSWERED:
        await team.say("C0QUIET", author, text)
