"""Find the values of cookies in headers and variables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.triage.digest import SecretKind
from bot.triage.secret_pattern import SecretSpan, is_random, matching_lines
from bot.triage.secret_value import means_nothing

# Attributes of a cookie, which are no secrets.
_ATTRIBUTES = frozenset(
    ("path", "domain", "expires", "max-age", "samesite", "priority", "version", "comment", "lang", "locale", "theme")
)
_COOKIE = re.compile(
    r"(?<![a-z])(?:set-?)?cookies?2?[\"'`\\]{0,8}\s{0,3}(?:=>|[:=])\s{0,3}[\"'`\\\[{]{0,8}", re.ASCII | re.IGNORECASE
)
_PAIR = re.compile(
    r"[\"'`\\\s]{0,6}(?P<name>[\w.$-]{1,80})(?:=|[\"'`\\]{1,6}\s?[:=]\s?[\"'`\\]{1,6})"
    r"(?P<value>[^\s;,\"'`\\<>(){}‹›]{0,4096})[\"'`\\]{0,6}(?:;|,|\s(?=[\w.$-]{1,80}=))?"
)
_OPAQUE = re.compile(r"[\w+/.~%=-]{8,4096}|[A-Za-z0-9]{6,7}(?![\w.])", re.ASCII)


class CookieSecrets:
    """Find the values of cookies."""

    literals = hints = ("cookie",)

    def find(self, text: str) -> Iterator[SecretSpan]:
        """Yield the secrets in *text*."""
        position = 0
        while header := _COOKIE.search(text, position):
            start = position = header.end()
            while pair := _PAIR.match(text, position):
                value = pair["value"]
                if pair["name"].lower() not in _ATTRIBUTES and len(value) >= 6 and not means_nothing(value):
                    yield SecretSpan(*pair.span("value"), SecretKind.COOKIE)
                position = pair.end()
            if position == start and (opaque := _OPAQUE.match(text, start)):
                position = opaque.end()
                if is_random(opaque[0], 6):
                    yield SecretSpan(*opaque.span(), SecretKind.COOKIE)

    def likely_lines(self, data: bytes, lower: bytes, hint: bytes) -> Iterator[tuple[int, int]]:
        """Yield the lines with a header or variable for cookies."""
        return matching_lines(data, lower, hint, _COOKIE)
