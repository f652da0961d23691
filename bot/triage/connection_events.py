"""Find the connection events of the ZIM SDKs in the lines of a log.

The SDK reports why a connection changed as an event of `onConnectionStateChanged`: by a name that each platform spells
in its own way (``KICKED_OUT``, ``kickedOut``, ``ZIMConnectionEventKickedOut``), or by its number (``event:4``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import stringzilla as sz

from bot.triage.digest import ConnectionEvent

_REACH = 600  # bytes on either side of the literal that belong to an event
_BY_NUMBER = tuple(ConnectionEvent)[:7]
_SYMPTOM = b"ignaling is not connected"
# A line with one of these is about the connection's state.
_STATES = (
    *(b"onnectionState", b"onnectionEvent", b"NECTION_EVENT", b"NECTION_STATE", b"nection_event", b"nection_state"),
    *(b"nection state", b"nection event", "连接状态".encode()),
)
# A line with one of these is about it only if other words confirm that.
_NAMES = (
    *(b"KICKED_OUT", b"ickedOut", b"icked_out", b"icked out", b"TOKEN_EXPIRED", b"okenExpired", b"oken_expired"),
    *(b"LOGIN_TIMEOUT", b"oginTimeout", b"ogin_timeout", b"LOGIN_INTERRUPTED", b"oginInterrupted"),
    "被踢".encode(),
)
_LITERALS = (*_STATES, *_NAMES, _SYMPTOM)
_CONFIRMED = re.compile(rb"(?i)\b(?:zim|im|signaling|event|reason|disconnected|connection)(?![a-z])|event|"
                        + "事件|原因|断开|下线".encode())  # fmt: skip
_OTHER_SUBJECT = re.compile(rb"(?i)room|group|member|channel|600[0-9]{4}|" + "房间|群".encode())
_NAME = re.compile(
    rb"(?i)(?P<KICKED_OUT>kicked[_ ]?out|"
    + "被踢(?:下线|掉线)".encode()
    + rb")|(?P<TOKEN_EXPIRED>token[_ ]?expired)|(?P<LOGIN_TIMEOUT>login[_ ]?time_?out)"
    rb"|(?P<LOGIN_INTERRUPTED>(?:login|network)[_ ]?interrupted|event[a-z_]{0,8}\W{0,4}interrupted)"
    rb"|(?P<ACTIVE_LOGIN>active[_ ]?login)|(?P<UNREGISTERED>event[a-z_]{0,8}\W{0,4}unregistered|\bUNREGISTERED\b)"
    rb"|(?P<SUCCESS>event[a-z_]{0,8}\W{0,4}success)"
)
_NUMBER = re.compile(
    rb"(?i)event(?:_?(?:code|type|value))?[\\\"']{0,4}\s{0,2}[:=(]"
    rb"\s{0,2}[\\\"']{0,4}(?:raw_?value: ?)?([0-6])(?![0-9.:])"
    rb"|onnectionStateChanged\W{0,6}[0-3]\s{0,2}[, ]\s{0,2}([0-6])(?![0-9.:])"
)


def find_events(data: bytes, first: int, last: int) -> Iterator[tuple[int, int, ConnectionEvent]]:
    """Yield start and end of each line in *data* with an event, and the event, in the order of the lines.

    A line counts if the words that identify it begin in *data* from *first* up to *last*. If it ends with a brace, the
    event is in the lines below, where consoles print the fields of an object.
    """
    done = 0
    for offset, literal in _offsets(data):
        if offset < done or not first <= offset < last:
            continue
        begin = data.rfind(b"\n", done, offset) + 1 or done
        end = data.find(b"\n", offset)
        end = len(data) if end < 0 else end
        is_open = literal in _STATES and data[max(offset, end - 4) : end].rstrip().endswith(b"{")
        last_end = max(end, data.find(b"}", end, end + _REACH)) if is_open else end
        before, rest = data[max(begin, offset - _REACH) : offset], data[offset : min(last_end, offset + _REACH)]
        if event := _event(before, rest, literal):
            done = last_end + 1
            yield begin, end, event


def _offsets(data: bytes) -> list[tuple[int, bytes]]:
    """Return where the literals occur, in ascending order."""
    found = []
    for literal in _LITERALS:
        offset = sz.find(data, literal)
        while offset >= 0:
            found.append((offset, literal))
            offset = sz.find(data, literal, offset + len(literal))
    return sorted(found)


def _event(before: bytes, rest: bytes, literal: bytes) -> ConnectionEvent | None:
    """Return the event that a line reports, None if it reports none; *rest* begins with *literal*."""
    if literal == _SYMPTOM:
        return ConnectionEvent.SIGNALING_NOT_CONNECTED
    if literal in _NAMES:
        line = before + rest
        return None if _OTHER_SUBJECT.search(line) or not _CONFIRMED.search(line) else _reported(line)
    # From the words on, most lines of a kind are equal; the stamp before them never is.
    event = _reported(rest)
    return event or (_reported(before) if any(name in before for name in _NAMES) else None)


@lru_cache(1024)
def _reported(text: bytes) -> ConnectionEvent | None:
    """Return the event that *text* names, or gives the number of; None if there is none."""
    if name := _NAME.search(text):
        return ConnectionEvent[str(name.lastgroup)]
    number = _NUMBER.search(text)
    return _BY_NUMBER[int(number[1] or number[2])] if number else None
