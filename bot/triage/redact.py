"""Hide secrets and personal data before any part of a log is shown, stored or logged.

A hidden value is replaced by its kind, ``‹mail›``; error codes, times, versions and the number of lines stay. A value
never leaves this module: not in a result, an exception or a `repr`.

Every pattern takes linear time: it matches only from the start of a run of characters, and its repetitions are bounded.
Redacting a redacted text changes nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address

from bot.triage.digest import Secret, SecretKind

_MAX_PASSES = 8  # a secret next to another may match only after that one is hidden; two passes are usually enough


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without secrets."""

    text: str
    secrets: tuple[tuple[SecretKind, int], ...] = ()  # how many of each kind were hidden


@dataclass(frozen=True, slots=True)
class _SecretRule:
    """Hide the matches of *pattern* that are secrets, except the group ``kept`` at their start."""

    kind: SecretKind
    pattern: re.Pattern[str]
    is_secret: Callable[[re.Match[str]], bool]

    def hide(self, hidden: Counter[SecretKind], match: re.Match[str]) -> str:
        """Return the replacement of *match*, and count it in *hidden* if it is a secret."""
        if not self.is_secret(match):
            return match[0]
        hidden[self.kind] += 1
        kept = match["kept"] if "kept" in self.pattern.groupindex else ""
        secret = match[0][len(kept) :]
        shown = mask(secret) if self.kind is SecretKind.APP_ID else f"‹{self.kind}›"
        return kept + shown + "\n" * secret.count("\n")

    def record(self, found: list[tuple[int, SecretKind]], match: re.Match[str]) -> str:
        """Add *match* to *found* if it is a secret; return a replacement that keeps the offsets of the others."""
        if not self.is_secret(match):
            return match[0]
        found.append((match.start(), self.kind))
        return re.sub(".", "·", match[0])


def redact(text: str) -> Redacted:
    """Hide all secrets and personal data in *text*. The number of lines does not change."""
    hidden: Counter[SecretKind] = Counter()
    for _ in range(_MAX_PASSES):
        before = text
        for rule in _RULES:
            text = rule.pattern.sub(partial(rule.hide, hidden), text)
        if text == before:
            break
    return Redacted(text, tuple(sorted(hidden.items())))


def live_secrets(text: str, *, file: int = 0, first_line: int = 1) -> Iterator[Secret]:
    """Yield the secrets in *text* that give access to something, so that their author can be warned.

    *file* is the index of the file, *first_line* the number of its first line. Secrets come in the order of *text*.
    """
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    found: list[tuple[int, SecretKind]] = []
    for rule in _LIVE_RULES:
        text = rule.pattern.sub(partial(rule.record, found), text)
    for at, kind in sorted(found):
        yield Secret(kind, file, first_line + bisect_right(starts, at) - 1)


# Hexadecimal numbers of 32 or 64 digits are also ids and checksums, which have one of these words right before them.
_ID_BEFORE = re.compile(
    r"(?:(?:id|trace|span|md5|hash|sha\d{0,3}|digest|etag|sum|nonce|build|commit|signature)[\"']?\s{0,2}[:=@/\s]\s{0,2}[\"']?"
    r"|[/-])$",
    re.IGNORECASE,
)


def _is_hex_secret(match: re.Match[str]) -> bool:
    """Exclude ids, checksums and decimal numbers."""
    before = match.string[max(0, match.start() - 24) : match.start()]
    return not (_ID_BEFORE.search(before) or match[0].isdecimal())


def _is_mail(match: re.Match[str]) -> bool:
    """Exclude image files such as ``icon@2x.png``."""
    return not re.search(r"@[1-4]x\.", match[0])


def _is_phone(match: re.Match[str]) -> bool:
    """Exclude numbers that are too short or too long."""
    return 8 <= sum(map(str.isdigit, match[0])) < 18


_VERSION_BEFORE = re.compile(r"(?:\bv|version|\bver|sdk|zim|express|=>|/)[\"']?[\s:=\"'(/]{0,4}$", re.IGNORECASE)


def _is_ip(match: re.Match[str]) -> bool:
    """Exclude version numbers such as 2.19.0.31, C++ names such as ``Face::add``, and the machine's own addresses."""
    address = match[0]
    before = match.string[max(0, match.start() - 16) : match.start()]
    if "." in address and _VERSION_BEFORE.search(before) and not before.endswith("//"):
        return False
    if ":" in address and not any(each.isdigit() for each in address):
        return False
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return not (parsed.is_loopback or parsed.is_unspecified)


def mask(number: str) -> str:
    """Mask an AppID except for two digits at its start and one at its end: enough to recognise one's own."""
    return f"{number[:2]}…{number[-1]}"


