"""Compose the logs of incidents: errors, connection events and noise, in the forms that people paste."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from string import Template

from bot.triage.digest import ConnectionEvent, Sign

_START_S = 9 * 3600  # of the log's day
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
        return "\n".join(FORMS[form].write(entry) for entry in ordered) + "\n"


@dataclass(frozen=True, slots=True)
class LogForm:
    """Write the records of one platform by templates.

    ``$clock`` and ``$ms`` are the time; ``$event``, ``$Event``, ``$eVent`` and ``$number`` the event as ``KICKED_OUT``,
    ``KickedOut``, ``kickedOut`` and 4; ``$names`` the user and the room, each by *name* with ``$key`` and ``$value``.
    """

    noise: str
    symptom: str
    event: str
    error: str
    name: str
    keys: tuple[str, str] = ("user", "room")

    def write(self, entry: Entry) -> str:
        """Return the line of one record."""
        minutes, seconds = divmod(_START_S + entry.second, 60)
        named = zip(self.keys, (entry.user, entry.room), strict=True)
        fields: dict[str, object] = {
            "clock": f"{int(minutes) // 60:02}:{int(minutes) % 60:02}:{int(seconds):02}",
            "ms": f"{int(entry.second % 1 * 1000):03}",
            "method": entry.method,
            "code": entry.sign,
            "names": "".join(Template(self.name).substitute(key=key, value=value) for key, value in named if value),
        }
        if entry.sign is None:
            template = self.noise
        elif not isinstance(entry.sign, ConnectionEvent):
            template = self.error
        else:
            template = self.symptom if entry.sign.is_symptom else self.event
            title = entry.sign.title().replace("_", "")
            number = list(ConnectionEvent).index(entry.sign)
            fields |= {"event": entry.sign, "Event": title, "eVent": title[0].lower() + title[1:], "number": number}
        return Template(template).substitute(fields)


def _uikit(level: str, module: str, source: str, text: str) -> str:
    """Return a template for a line of ZEGO UIKit for Flutter."""
    return f"{level[0]}/PLogger (31234): {{{module}}}  {{{source}}}  {{{text}}}  {{22/11/2026 $clock}}  {{{level}}}"


FORMS: Mapping[str, LogForm] = {
    # The Web SDK in the console of a browser
    "web": LogForm(
        noise='[1122 $clock.$ms][Conv][API.sendMessage]:{toConversationID:"x7",error:{code:0}}',
        symptom="[1122 $clock.$ms][UIKit] signaling is not connected",
        event='[1122 $clock.$ms][User][EVT.connectionStateChanged]:{state:0,event:$number,extendedData:"{}"}',
        error='[1122 $clock.$ms][Conv][API.$method]:{error:{code:$code,message:"failed"}$names}',
        name=',$key:"$value"',
        keys=("userID", "roomID"),
    ),
    # Android
    "logcat": LogForm(
        noise="11-22 $clock.$ms  4127  4180 D OkHttp  : "
        "<-- 200 https://api.example.com/v1/im/history?before=1728202457549 (38ms)",
        symptom="11-22 $clock.$ms  4127  4180 E PLogger : signaling is not connected:disconnected",
        event="11-22 $clock.$ms  4127  4180 I ZIM     : onConnectionStateChanged state=DISCONNECTED event=$event",
        error="11-22 $clock.$ms  4127  4180 E ZIM     : $method failed, errorCode: $code, message: failed.$names",
        name=" $key=$value",
    ),
    "uikit": LogForm(
        noise=_uikit("INFO", "uikit", "room", "user list changed, count:3"),
        symptom=_uikit(
            "ERROR",
            "call",
            "start call button",
            "signaling is not connected:ZegoSignalingPluginConnectionState.disconnected",
        ),
        event=_uikit(
            "INFO",
            "signaling",
            "event center",
            "onConnectionStateChanged, state:ZIMConnectionState.disconnected, event:ZIMConnectionEvent.$eVent, "
            "extendedData:{}",
        ),
        error=_uikit(
            "ERROR",
            "signaling",
            "invitation",
            "$method$names, error:PlatformException($code, failed, null, null)",
        ),
        name=", $key:$value",
        keys=("user id", "roomID"),
    ),
    # A game made with Unity
    "unity": LogForm(
        noise="2026/11/22 $clock UnityEngine.Debug:Log(Object)",
        symptom="2026/11/22 $clock [UIKit] signaling is not connected",
        event="2026/11/22 $clock [ZIM] OnConnectionStateChanged state: Disconnected, event: $Event, extendedData: {}",
        error="2026/11/22 $clock [ZIM] $method failed, code=$code message=failed$names",
        name=" $key=$value",
        keys=("userID", "roomID"),
    ),
    # A server that relays the errors of its clients
    "logfmt": LogForm(
        noise="2026-11-22T${clock}Z level=info svc=im-gw msg=delivered cost=12",
        symptom='2026-11-22T${clock}Z level=error svc=im-gw msg="signaling is not connected"$names',
        event="2026-11-22T${clock}Z level=warn svc=im-gw msg=connection_state_changed state=disconnected "
        "event=$event$names",
        error='2026-11-22T${clock}Z level=error svc=im-gw method=$method err_code=$code msg="failed"$names',
        name=" $key=$value",
    ),
    # A collector of logs
    "json": LogForm(
        noise='{"time": "2026-11-22T$clock.$ms+08:00", "level": "info", "msg": "ok"$names}',
        symptom='{"time": "2026-11-22T$clock.$ms+08:00", "level": "error", "msg": "signaling is not connected"$names}',
        event='{"time": "2026-11-22T$clock.$ms+08:00", "level": "warn", "msg": "connectionStateChanged", "state": 0, '
        '"event": $number$names}',
        error='{"time": "2026-11-22T$clock.$ms+08:00", "level": "error", "api": "$method", "errorCode": $code$names}',
        name=', "$key": "$value"',
        keys=("userId", "roomId"),
    ),
}


def without_users(incident: Incident) -> Incident:
    """Return a copy of *incident* whose lines name nobody, as in the log of one device."""
    copy = Incident()
    copy.entries = [replace(entry, user="") for entry in incident.entries]
    return copy
