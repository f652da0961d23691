"""Hide secrets and personal data before any part of a log is shown, stored or logged, and count live secrets.

A hidden value is replaced by its kind, ``‹mail›``; error codes, times, versions and the number of lines stay. A value
never leaves this module: not in a result, an exception or a `repr`. To count a secret that occurs on many lines once,
values are compared by a hash whose key exists only as long as its `SecretCounter`.

Every pattern takes linear time: its repetitions are bounded. Redacting a redacted text changes nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from secrets import token_bytes
from typing import NamedTuple

import stringzilla as sz

from bot.triage.cookie_secrets import CookieSecrets
from bot.triage.digest import Secret, SecretKind
from bot.triage.named_secrets import NamedSecrets
from bot.triage.network_address import ADDRESS_RULES
from bot.triage.personal_data import APP_ID, PERSONAL_RULES, mask
from bot.triage.secret_pattern import SecretPattern, SecretRule, line_at
from bot.triage.vendor_keys import VENDOR_RULES

_MAX_PASSES = 8  # a secret next to another may match only after that one is hidden; two passes are usually enough
_MAX_SECRETS = 1000  # different ones counted in a triage
_MAX_PARTS = 20_000  # of a triage's logs, most of them lines, that are searched with all rules; each takes 50 µs
_LONGEST_KEY = 16_000  # bytes of a private key, which spans lines
_KEY_HINTS = ("private key", "private-lines:")
# Every eighth byte of a run of 64 hexadecimal digits is one, too.
_STEP = 8
_SAMPLE = re.compile(rb"[0-9a-fA-F]{8,}")
_KEY = re.compile(rb"[0-9a-fA-F]{64}")

_LIVE_RULES: tuple[SecretRule, ...] = (*VENDOR_RULES, CookieSecrets(), NamedSecrets())
_APP_ID = SecretPattern(
    SecretKind.APP_ID,
    re.compile(APP_ID.pattern.replace("?P<id>", "?P<secret>(?!600\\d{4})"), APP_ID.flags),
    (),
    (),
    bool,
)
_RULES: Sequence[SecretRule] = (*_LIVE_RULES, *PERSONAL_RULES, *ADDRESS_RULES, _APP_ID)
_LITERALS = frozenset(literal for rule in _RULES for literal in rule.literals)
# One-time codes expire within minutes.
_NOT_LIVE = frozenset({SecretKind.OTP})


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without secrets."""

    text: str
    secrets: tuple[tuple[SecretKind, int], ...] = ()  # number of hidden values, by kind


class SecretCounter:
    """Count the live secrets of a triage, each once. Only a keyed hash of each is kept, in memory."""

    def __init__(self) -> None:
        self._key = token_bytes(16)
        self._found: dict[bytes, tuple[SecretKind, dict[tuple[int, int], None]]] = {}  # by hash: its files and lines
        self._searched = 0  # parts of logs

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The secrets found so far, by their first line, each with the number of its lines."""
        found = (Secret(kind, *min(lines), len(lines)) for kind, lines in self._found.values())
        return tuple(sorted(found, key=lambda secret: (secret.file, secret.line)))

    def search(self, data: bytes, *, file: int, first_line: int) -> None:
        """Count the live secrets in lines of the log with the index *file*, in UTF-8."""
        counted, line = 0, first_line
        for begin, end in _likely_parts(data):
            if self._searched >= _MAX_PARTS:
                return
            line += sz.count(data, b"\n", counted, begin) if counted < begin else 0
            counted = begin
            self._searched += 1
            self.add(data[begin:end].decode("utf-8", "replace"), file=file, first_line=line)

    def add(self, text: str, *, file: int = 0, first_line: int = 1) -> None:
        """Count the live secrets in *text*, whose first line has the number *first_line*."""
        for each in _hide(text, _LIVE_RULES, passes=1)[1]:
            digest = self._hash(each.value)
            if each.kind not in _NOT_LIVE and (digest in self._found or len(self._found) < _MAX_SECRETS):
                self._found.setdefault(digest, (each.kind, {}))[1][file, first_line + each.line] = None

    def hidden_in(self, text: str) -> Counter[SecretKind]:
        """Count the different values in *text* and the live secrets found so far, by kind."""
        kinds = {digest: kind for digest, (kind, _) in self._found.items()}
        for each in _hide(text, _RULES)[1]:
            kinds.setdefault(self._hash(each.value), each.kind)
        return Counter(kinds.values())

    def _hash(self, value: str) -> bytes:
        return blake2b(value.encode("utf-8", "replace"), digest_size=16, key=self._key).digest()


def redact(text: str) -> Redacted:
    """Hide all secrets and personal data in *text*. The number of lines does not change."""
    shown, hidden = _hide(text, _RULES)
    return Redacted(shown, tuple(sorted(Counter(each.kind for each in hidden).items())))


def live_secrets(text: str) -> tuple[Secret, ...]:
    """Return the secrets in *text* that give access to something, so that their author can be warned."""
    counter = SecretCounter()
    counter.add(text)
    return counter.secrets


class _Hidden(NamedTuple):
    kind: SecretKind
    line: int  # 0-based
    value: str


def _hide(text: str, rules: Sequence[SecretRule], passes: int = _MAX_PASSES) -> tuple[str, list[_Hidden]]:
    """Apply *rules* in their order, until nothing is left to hide. Return the text that may be shown."""
    hidden: list[_Hidden] = []
    for _ in range(passes):
        before, lower = text, text.lower()
        found = {literal for literal in _LITERALS if literal in lower}
        for rule in rules:
            if not rule.literals or not found.isdisjoint(rule.literals):
                text = _apply(rule, text, hidden)
        if text == before:
            break
    return text, hidden


def _apply(rule: SecretRule, text: str, hidden: list[_Hidden]) -> str:
    """Hide the secrets that *rule* finds in *text*, and add them to *hidden*."""
    parts, position, line = [], 0, 0
    for span in rule.find(text):
        value = text[span.start : span.end]
        line += text.count("\n", position, span.start)
        hidden.append(_Hidden(span.kind, line, value))
        line += value.count("\n")
        shown = mask(value) if span.kind is SecretKind.APP_ID else f"‹{span.kind}›"
        parts += [text[position : span.start], shown, "\n" * value.count("\n")]
        position = span.end
    return "".join((*parts, text[position:])) if parts else text


def _likely_parts(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each line of *data* that may have a live secret, in order.

    A literal search selects them; lines with the start of a private key come with those after it.
    """
    lower = data.lower()
    found: dict[int, int] = {}  # end of each part by its start
    for rule in _LIVE_RULES:
        for hint in rule.hints:
            length = _LONGEST_KEY if hint in _KEY_HINTS else 0
            for begin, end in rule.likely_lines(data, lower, hint.encode()):
                found[begin] = max(found.get(begin, 0), end, begin + length)
    for sample in _SAMPLE.finditer(data[::_STEP]):
        first = sample.start() * _STEP
        if _KEY.search(data, max(0, first - _STEP), sample.end() * _STEP):
            begin, end = line_at(data, first)
            found[begin] = max(found.get(begin, 0), end)
    done = 0
    for begin, end in sorted(found.items()):
        if begin >= done:
            done = data.find(b"\n", end)
            done = len(data) if done < 0 else done
            yield begin, done