def _rule(
    kind: SecretKind, pattern: str, is_secret: Callable[[re.Match[str]], bool] = lambda _: True, *, flags: int = 0
) -> _SecretRule:
    """Compile a rule; without *is_secret*, every match is a secret."""
    return _SecretRule(kind, re.compile(pattern, re.ASCII | flags), is_secret)


# `\b` in ASCII, because Chinese text has no space before the word.
APP_ID = re.compile(
    r"(?P<kept>\bapp[ _-]?id\b[\"'）)]{0,2}\s{0,3}(?:[:=：]|is\b|为|是)?\s{0,3}[\"'(（]?)(?P<id>\d{8,12})(?!\d)",
    re.ASCII | re.IGNORECASE,
)
_KEYS = (
    r"(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Za-z])|AIza[\w-]{35}|xox[abeoprs]-[\w-]{10,500}|xapp-[\w-]{10,500}"
    r"|gh[pousr]_\w{36,255}|github_pat_\w{22,255}|LTAI[0-9A-Za-z]{12,26}(?![0-9A-Za-z])"
)
# Applied in this order: a rule does not see what an earlier one has hidden.
_LIVE_RULES = (
    _rule(
        SecretKind.CLOUD_KEY,
        # Up to the end marker; if that is missing, over the lines that can only be part of the key.
        r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----(?:(?:[A-Za-z0-9+/=\s\\:,]|-(?!-)){0,8000}"
        r"-----END [A-Z ]{0,20}PRIVATE KEY-----"
        r"|(?:(?:\s|\\[nr]){1,4}[A-Za-z0-9+/]{40,8000}={0,2}){0,100})",
    ),
    _rule(SecretKind.CLOUD_KEY, rf"(?<![\w-])(?:{_KEYS})"),
    _rule(SecretKind.JWT, r"eyJ(?<![\w-]eyJ)[\w-]{8,4000}\.[\w-]{8,4000}\.[\w-]{4,1000}"),
    _rule(SecretKind.APP_SIGN, r"(?<![0-9A-Za-z+/])[0-9a-fA-F]{64}(?![0-9A-Za-z+/=])", _is_hex_secret),
    _rule(SecretKind.SERVER_SECRET, r"(?<![0-9A-Za-z+/])[0-9a-fA-F]{32}(?![0-9A-Za-z+/=])", _is_hex_secret),
    _rule(
        SecretKind.ZEGO_TOKEN,
        r"04(?<![A-Za-z0-9+/]04)(?:[A-Za-z0-9+/]|%2[BbFf]){40,8000}(?:={1,2}|(?:%3[Dd]){1,2})?",
    ),
    _rule(
        SecretKind.BEARER,
        r"(?P<kept>\b(?:authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:(?:basic|bearer|token|digest)\s{1,3})?|bearer\s{1,3}))"
        r"(?=[^\s\d]{0,300}\d|[\w.~+/=-]{15})[\w.~+/=-]{8,4000}",
        flags=re.IGNORECASE,
    ),
)  # fmt: skip
_RULES: Sequence[_SecretRule] = (
    *_LIVE_RULES,
    _rule(
        SecretKind.CLOUD_KEY,
        # An excerpt may begin within a key.
        r"(?:(?<![A-Za-z0-9+/=])[A-Za-z0-9+/=]{16,8000}(?:\s|\\[nr]){1,4}){0,200}"
        r"-----END [A-Z ]{0,20}PRIVATE KEY-----",
    ),
    _rule(
        SecretKind.MAIL,
        r"(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,24}(?![\w-])",
        _is_mail,
    ),
    _SecretRule(SecretKind.APP_ID, APP_ID, lambda _: True),
    _rule(
        SecretKind.PHONE,
        r"(?<![\w.+-])(?:(?:\+|00)86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?![\w-]|\.\d)"
        r"|(?<![\w+])\+[1-9]\d{0,2}(?:[ -]?\(?\d{2,5}\)?){2,5}(?!\d)",
        _is_phone,
    ),
    _rule(SecretKind.IP, r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)", _is_ip),
    _rule(SecretKind.IP, r"(?<![\w:.])(?:[0-9a-fA-F]{1,4}:{1,2}|::){2,8}(?:[0-9a-fA-F]{1,4})?(?![\w:])", _is_ip),
    _rule(SecretKind.HOME, r"(?P<kept>/(?:Users|home)/)(?!Shared\b)[\w.@-]{1,64}"),
    _rule(SecretKind.HOME, r"(?P<kept>\b[A-Za-z]:[\\/]{1,4}Users[\\/]{1,4})(?!Public\b)[^\\/:*?\"<>|\s‹]{1,64}"),
)  # fmt: skip
