"""Test how connection events are found in the spellings of the SDKs."""

from __future__ import annotations

import pytest

from bot.triage.connection_events import find_events
from bot.triage.digest import ConnectionEvent
from tests.triage.feed import CATALOGUE
from tests.triage.scanning import scan

KICKED_OUT, TOKEN_EXPIRED = ConnectionEvent.KICKED_OUT, ConnectionEvent.TOKEN_EXPIRED
LOGIN_TIMEOUT, INTERRUPTED = ConnectionEvent.LOGIN_TIMEOUT, ConnectionEvent.LOGIN_INTERRUPTED
SUCCESS, ACTIVE_LOGIN = ConnectionEvent.SUCCESS, ConnectionEvent.ACTIVE_LOGIN
UNREGISTERED, NOT_CONNECTED = ConnectionEvent.UNREGISTERED, ConnectionEvent.SIGNALING_NOT_CONNECTED


def events(text: str) -> list[ConnectionEvent]:
    """Return the events in *text*."""
    data = text.encode()
    return [event for _, _, event in find_events(data, 0, len(data))]


@pytest.mark.parametrize(
    ("line", "event"),
    [
        # The Web SDK writes numbers.
        ('[1122 10:00:03.048][User][EVT.connectionStateChanged]:{state:0,event:5,extendedData:"{}"}', TOKEN_EXPIRED),
        ('[MGR][EV.connectionStateChanged]:{state:2,event:1,extendedData:""}', ACTIVE_LOGIN),
        ("connectionStateChanged {state: 2, event: 0}", SUCCESS),
        ('{"msg":"connectionStateChanged","state":0,"event":4}', KICKED_OUT),
        ('{"event":"connectionStateChanged","data":{"state":0,"event":2}}', LOGIN_TIMEOUT),
        ("zim connectionStateChanged(0, 4)", KICKED_OUT),
        ("OnConnectionStateChanged: 0 4", KICKED_OUT),
        (r'{"log":"{\"msg\":\"connectionStateChanged\",\"state\":0,\"event\":4}\n"}', KICKED_OUT),
        ('1795507300475,"{""msg"":""connectionStateChanged"",""state"":0,""event"":4}"', KICKED_OUT),
        (r'{"log":"{\"event\":\"connectionStateChanged\",\"data\":{\"event\":\"5\"}}"}', TOKEN_EXPIRED),
        ("connectionStateEvent=3", INTERRUPTED),
        ("connectionEvent: 6", UNREGISTERED),
        # Android, and the log lines of apps.
        ("I ZIM     : onConnectionStateChanged state=DISCONNECTED event=KICKED_OUT", KICKED_OUT),
        ("onConnectionStateChanged: [DISCONNECTED, TOKEN_EXPIRED, {}]", TOKEN_EXPIRED),
        ("onConnectionStateChanged state=RECONNECTING event=LOGIN_INTERRUPTED", INTERRUPTED),
        ("onConnectionStateChanged state=DISCONNECTED event=UNREGISTERED", UNREGISTERED),
        # Flutter.
        ("state:ZIMConnectionState.disconnected, event:ZIMConnectionEvent.kickedOut, extendedData:{}", KICKED_OUT),
        ("state:ZIMConnectionState.reconnecting, event:ZIMConnectionEvent.interrupted", INTERRUPTED),
        ("ZIM 连接状态变化: ZIMConnectionState.disconnected, 事件: ZIMConnectionEvent.tokenExpired", TOKEN_EXPIRED),
        # iOS, Unity, C++.
        ("connectionStateChanged state: 0 event: 4 extendedData: {}", KICKED_OUT),
        ("state ZIMConnectionStateDisconnected event ZIMConnectionEventLoginTimeout", LOGIN_TIMEOUT),
        ("event = ZIMConnectionEvent(rawValue: 5)", TOKEN_EXPIRED),
        ("OnConnectionStateChanged state: Disconnected, event: KickedOut", KICKED_OUT),
        ("state=ZIM_CONNECTION_STATE_DISCONNECTED event=ZIM_CONNECTION_EVENT_TOKEN_EXPIRED", TOKEN_EXPIRED),
        ("zim_connection_event_kicked_out", KICKED_OUT),
        # Servers and apps.
        ("level=warn svc=im-gw msg=connection_state_changed state=disconnected event=kicked_out user=u1", KICKED_OUT),
        ('msg="connection state changed" event=TOKEN_EXPIRED', TOKEN_EXPIRED),
        ("level=warn event=KICKED_OUT user=u7", KICKED_OUT),
        ("[IM] disconnected, reason: kickedOut", KICKED_OUT),
        ("reason=kicked_out connectionState=0", KICKED_OUT),
        ("[IM] 账号在其他设备登录，被踢下线", KICKED_OUT),
        # ZEGO UIKit.
        ("{signaling is not connected:ZegoSignalingPluginConnectionState.connecting, please call init}", NOT_CONNECTED),
        ("{network state:online, signaling is not connected:disconnected, is init: true, }", NOT_CONNECTED),
    ],
)
def test_an_event_is_found_in_every_spelling(line: str, event: ConnectionEvent) -> None:
    """The event is often the only line that tells why all calls fail."""
    assert events(f"10:00:00 ok\n{line}\n10:00:01 ok\n") == [event]


