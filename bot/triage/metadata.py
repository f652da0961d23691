"""Find SDK versions, platforms and AppIDs (masked) in the lines of a log.

Only values written in the log count. A line's format is evidence of a platform only if no other platform prints it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
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

# Frameworks before the systems they run on: the name, words, and a pattern. Every match contains one of the words, and
# the search for a word is a hundred times as fast. No pattern matches the lines of another platform.
_PLATFORMS = (
    ("Flutter", ("flutter", "dart_vm_initializer", "package:zego_zim", "PlatformException(", "zego_zim: "),
        r"\b[EWIDV]/flutter\b|\bdart_vm_initializer\b|\bpackage:zego_zim\b|\bPlatformException\(|\bflutter: "
        r"|\bzego_zim: "),
    ("Unity", ("Unity", "Initialize engine version: ", "Mono path[0]"),
        r"\bUnityEngine\.|\bUnity Player\b|\bUnity +: |\[Unity\]|\bInitialize engine version: |Mono path\[0\]"),
    ("React Native", ("ReactNativeJS", "zego-zim-react-native", "RCT"),
        r"\bReactNativeJS\b|zego-zim-react-native|\bRCT[A-Z]\w+"),
    ("uni-app", ("zego-zim-uniapp", "uni-app", "uniapp", "[JS Framework]"),
        r"zego-zim-uniapp|\buni-app\b|\buniapp\b|\[JS Framework\]"),
    ("Mini program", ("zego-zim-miniprogram", "wx.request", "WAServiceMainContext"),
        r"zego-zim-miniprogram|\bwx\.request\b|\bWAServiceMainContext\b"),
    ("HarmonyOS", ("HarmonyOS", "OpenHarmony", "HiLog"), r"\bHarmonyOS\b|\bOpenHarmony\b|\bHiLog\b"),
    ("Android",
        ("Android", "android.os.", "Dalvik", "im.zego.zim.", "): ", *(f" {level} " for level in "VDIWEF")),
        r"\bAndroidRuntime\b|\bandroid\.os\.|\bDalvik|\bim\.zego\.zim\.|[Oo][Ss]\W{1,4}Android\b"
        r"|\bAndroid (?:API |SDK )?\d|^(?:\d\d-\d\d [\d:.]{8,18} {1,6}\d{1,6} {1,6}\d{1,6} [VDIWEF] "
        r"|[VDIWEF]/[\w.$-]{1,40} ?\( {0,5}\d{1,6}\): )"),
    ("iOS", ("iPhone", "iOS", "UIApplication", "UIKitCore", "SpringBoard"),
        r"\biPhone\d{0,2},?\d|\biOS[ /:]?\d|\biPhone ?OS\b|\bUIApplication\b|\bUIKitCore\b|[Oo][Ss]\W{1,4}iOS\b"
        r"|\bSpringBoard\b"),
    ("macOS", ("macOS", "Mac OS X", "AppKit", "NSApplication"),
        r"\bmacOS\b|\bMac OS X\b|\bAppKit\b|\bNSApplication\b"),
    ("Windows", ("indows", "Users", "Program Files"),
        r"\bWindows (?:NT )?(?:7|8|10|11)\b|\bMicrosoft Windows\b|[Oo][Ss]\W{1,4}[Ww]indows\b"
        r"|\b[A-Z]:[\\/]{1,2}(?:Users|Program Files)"),
    ("Web",
        ("zego-zim-web", "Mozilla/5.0 ", "Uncaught (in", "webpack", "index.js:", "at http", "][API.", "][EV."),
        r"zego-zim-web|\bMozilla/5\.0 |\bUncaught \(in promise\)|\bwebpack(?:-internal)?:///|\bindex\.js:\d+:\d+"
        r"|\bat https?://|\[\d{4} [\d:.]{12}\]\[\w{1,12}\]\[(?:API|EV)\."),
    ("Server", ("zim-server", "zim-api.zego.im", '"service"', '"logger"', "gunicorn", "nginx"),
        r"\bzim-server\b|\bzim-api\.zego\.im\b|\"service\"\s?:|\"logger\"\s?:|\bgunicorn\b|\bnginx\b"),
)  # fmt: skip
# A browser names the system that it runs on; the SDK there is that for Web.
_BROWSER = re.compile(r"(\bMozilla/5\.0 )\([^()\n]{0,300}\)")
PLATFORM_PATTERNS = tuple((name, words, re.compile(pattern, re.MULTILINE)) for name, words, pattern in _PLATFORMS)


def names_zim(data: bytes) -> bool:
    """Return whether ZIM or ZEGO is named in *data*."""
    if any(sz.find(data, literal) >= 0 for literal in _ZEGO):
        return True
    return any(sz.find(data, literal) >= 0 for literal in _ZIM_LITERALS) and bool(_ZIM.search(data))


def platforms_in(text: str, found: Collection[str] = ()) -> list[str]:
    """Return the platforms that *text* shows, without those that were *found* before."""
    text = _BROWSER.sub(r"\1", text) if "Mozilla/5.0 (" in text else text
    return [
        name
        for name, words, pattern in PLATFORM_PATTERNS
        if name not in found and any(word in text for word in words) and pattern.search(text)
    ]


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
        _add(self.platforms, platforms_in(text, self.platforms))


def _add(values: list[str], found: Iterable[str]) -> None:
    """Append the new values among *found*, up to `MAX_VALUES`."""
    for value in found:
        if len(values) >= MAX_VALUES:
            return
        if value not in values:
            values.append(value)
