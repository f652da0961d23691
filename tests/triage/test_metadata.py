"""Test finding SDK version, platform and AppID."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.triage.digest import SecretKind
from bot.triage.metadata import MAX_VALUES, PLATFORM_PATTERNS, MetadataScan, names_zim
from bot.triage.redact import redact


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("ZIM => 2.19.0.3101", "2.19.0.3101"),
        ("ZIM SDK version: 2.18.1", "2.18.1"),
        ('ZIM.getVersion() = "2.29.0"', "2.29.0"),
        ('"zego-zim-web": "^2.18.1"', "2.18.1"),
        ("zego-zim-react-native@2.28.0", "2.28.0"),
        ("implementation 'im.zego:zim:2.16.0'", "2.16.0"),
        ("zego_zim: 2.17.0", "2.17.0"),
        ("Express => 3.17.1.41087", None),
        ("Chrome/129.0.0.0 server 203.0.113.25", None),
    ],
)
def test_only_the_version_of_the_zim_sdk_is_found(text: str, version: str | None) -> None:
    """Support asks for it first; the version of the video SDK would mislead."""
    found = MetadataScan()
    found.scan(text)
    assert found.versions == ([version] if version else [])


@pytest.mark.parametrize(
    ("text", "platforms"),
    [
        ("11-23 07:35:45.740  123  456 E ZIM: x", ("Android",)),
        ("E/flutter (31234): x", ("Flutter", "Android")),
        ("iPhone15,3, iOS 18.1", ("iOS",)),
        ("UnityEngine.Debug:Log(Object)", ("Unity",)),
        ("E/ReactNativeJS( 123): x", ("React Native", "Android")),
        ("Uncaught (in promise) {code:6000281}", ("Web",)),
        ("[1122 07:35:45.740][Conv][API.sendMessage]:6000121", ("Web",)),
        ("zego-zim-uniapp 2.1.0", ("uni-app",)),
        ("Microsoft Windows NT", ("Windows",)),
        ("macOS 15.1", ("macOS",)),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148", ("Web",)),
        ("ua=Mozilla/5.0 (Windows NT 10.0; Win64; x64) on Windows 11", ("Windows", "Web")),
        ('{"service":"im-gateway"}', ("Server",)),
        ("code 6000106", ()),
    ],
)
def test_the_platform_is_found_if_the_log_shows_it(text: str, platforms: tuple[str, ...]) -> None:
    """The remedy's method names differ by platform."""
    found = MetadataScan()
    found.scan(text)
    assert tuple(found.platforms) == platforms


def test_an_app_id_is_masked() -> None:
    """AppID and AppSign together give access to the app."""
    found = MetadataScan()
    found.scan('{"appID": 1719238450} appId=1719238450 appID: 6000003')
    assert found.app_ids == ["17…0"]


@pytest.mark.parametrize(
    "text", ["配置appID：1719238450", "appid 1719238450", "AppID是1719238450", "app-id（1719238450）"]
)
def test_an_app_id_that_is_hidden_is_found(text: str) -> None:
    """Support must be able to tell the apps apart although the log shows their ids masked."""
    found = MetadataScan()
    found.scan(text)
    assert found.app_ids == ["17…0"]
    assert [kind for kind, _ in redact(text).secrets] == [SecretKind.APP_ID]


def test_the_number_of_values_is_bounded() -> None:
    """The log of a device farm names thousands."""
    found = MetadataScan()
    found.scan("\n".join(f"appID={1000000000 + index * 101}" for index in range(500)))
    assert len(found.app_ids) <= MAX_VALUES


@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize(("words", "pattern"), [each[1:] for each in PLATFORM_PATTERNS])
@given(data=st.data())
def test_each_mark_of_a_platform_contains_one_of_the_words_searched_first(
    words: tuple[str, ...], pattern: re.Pattern[str], data: st.DataObject
) -> None:
    """A mark without such a word would never be found."""
    mark = data.draw(st.from_regex(pattern))
    assert any(word in mark for word in words)


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("E/ZIM: login", True),
        ("[ZIM] create", True),
        ("zim_flutter.dart", True),
        ("zimlog_1.txt", True),
        ("ZIMError code", True),
        ("im.zego.callkit", True),
        ("ZegoUIKit", True),
        ("即构的日志", True),
        ("[1122 07:35:45.301][Conv][API.sendMessage]", True),
        ("zimbra mail Zimmer Zimbabwe", False),
        ("maxzim XZIMX", False),
        ("token=Qk+ZIM/k9zim+", False),
        ("GET /index.html 200", False),
    ],
)
def test_zim_is_recognized_by_name(text: str, is_named: bool) -> None:
    """Such a log gets the reply that it contains no code; other logs get none."""
    assert names_zim(text.encode()) is is_named