@pytest.mark.parametrize(
    "line",
    [
        "onRoomStateChanged room=live_1 state=DISCONNECTED event=KICKED_OUT",
        "roomID r1: user kicked out of the room, event 4",
        "group member kickedOut by owner, event=7",
        "用户被踢出房间，event=4",
        "被踢出群聊，原因：违规",
        "login failed, code: 6000106 TOKEN_EXPIRED event",
        "onTokenWillExpire second: 30, connection ok",
        "iceConnectionState changed to disconnected",
        "onConnectionStateChanged",
        "connectionState=2",
        "eviction: 3 sessions were kicked out of the cache",
        "signaling is now connected",
    ],
)
def test_other_lines_are_no_events(line: str) -> None:
    """A user who is kicked out of a room is still logged in."""
    assert events(line) == []


@pytest.mark.parametrize("stamp", ["", "11-20 09:00:00.000  7001  7044 I ReactNativeJS: "])
@pytest.mark.parametrize("value", ["4", "'KICKED_OUT'", "ZIMConnectionEvent.kickedOut"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_event_is_found_in_the_lines_of_an_object(stamp: str, value: str, end: str) -> None:
    """Consoles print a long object with one field per line."""
    lines = ["connectionStateChanged {", "  zim: [ZIM],", "  state: 0,", f"  event: {value},", "}", "next: event: 5"]
    text = "".join(f"{stamp}{line}{end}" for line in ["ok", *lines, *lines])
    result = scan(text.encode(), CATALOGUE)
    assert [(hit.event, hit.line) for hit in result.events] == [(KICKED_OUT, 2), (KICKED_OUT, 8)]


def test_lines_below_a_complete_line_are_not_part_of_it() -> None:
    """They may be about anything, also in braces."""
    assert events("onConnectionStateChanged: state=2\n{ event: 4 }\n") == []


def test_each_line_counts_once_with_its_number() -> None:
    """A name and a number, or two names, are one event; lines without codes are numbered, too."""
    line = "connectionStateChanged {state:0,event:4} DISCONNECTED KICKED_OUT"
    text = "\n".join([line, "ok", "sendMessage failed, code: 6000121", line, *["ok"] * 40_000, line])
    result = scan(text.encode(), CATALOGUE)
    assert [(hit.event, hit.line) for hit in result.events] == [(KICKED_OUT, line) for line in (1, 4, 40_005)]
    (window,) = [window for window in result.windows if window.sign is KICKED_OUT]
    assert (window.line, window.lines[0].decode()) == (1, line)


def test_an_event_in_a_long_line_counts_once() -> None:
    """A line may come in pieces that overlap."""
    line = "x" * 300_000 + " onConnectionStateChanged event=KICKED_OUT " + "y" * 300_000
    assert [hit.line for hit in scan(f"ok\n{line}\nok".encode(), CATALOGUE).events] == [2]
