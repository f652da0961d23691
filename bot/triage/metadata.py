"""Find SDK versions, platforms and AppIDs (masked) in the lines of a log.

Only values written in the log count. A line's format is evidence of a platform only if no other platform prints it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import stringzilla as sz

from bot.triage.personal_data import APP_ID, mask

MAX_VALUES = 5  # kept of each kind

_ZEGO = (b"zego", b"Zego", b"ZEGO", "即构".encode(), b"][API.")  # the last is the form of the Web SDK's lines
_ZIM = re.compile(rb"(?<![A-Za-z0-9+])(?:ZIM|[Zz]im(?:log)?)(?![a-z+/=])")  # neither Zimbra nor a part of Base64
_ZIM_LITERALS = (b"ZIM", b"zim", b"Zim")
_VERSION = re.compile(
    r"(?:"
    # "ZIM => 2.19.0.3101", "ZIM SDK version: 2.18.1", "zim version 2.16.0", "ZIM.getVersion() = 2.29.0"
    r"\bZIM(?:[ _.-]?SDK)?(?:[ _.-]{0,2}(?:get)?version(?:\(\))?)?[\"']?\s{0,3}(?:=>|[:=@/ ]|is)\s{0,3}[\"'v]{0,2}"
    # "zego-zim-web@2.18.1", "zego_zim: 2.18.1", "im.zego:zim:2.19.0", "zego-zim-react-native 2.28.0"
    r"|\b(?:zego[-_]zim(?:[-_][a-z]+){0,3}|im\.zego:zim)[\"']?(?:[@:/ =]|: )[\"'^~ ]{0,3}v?"
    # "sdkVersion":"2.18.1" as the SDK itself prints it
    r"|\b(?:zim_?(?:sdk)?_?|sdk[_ ]?)ver(?:sion)?[\"']?\s{0,3}[:=]\s{0,3}[\"']?"
    r")(\d{1,2}\.\d{1,3}\.\d{1,3}(?:\.\d{1,6})?(?:-[a-z]+\.?\d*)?)(?![\d.])",
    re.IGNORECASE,
)

# Frameworks before the systems they run on. No pattern matches what another platform prints.
_PLATFORMS = (
    ("Flutter", r"\b[EWIDV]/flutter\b|\bdart_vm_initializer\b|\bpackage:zego_zim\b|\bPlatformException\("
                r"|\bflutter: |\bzego_zim: "),
    ("Unity", r"\bUnityEngine\.|\bUnity Player\b|\bUnity +: |\[Unity\]|\bInitialize engine version: |Mono path\[0\]"),
    ("React Native", r"\bReactNativeJS\b|zego-zim-react-native|\bRCT[A-Z]\w+"),
    ("uni-app", r"zego-zim-uniapp|\buni-app\b|\buniapp\b|\[JS Framework\]"),
    ("Mini program", r"zego-zim-miniprogram|\bwx\.request\b|\bWAServiceMainContext\b"),
    ("HarmonyOS", r"\bHarmonyOS\b|\bOpenHarmony\b|\bHiLog\b"),
    ("Android", r"\bAndroidRuntime\b|\bandroid\.os\.|\bDalvik|\bim\.zego\.zim\.|[Oo][Ss]\W{1,4}Android\b"
                r"|\bAndroid (?:API |SDK )?\d|^(?:\d\d-\d\d [\d:.]{8,18} {1,6}\d{1,6} {1,6}\d{1,6} [VDIWEF] "
                r"|[VDIWEF]/[\w.$-]{1,40} ?\( {0,5}\d{1,6}\): )"),
    ("iOS", r"\biPhone\d{0,2},?\d|\biOS[ /:]?\d|\biPhone ?OS\b|\bUIApplication\b|\bUIKitCore\b"
            r"|[Oo][Ss]\W{1,4}iOS\b|\bSpringBoard\b"),
    ("macOS", r"\bmacOS\b|\bMac OS X\b|\bAppKit\b|\bNSApplication\b"),
    ("Windows", r"\bWindows (?:NT )?(?:7|8|10|11)\b|\bMicrosoft Windows\b|[Oo][Ss]\W{1,4}[Ww]indows\b"
                r"|\b[A-Z]:[\\/]{1,2}(?:Users|Program Files)"),
    ("Web", r"zego-zim-web|\bMozilla/5\.0 |\bUncaught \(in promise\)|\bwebpack(?:-internal)?:///|\bindex\.js:\d+:\d+"
            r"|\bat https?://|\[\d{4} [\d:.]{12}\]\[\w{1,12}\]\[(?:API|EV)\."),
    ("Server", r"\bzim-server\b|\bzim-api\.zego\.im\b|\"service\"\s?:|\"logger\"\s?:|\bgunicorn\b|\bnginx\b"),
)  # fmt: skip
_PLATFORM_PATTERNS = tuple((name, re.compile(pattern, re.MULTILINE)) for name, pattern in _PLATFORMS)


def names_zim(data: bytes) -> bool:
    """Return whether ZIM or ZEGO is named in *data*."""
    if any(sz.find(data, literal) >= 0 for literal in _ZEGO):
        return True
    return any(sz.find(data, literal) >= 0 for literal in _ZIM_LITERALS) and bool(_ZIM.search(data))


@dataclass(slots=True)
class MetadataScan:
    """Collect the values found so far in order of appearance, at most `MAX_VALUES` of each kind."""

    versions: list[str] = field(default_factory=list)  # of the ZIM SDK
    platforms: list[str] = field(default_factory=list)  # by the name that people use
    app_ids: list[str] = field(default_factory=list)  # masked

    def scan(self, text: str) -> None:
        """Add the values in *text*, which is one or more lines."""
        _add(self.versions, (match[1] for match in _VERSION.finditer(text)))
        _add(self.app_ids, (mask(match["id"]) for match in APP_ID.finditer(text)))
        missing = ((name, pattern) for name, pattern in _PLATFORM_PATTERNS if name not in self.platforms)
        _add(self.platforms, (name for name, pattern in missing if pattern.search(text)))


def _add(values: list[str], found: Iterable[str]) -> None:
    """Append the new values among *found*, up to `MAX_VALUES`."""
    for value in found:
        if len(values) >= MAX_VALUES:
            return
        if value not in values:
            values.append(value)
