"""Test the platforms of the SDK: the file, the words for them, the links and names on them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from bot import resources
from bot.catalogue import loader
from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Links
from bot.catalogue.platforms import Platform, Platforms, needs_log, open_platforms
from bot.errors import CatalogueError
from bot.triage.metadata import PLATFORM_PATTERNS

FILE = resources.DATA / "platforms.yaml"
PLATFORMS = open_platforms()
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def test_links_lead_to_the_vendor_in_the_readers_language() -> None:
    """A link of ours must not lead anywhere else."""
    links = [PLATFORMS.guide, *(each.docs for each in PLATFORMS.platforms)]
    assert all(each.en.startswith("https://www.zegocloud.com/docs/") for each in links)
    assert all(each.zh.startswith("https://doc-zh.zego.im/") for each in links)


@pytest.mark.parametrize("platform", PLATFORMS.platforms, ids=lambda each: each.key)
def test_a_platform_is_written_in_both_languages_and_can_be_named(platform: Platform) -> None:
    """Its log is a phrase within a sentence, its advice is sentences."""
    for text in (platform.log, *platform.advice):
        assert not CHINESE.search(text.en)
        assert CHINESE.search(text.zh)
    assert platform.log.zh[-1] + platform.log.en[-1] not in ("。.", "..", "。。")
    assert all(text.en.endswith(".") and text.zh.endswith("。") for text in platform.advice)
    assert all("uploadlog" in call.lower() for call in platform.upload)
    for name in (platform.key, platform.name.en, platform.name.zh, *platform.aliases):
        assert PLATFORMS.named_in(name) is platform
    assert platform.name.en in {name for name, *_ in PLATFORM_PATTERNS}  # a triage finds it under this name


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("6000354 iOS", "ios"),
        ("6000354ios", "ios"),
        ("6000354苹果手机", "ios"),
        ("iOS18 报 6000354", "ios"),
        ("苹果电脑上的 6000354", "macos"),
        ("６０００３５４　Ａｎｄｒｏｉｄ", "android"),
        ("login fails on React Native, 6000104", "react-native"),
        ("flutter on android: 6000104", "flutter"),
        ("微信小程序 6000104", "mini-program"),
        ("H5 页面 6000104", "web"),
        ("6000104 on Android and on iOS", None),
        ("our webhook got 6000104", None),
        ("a window of 10 s, 6000356", None),
        ("6000354", None),
        ("", None),
    ],
)
def test_a_platform_is_named_by_one_word(text: str, key: str | None) -> None:
    """People type what they call it; two platforms are no answer."""
    assert PLATFORMS.named_in(text) is PLATFORMS.keyed(key)


@pytest.mark.parametrize(
    ("names", "key"),
    [
        (["Android"], "android"),
        (["Flutter", "Android"], "flutter"),
        (["React Native", "iOS"], "react-native"),
        (["Flutter", "Unity"], None),
        (["Android", "iOS"], None),
        (["Android", "Web"], None),
        (["Server", "Android"], None),
        (["uni-app", "Android"], None),
        ([], None),
    ],
)
def test_a_log_shows_a_platform_only_if_that_is_certain(names: list[str], key: str | None) -> None:
    """A wrong path costs more time than none."""
    assert PLATFORMS.shown_by(names) is PLATFORMS.keyed(key)


def test_a_page_that_all_platforms_have_is_that_of_the_platform() -> None:
    """The code samples of another platform do not help."""
    page = "sdk-error-codes/zim"
    links = Links(f"https://www.zegocloud.com/docs/zim-android/{page}", f"https://doc-zh.zego.im/zim-android/{page}")
    own = {each.key: PLATFORMS.links_on(each, links) for each in PLATFORMS.platforms}
    assert own["windows"].en == f"https://www.zegocloud.com/docs/zim-win/{page}"
    assert own["mini-program"] == Links(
        f"https://www.zegocloud.com/docs/zim-web/{page}", f"https://doc-zh.zego.im/zim-miniprogram/{page}"
    )
    assert own["android"] == PLATFORMS.links_on(None, links) == links
    types = "guides/messaging/send-and-receive-messages#消息类型"
    here, there = (f"https://doc-zh.zego.im/{product}/{types}" for product in ("zim-android", "zim-ios"))
    assert PLATFORMS.links_on(PLATFORMS.keyed("ios"), Links(here, here)).zh == there


@pytest.mark.parametrize(
    "url",
    [
        "https://www.zegocloud.com/docs/zim-android/guides/messaging/edit-messages",  # Unity has none
        "https://www.zegocloud.com/docs/zim-android/sdk-error-codes/zpns",
        "https://www.zegocloud.com/docs/faq/zim-logs",
        "https://wiki.example/docs/zim-android/sdk-error-codes/zim",  # of an overlay
    ],
)
def test_any_other_page_stays(url: str) -> None:
    """A page that may not exist is worse than that of another platform."""
    links = Links(url, url)
    assert PLATFORMS.links_on(PLATFORMS.keyed("unity"), links) == links


def test_the_names_of_a_code_are_those_of_the_platforms_sdk(catalogue: Catalogue) -> None:
    """Flutter developers search their code for the name that Dart has."""
    named = {each.key: each.symbol_of(catalogue[6000106]) for each in PLATFORMS.platforms}
    assert named["flutter"] == "networkModuleTokenExpired"
    assert named["ios"] == named["macos"] == "ZIMErrorCodeNetworkModuleTokenExpired"
    assert named["web"] == named["mini-program"] == "NetworkModuleTokenExpired"


def test_both_languages_agree_on_the_need_of_a_log(catalogue: Catalogue) -> None:
    """The line about the log stands in both or in none; all that support must solve needs it."""
    assert all(needs_log(entry.remedy.en) == needs_log(entry.remedy.zh) for entry in catalogue)
    assert all(needs_log(entry.remedy.en) for entry in catalogue if entry.actor == "zego-support")
    assert not needs_log(catalogue[6000106].remedy.en)


def test_faults_in_the_file_are_reported_with_their_line(tmp_path: Path) -> None:
    """Whoever edits it learns at once what is wrong."""
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    content["platforms"][0]["aliases"].append("ios")
    content["platforms"][1]["symbol"] = "swift"
    path = tmp_path / "platforms.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"platforms\.yaml:\d+: platforms\.1\.symbol"):
        loader.validated(path, Platforms)
    content["platforms"][1]["symbol"] = "objc"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(CatalogueError, match="ios: names two platforms"):
        loader.validated(path, Platforms)
