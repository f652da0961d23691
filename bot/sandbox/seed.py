"""Create the people and channels of a new workspace, and define the examples of the demo page."""

from __future__ import annotations

from bot.sandbox.manifest import Installation, Json
from bot.sandbox.model import Channel, SandboxWorkspace, User

_PEOPLE = (
    User("U0ANN", "ann", "Ann", "en-US", "America/Los_Angeles", "b4472f", "A"),
    User("U0LIN", "小林", "小林", "zh-CN", "Asia/Shanghai", "2f7a4f", "林"),
    User("U0BEN", "ben", "Ben", "en-GB", "Europe/London", "3a62a8", "B"),
    User("U0MEI", "美玲", "美玲", "zh-TW", "Asia/Taipei", "8a4a9e", "美"),
)

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

EXAMPLES: tuple[Json, ...] = (
    {
        "channel": "C0ONCALL",
        "label": "Paste an error line",
        "kind": "message",
        "text": "sendMessage keeps failing with code: 6000107 since the last release, any idea?",
    },
    {"channel": "C0ONCALL", "label": "Ask for a code", "kind": "command", "text": "/zimerr 6000354"},
    {
        "channel": "C0ONCALL",
        "label": "Paste a log",
        "kind": "message",
        "text": f"Nobody can log in, here is the log:\n```\n{_LOG}```",
    },
    {"channel": "C0ONCALL", "label": "Upload a log", "kind": "file", "text": _FILE, "filename": "zim-android.log"},
    {
        "channel": "C0ZHIBAN",
        "label": "贴一行报错",
        "kind": "message",
        "text": "用户反馈进房失败，日志里一直报错误码6000354，是限频了吗？",
    },
    {"channel": "C0ZHIBAN", "label": "按关键词查", "kind": "command", "text": "/zimerr 令牌 过期"},
    {"channel": "C0ZHIBAN", "label": "上传日志", "kind": "file", "text": _FILE, "filename": "安卓日志.log"},
)


def seed_workspace(workspace: SandboxWorkspace, app: Installation, seed: str) -> None:
    """Fill a new workspace: ``demo`` has people and channels, ``empty`` only people."""
    for person in _PEOPLE:
        workspace.users[person.id] = User(
            person.id, person.name, person.real_name, person.locale, person.tz, person.color, person.initials
        )
    workspace.users[workspace.bot_user] = User(
        workspace.bot_user, app.name, app.name, color="1d2b45", initials="Z", is_bot=True
    )
    workspace.users["USLACKBOT"] = User("USLACKBOT", "slackbot", "Slackbot", initials="S", is_bot=True)
    workspace.users["U0ALERTS"] = User("U0ALERTS", "alerts", "Alerts", color="7a5c12", initials="!", is_bot=True)
    for person in _PEOPLE:
        im_id = f"D0{person.id.removeprefix('U0')}"
        workspace.channels[im_id] = Channel(
            im_id, "", person.locale, members={person.id, workspace.bot_user}, is_im=True
        )
    if seed == "demo":
        people = {person.id for person in _PEOPLE}
        for channel in (
            Channel(
                "C0ONCALL", "oncall", "en-US", "Who is on call, and what is burning", people | {workspace.bot_user}
            ),
            Channel("C0ZHIBAN", "值班", "zh-CN", "线上问题在这里说", people | {workspace.bot_user}),
            Channel("C0QUIET", "quiet", "en-US", "The bot is not in here", set(people)),
        ):
            workspace.channels[channel.id] = channel
