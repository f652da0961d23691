"""Find the subject of a line: the user or device, and the room, group or call."""

from __future__ import annotations

import re

# Each pattern begins with a literal, which makes the search fast. A name without "id" needs "=" or quotes: "user: not
# found" names nobody.
# In JSON that is a string of JSON, a backslash precedes each quote; in that of a CSV file, each is doubled. Chinese
# texts have a colon of their own.
_QUOTE = rb"(?:\\{0,3}[\"']|\"\")"
_COLON = rb"(?:[:=]|" + "：".encode() + rb")"
_VALUE = rb"\s{0,2}(?:" + _QUOTE + rb")?(?!(?:null|nil|None|undefined)\b)([\w@.+*-]{1,64})"
_NESTED = _QUOTE + rb"\s{0,2}:\s{0,2}\{\s{0,2}" + _QUOTE + rb"id" + _QUOTE + rb"\s{0,2}:"  # {"user":{"id":"u1"}}
_ID = (
    rb"(?:[_ ]?[iI][dD](?:" + _QUOTE + rb")?\s{0,2}" + _COLON + rb"|=|" + _NESTED + rb"|" + _QUOTE + rb"\s{0,2}:)"
) + _VALUE
# The user to whom a message or a call goes is not the one with the error.
_OWN = rb"(?:(?<![A-Za-z_][uU]ser)|(?<=localUser)|(?<=loginUser)|(?<=currentUser)|(?<=selfUser)|(?<=(?<!to)_user))"
_PEOPLE = (
    (b"ser", re.compile(rb"ser(?<=[uU]ser)" + _OWN + _ID)),
    (b"uid", re.compile(rb"uid(?<![A-Za-z]uid)[\"']?\s{0,2}[:=]" + _VALUE)),
    (
        "用户".encode(),
        re.compile("(?<!给)(?<!向)(?<!标)(?<!方)用户".encode() + rb"(?:[iI][dD])?\s{0,2}" + _COLON + _VALUE),
    ),
    (b"evice", re.compile(rb"evice(?<=[dD]evice)" + _ID)),
)
_CONVERSATION = re.compile(rb"onversation(?<=[cC]onversation)[_ ]?[iI][dD][\"']?\s{0,2}[:=]" + _VALUE)
# The names that a line may have for the place that a rule is about. A room and a group are conversations, too.
PLACES = {
    "room": (re.compile(rb"oom(?<=[rR]oom)" + _ID), _CONVERSATION),
    "group": (re.compile(rb"roup(?<=[gG]roup)" + _ID), _CONVERSATION),
    "call": (re.compile(rb"all(?<=[cC]all)" + _ID), re.compile(rb"nvitation(?<=[iI]nvitation)" + _ID)),
}


def user_of(line: bytes) -> bytes:
    """Return the user or device that *line* names, or an empty string."""
    for literal, pattern in _PEOPLE:
        if literal in line and (match := pattern.search(line)):  # `in` is much faster than a search that fails
            return match[1]
    return b""


def place_of(line: bytes, kinds: tuple[str, ...]) -> bytes:
    """Return the room, group or call that *line* names, or an empty string if it names none or several of *kinds*."""
    found = {place for kind in kinds if (place := _place(line, kind))}
    return found.pop() if len(found) == 1 else b""


def _place(line: bytes, kind: str) -> bytes:
    """Return the place of one kind that *line* names, or an empty string."""
    for pattern in PLACES[kind]:
        if match := pattern.search(line):
            return match[1]
    return b""
