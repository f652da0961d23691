"""Compose the logs of incidents: errors, connection events and noise, in the forms that people paste."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from bot.triage.digest import ConnectionEvent, Sign

_START_S = 9 * 3600  # of the log's day
_NUMBERS = {event: number for number, event in enumerate(ConnectionEvent)}
_METHODS = ("sendMessage", "queryHistoryMessage", "callInvite", "queryGroupList", "queryConversationList")


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a log."""

    second: float  # after the log's start
    sign: Sign | None  # None for noise
    method: str = "sendMessage"
    user: str = ""
    room: str = ""


class Incident:
    """Collect the records of a log; each method returns the incident, so that calls can be chained."""

    def __init__(self, seed: int = 6000106) -> None:
        self._chance = random.Random(seed)  # noqa: S311
        self.entries: list[Entry] = []

    def errors(
        self,
        sign: Sign,
        count: int,
        start: float,
        end: float,
        *,
        users: int = 0,
        user: str = "",
        room: str = "",
        method: str = "",
    ) -> Incident:
        """Add *count* records between two seconds; *users* at random, one *user*, or nobody is named."""
        for _ in range(count):
            name = user or (f"u{self._chance.randrange(users)}" if users else "")
            second = self._chance.uniform(start, end)
            self.entries.append(Entry(second, sign, method or self._chance.choice(_METHODS), name, room))
        return self

    def noise(self, count: int, end: float) -> Incident:
        """Add *count* harmless records."""
        self.entries += [Entry(self._chance.uniform(0, end), None) for _ in range(count)]
        return self

    def log(self, form: str) -> str:
        """Write the records in order of time."""
        # Stamps of one second keep their order: a cause is written before its followers.
        ordered = sorted(self.entries, key=lambda entry: entry.second)
        return "\n".join(FORMS[form](entry) for entry in ordered) + "\n"


def _clock(entry: Entry) -> str:
    minutes, seconds = divmod(_START_S + entry.second, 60)
    return f"{int(minutes) // 60:02}:{int(minutes) % 60:02}:{int(seconds):02}"


def _milliseconds(entry: Entry) -> str:
    return f"{int(entry.second % 1 * 1000):03}"


def _web(entry: Entry) -> str:
    """Write a record as the Web SDK does in the browser's console."""
    stamp = f"[1122 {_clock(entry)}.{_milliseconds(entry)}]"
    if entry.sign is None:
        return f'{stamp}[Conv][API.sendMessage]:{{toConversationID:"x7",error:{{code:0}}}}'
    if entry.sign is ConnectionEvent.SIGNALING_NOT_CONNECTED:
        return f"{stamp}[UIKit] signaling is not connected"
    if isinstance(entry.sign, ConnectionEvent):
        return f'{stamp}[User][EVT.connectionStateChanged]:{{state:0,event:{_NUMBERS[entry.sign]},extendedData:"{{}}"}}'
    names = "".join(f',{key}:"{value}"' for key, value in (("userID", entry.user), ("roomID", entry.room)) if value)
    return f'{stamp}[Conv][API.{entry.method}]:{{error:{{code:{entry.sign},message:"failed"}}{names}}}'


def _logcat(entry: Entry) -> str:
    """Write a record as Android does."""
    stamp = f"11-22 {_clock(entry)}.{_milliseconds(entry)}  4127  4180"
    if entry.sign is None:
        return f"{stamp} D OkHttp  : <-- 200 https://api.example.com/v1/im/history?before=1728202457549 (38ms)"
    if entry.sign is ConnectionEvent.SIGNALING_NOT_CONNECTED:
        return f"{stamp} E PLogger : signaling is not connected:disconnected"
    if isinstance(entry.sign, ConnectionEvent):
        return f"{stamp} I ZIM     : onConnectionStateChanged state=DISCONNECTED event={entry.sign}"
    names = "".join(f" {key}={value}" for key, value in (("user", entry.user), ("room", entry.room)) if value)
    return f"{stamp} E ZIM     : {entry.method} failed, errorCode: {entry.sign}, message: failed.{names}"


