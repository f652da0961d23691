"""Find network addresses: IP and MAC addresses. Versions of four parts and times look alike."""

from __future__ import annotations

import re
from ipaddress import ip_address

from bot.triage.digest import SecretKind
from bot.triage.secret_pattern import JOIN, before, pattern

_VERSION_BEFORE = re.compile(
    r"(?:(?<![a-z])(?:v|ver|version|build|sdk|zim|express|app|os|ios|macos|android|windows|chrome|chromium|firefox|edge|"
    r"edg|safari|webview|opr|opera|release|firmware|driver|kernel|flutter|unity|engine|library|lib|package|plugin|module|"
    r"model|client_?version|step|section|chapter|clause|level|duration|score|schema|revision|rev|tag|update|upgrade|patch|oid)"
    r"|版本号?|version|ver|=>|[a-z]/|[a-z]-|[a-z]_|\.so\.)[\"'\\)]{0,4}\s{0,2}[:=：]?\s{0,2}[\"'\\(vV]{0,4}$",
    re.ASCII | re.IGNORECASE,
)
_ADDRESS_BEFORE = re.compile(
    r"(?:(?<![a-z])(?:ip|ipv4|ip_?addr(?:ess)?|peer|addr|address|host|hostname|from|to|remote(?:_?addr(?:ess)?)?|client|"
    r"server|via|src|dst|source|dest(?:ination)?|local|endpoint|gateway|dns|proxy|connect(?:ed|ing)?(?: to)?|"
    r"listen(?:ing)?|bind|ping|route|resolve[sd]?|node|pod|upstream|forwarded-for|real-ip|tcp|udp|sender)"
    r"|ip|//|@|地址|来源|服务器|主机|网关)"
    r"[\"'\\)]{0,4}\s{0,2}[:=：,]?\s{0,2}[\"'\\(\[]{0,4}$",
    re.ASCII | re.IGNORECASE,
)

_MAC = re.compile(r"(\d\d)\D(\d\d)\D(\d\d)\D(\d\d)\D(\d\d)\D(\d\d)")


def _is_mac(match: re.Match[str]) -> bool:
    """Exclude six pairs of digits that are a date and a time, and all zeros."""
    pairs = _MAC.fullmatch(match[0])
    if pairs is None:
        return True
    _, month, day, hour, minute, second = map(int, pairs.groups())
    return any(map(int, pairs.groups())) and not (
        month <= 12 and day <= 31 and hour < 24 and minute < 60 and second < 60
    )


def _is_ip(match: re.Match[str]) -> bool:
    """Exclude versions of four parts, and addresses that every machine has."""
    octets = [int(octet) for octet in match[0].split(".")]
    if max(octets) > 255 or octets[0] in (0, 127, 255) or re.search(r"(?:^|\.)0\d", match[0]):
        return False
    context = before(match)
    if _ADDRESS_BEFORE.search(context) or re.match(
        r":\d{2,5}\b|/\d{1,2}\b", match.string[match.end() : match.end() + 6]
    ):
        return not re.search(
            r"(?<![a-z])(?:sdk|ver(?:sion)?)\s?[:=]?\s?$|版本[:：]?\s?$", context, re.IGNORECASE | re.ASCII
        )
    if _VERSION_BEFORE.search(context):
        return False
    is_at_start = re.search(r"(?:^|[\n\[(,\"])$", context) is not None
    return octets[0] > 9 and (octets[0] == 10 or max(octets) >= 100 or is_at_start)


def _is_ipv6(match: re.Match[str]) -> bool:
    """Exclude times, names of C++, and addresses that every machine has."""
    address = match[0]
    has_letters = re.search(r"[a-fA-F]", address) is not None
    # Global addresses begin with 2 or 3, local ones with fc to ff, mapped ones end like IPv4.
    if not re.match(r"[23][0-9a-f]{0,3}:|f[c-f][0-9a-f]{2}:|::ffff:|64:ff9b:", address, re.IGNORECASE):
        return False
    if not has_letters and "::" not in address:
        return False
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return not (parsed.is_loopback or parsed.is_unspecified)


ADDRESS_RULES = (
    pattern(
        SecretKind.DEVICE,
        r"(?<![\w:.-])[0-9A-Fa-f]{2}(?P<gap>[:-])(?:[0-9A-Fa-f]{2}(?P=gap)){4}[0-9A-Fa-f]{2}(?![\w]|[:-]\w)",
        is_secret=_is_mac,
    ),
    pattern(
        SecretKind.DEVICE,
        r"(?<![\w.])(?=[0-9.]{0,13}[a-f])[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}(?![\w.])",
        flags=re.IGNORECASE,
    ),
    pattern(
        SecretKind.DEVICE,
        rf"(?<![a-z])(?:mac|bssid)(?:[_ -]?addr(?:ess)?)?{JOIN}(?P<secret>[0-9a-f]{{12}})(?!\w)",
        "mac",
        "bssid",
        flags=re.IGNORECASE,
    ),
    pattern(
        SecretKind.IP,
        r"(?<![\w:.])(?:[0-9a-fA-F]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F]{1,4})(?![\w:]|\.\d)",
        ":",
        is_secret=_is_ipv6,
    ),
    pattern(SecretKind.IP, r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.[\d\w]|-\w)", ".", is_secret=_is_ip),
)
