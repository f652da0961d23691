"""What a log says of where it comes from: SDK version, platform, AppID (masked).

Only what is written there; nothing is inferred from the format of a line but where a platform alone prints it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.triage.redact import mask

MOST = 5  # values kept of each kind

_NUMBER = r"(\d{1,2}\.\d{1,3}\.\d{1,3}(?:\.\d{1,6})?(?:-[a-z]+\.?\d*)?)(?![\d.])"
_VERSIONS = (
    # "ZIM => 2.19.0.3101", "ZIM SDK version: 2.18.1", "zim version 2.16.0", "ZIM.getVersion() = 2.29.0"
    r"\bZIM(?:[ _.-]?SDK)?(?:[ _.-]{0,2}(?:get)?version(?:\(\))?)?[\"']?\s{0,3}(?:=>|[:=@/ ]|is)\s{0,3}[\"'v]{0,2}"
    rf"{_NUMBER}",
    # "zego-zim-web@2.18.1", "zego_zim: 2.18.1", "im.zego:zim:2.19.0", "zego-zim-react-native 2.28.0"
    rf"\b(?:zego[-_]zim(?:[-_][a-z]+){{0,3}}|im\.zego:zim)[\"']?(?:[@:/ =]|: )[\"'^~ ]{{0,3}}v?{_NUMBER}",
    # "sdkVersion":"2.18.1" in what the SDK itself prints
    rf"\bzim_?(?:sdk)?_?ver(?:sion)?[\"']?\s{{0,3}}[:=]\s{{0,3}}[\"']?{_NUMBER}",
    rf"\bsdk[_ ]?ver(?:sion)?[\"']?\s{{0,3}}[:=]\s{{0,3}}[\"']?{_NUMBER}",
)
_VERSION = re.compile("|".join(_VERSIONS), re.IGNORECASE)
_APP_ID = re.compile(
    r"\bapp[ _-]?id\b[\"'）)]{0,2}\s{0,3}(?:[:=：]|is\b|为|是)?\s{0,3}[\"'(（]?(\d{8,12})(?!\d)", re.IGNORECASE
)

# Frameworks before the systems they run on. Each is a mark that no other platform prints.
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
_MARKS = tuple((name, re.compile(pattern, re.MULTILINE)) for name, pattern in _PLATFORMS)


class MetadataScan:
    """What has been seen so far, in the order of its first appearance; at most `MOST` of each."""

    def __init__(self) -> None:
        self._versions: dict[str, None] = {}
        self._platforms: dict[str, None] = {}
        self._app_ids: dict[str, None] = {}

    def look(self, text: str) -> None:
        """Note what *text* (some lines) says."""
        _note(self._versions, (next(filter(None, match.groups())) for match in _VERSION.finditer(text)))
        _note(self._app_ids, (mask(match[1]) for match in _APP_ID.finditer(text)))
        _note(self._platforms, (name for name, mark in _MARKS if name not in self._platforms and mark.search(text)))

    @property
    def versions(self) -> tuple[str, ...]:
        """Versions of the SDK."""
        return tuple(self._versions)

    @property
    def platforms(self) -> tuple[str, ...]:
        """Platforms, by the name people use."""
        return tuple(self._platforms)

    @property
    def app_ids(self) -> tuple[str, ...]:
        """AppIDs, masked."""
        return tuple(self._app_ids)


def _note(seen: dict[str, None], values: Iterable[str]) -> None:
    for value in values:
        if len(seen) >= MOST:
            return
        seen.setdefault(value)