def _uikit(entry: Entry) -> str:
    """Write a record as ZEGO UIKit for Flutter does."""
    stamp = f"{{22/11/2026 {_clock(entry)}}}"
    if entry.sign is None:
        return f"I/PLogger (31234): {{uikit}}  {{room}}  {{user list changed, count:3}}  {stamp}  {{INFO}}"
    if entry.sign is ConnectionEvent.SIGNALING_NOT_CONNECTED:
        what = "signaling is not connected:ZegoSignalingPluginConnectionState.disconnected"
        return f"E/PLogger (31234): {{call}}  {{start call button}}  {{{what}}}  {stamp}  {{ERROR}}"
    if isinstance(entry.sign, ConnectionEvent):
        first, *rest = entry.sign.lower().split("_")
        name = first + "".join(map(str.title, rest))
        what = f"onConnectionStateChanged, state:ZIMConnectionState.disconnected, event:ZIMConnectionEvent.{name}"
        return f"I/PLogger (31234): {{signaling}}  {{event center}}  {{{what}, extendedData:{{}}}}  {stamp}  {{INFO}}"
    names = "".join(f", {key}:{value}" for key, value in (("user id", entry.user), ("roomID", entry.room)) if value)
    what = f"{entry.method}{names}, error:PlatformException({entry.sign}, failed, null, null)"
    return f"E/PLogger (31234): {{signaling}}  {{invitation}}  {{{what}}}  {stamp}  {{ERROR}}"


def _unity(entry: Entry) -> str:
    """Write a record as a game made with Unity does."""
    stamp = f"2026/11/22 {_clock(entry)}"
    if entry.sign is None:
        return f"{stamp} UnityEngine.Debug:Log(Object)"
    if entry.sign is ConnectionEvent.SIGNALING_NOT_CONNECTED:
        return f"{stamp} [UIKit] signaling is not connected"
    if isinstance(entry.sign, ConnectionEvent):
        name = entry.sign.title().replace("_", "")
        return f"{stamp} [ZIM] OnConnectionStateChanged state: Disconnected, event: {name}, extendedData: {{}}"
    names = "".join(f" {key}={value}" for key, value in (("userID", entry.user), ("roomID", entry.room)) if value)
    return f"{stamp} [ZIM] {entry.method} failed, code={entry.sign} message=failed{names}"


def _logfmt(entry: Entry) -> str:
    """Write a record as a server that relays the errors of its clients does."""
    stamp = f"2026-11-22T{_clock(entry)}Z"
    names = "".join(f" {key}={value}" for key, value in (("user", entry.user), ("room", entry.room)) if value)
    if entry.sign is None:
        return f"{stamp} level=info svc=im-gw msg=delivered cost=12"
    if isinstance(entry.sign, ConnectionEvent):
        if entry.sign.is_symptom:
            return f'{stamp} level=error svc=im-gw msg="signaling is not connected"{names}'
        return f"{stamp} level=warn svc=im-gw msg=connection_state_changed state=disconnected event={entry.sign}{names}"
    return f'{stamp} level=error svc=im-gw method={entry.method} err_code={entry.sign} msg="failed"{names}'


def _json_lines(entry: Entry) -> str:
    """Write a record as a collector of logs does."""
    record: dict[str, object] = {"time": f"2026-11-22T{_clock(entry)}.{_milliseconds(entry)}+08:00"}
    if entry.sign is None:
        record |= {"level": "info", "msg": "ok"}
    elif entry.sign is ConnectionEvent.SIGNALING_NOT_CONNECTED:
        record |= {"level": "error", "msg": "signaling is not connected"}
    elif isinstance(entry.sign, ConnectionEvent):
        record |= {"level": "warn", "msg": "connectionStateChanged", "state": 0, "event": _NUMBERS[entry.sign]}
    else:
        record |= {"level": "error", "api": entry.method, "errorCode": entry.sign}
    names = {"userId": entry.user, "roomId": entry.room}
    return json.dumps(record | {key: value for key, value in names.items() if value})


FORMS: Mapping[str, Callable[[Entry], str]] = {
    "web": _web,
    "logcat": _logcat,
    "uikit": _uikit,
    "unity": _unity,
    "logfmt": _logfmt,
    "json": _json_lines,
}


def without_users(incident: Incident) -> Incident:
    """Return a copy of *incident* whose lines name nobody, as in the log of one device."""
    copy = Incident()
    copy.entries = [replace(entry, user="") for entry in incident.entries]
    return copy


def entries(incident: Incident, sign: Sign) -> Iterator[Entry]:
    """Yield the records of one code or event."""
    return (entry for entry in incident.entries if entry.sign == sign)
