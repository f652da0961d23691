"""Tests for the text for ZEGO support, and the dialog before it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language, words
from bot.oncall.packet import Packet, PacketReply, app_id_in
from bot.render import packet_slack
from bot.render.packet_slack import packet_text
from bot.triage.digest import Digest, Mark, Stamp
from tests.render.digests import HOSTILE, bundle, expired, kicked_out
from tests.render.kit_rules import assert_sendable, texts
from tests.render.test_digest_slack import LANGUAGES

APP_ID = "1234567890"
NOON = 1_795_521_600.0  # 2026-11-24 12:00 UTC


def zoned(digest: Digest, zone: str | None = "+08:00", at: float = NOON) -> Digest:
    """Return *digest* with times that the log writes with a year and a time zone."""

    def moved(mark: Mark) -> Mark:
        seconds = at + (mark.stamp.seconds if mark.stamp else 0)
        return replace(mark, stamp=Stamp(seconds, "2026-11-24 20:00:00", zone))

    rows = tuple(replace(row, first=moved(row.first), last=moved(row.last)) for row in digest.rows)
    events = tuple(replace(row, first=moved(row.first), last=moved(row.last)) for row in digest.events)
    return replace(digest, rows=rows, events=events)


def test_it_has_all_that_support_asks_for(catalogue: Catalogue) -> None:
    """ZEGO support must not have to ask back; each fact is on its own line."""
    packet = Packet(Language.EN, APP_ID, "restarted the app: no change\nrenewed the token")
    lines = packet_text(packet, zoned(expired()), catalogue).splitlines()
    assert lines[:9] == [
        "Request to ZEGO support about the ZIM SDK",
        "AppID: 1234567890",
        "SDK: ZIM 2.18.1",
        "Platform: Web",
        "Errors (UTC): 2026-11-24 12:00:00.000 to 2026-11-24 12:04:59.900",
        "Affects at least 5 users or devices",
        "Likely cause: 6000106 · Token expired",
        "",
        "Codes",
    ]
    assert lines[9].split() == ["Code", "Count", "Users", "First", "Last", "Name"]
    assert lines[10].split()[:3] == ["6000106", "12", "2"]
    assert lines[10].endswith("Token expired")
    assert lines[12].split()[:3] == ["6000204", "1", "–"]
    assert "  restarted the app: no change" in lines
    assert "  renewed the token" in lines
    assert any(line.endswith("code:6000106 message:token expired, user u_***31") for line in lines)
    assert "  SDK log on Web: no local file; log in before you upload. Upload: await zim.uploadLog()" in lines
    assert "  ZEGO's guide to the log: https://www.zegocloud.com/docs/faq/zim-logs" in lines


@pytest.mark.parametrize("digest", [expired(), zoned(expired(), zone=None), zoned(expired(), at=0.0)])
def test_a_time_zone_is_never_guessed(catalogue: Catalogue, digest: Digest) -> None:
    """A log without a year or a zone has no UTC: its times stay as written, and the text says so."""
    text = packet_text(Packet(Language.EN), digest, catalogue)
    assert "Errors (times as in the log, without a year or time zone): " in text
    assert "UTC" not in text


def test_it_is_in_chinese(catalogue: Catalogue) -> None:
    """ZEGO's support in China reads it."""
    text = packet_text(Packet(Language.ZH, APP_ID, "换了 token"), zoned(expired()), catalogue)
    assert text.startswith("ZIM SDK 问题，请 ZEGO 技术支持协助\nAppID：1234567890\nSDK：ZIM 2.18.1\n平台：Web\n")
    assert "出错时间（UTC）：2026-11-24 12:00:00.000 至 2026-11-24 12:04:59.900" in text
    assert "可能原因：6000106" in text
    assert "  换了 token\n" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_stated_that_nobody_knows(catalogue: Catalogue, language: Language) -> None:
    """Neither the person nor the log has to tell everything."""
    translate = words(language)
    digest = kicked_out()
    digest = replace(digest, metadata=replace(digest.metadata, sdk_versions=(), platforms=()))
    text = packet_text(Packet(language), digest, catalogue)
    assert text.count(translate("packet.not_stated")) == 2
    assert text.count(translate("packet.not_in_log")) >= 2
    assert "KICKED_OUT" in text


def test_what_people_type_stays_a_line(catalogue: Catalogue) -> None:
    """Control characters of a terminal or of bidirectional text must not reach a ticket."""
    text = packet_text(Packet(Language.EN, APP_ID, HOSTILE), bundle(), catalogue)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "<!channel>" in text  # literal: a file


def test_the_app_id_is_not_in_a_log(catalogue: Catalogue) -> None:
    """Frames and errors show the `repr` of values."""
    packet = Packet(Language.EN, APP_ID)
    reply = PacketReply(packet_text(packet, expired(), catalogue), is_attached=True)
    assert APP_ID not in repr((packet, reply))
    assert APP_ID in reply.text


@pytest.mark.parametrize("is_attached", [True, False])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_to_copy_is_in_a_code_block(catalogue: Catalogue, language: Language, is_attached: bool) -> None:
    """It can be copied as it is, and nothing in it is a mention; a text that is too long is cut, and says so."""
    for packet in (Packet(language, APP_ID, HOSTILE), Packet(language, APP_ID, f"{HOSTILE}\n" * 150)):
        text = packet_text(packet, bundle(), catalogue)
        message = packet_slack.to_copy(PacketReply(text, is_attached), words(language))
        assert_sendable(message)
        assert message["blocks"][1]["type"] == "rich_text"
        copied = message["blocks"][1]["elements"][-1]["elements"][0]["text"]
        assert text.startswith(copied.removesuffix("…"))
        assert (len(message["blocks"]) == 3) is (len(text) > 9000)


@pytest.mark.parametrize(("language", "first"), [(Language.EN, "en"), (Language.ZH, "zh"), (Language.ZH_HANT, "zh")])
def test_the_dialog_offers_the_readers_language_first(language: Language, first: str) -> None:
    """Nothing but the language has to be chosen."""
    view = packet_slack.dialog("origin", words(language))
    chosen, *others = view["blocks"]
    assert chosen["element"]["initial_option"]["value"] == first
    assert all(block["optional"] for block in others)
    assert view["private_metadata"] == "origin"
    assert all(texts(view["blocks"]))


@pytest.mark.parametrize(
    ("typed", "app_id"),
    [
        ("1234567890", APP_ID),
        (" １２３４５６７８９０ ", APP_ID),
        ("", ""),
        ("a1b2c3", None),
        ("12 34", None),
        ("٣", None),
    ],
)
def test_an_app_id_is_a_number(typed: str, app_id: str | None) -> None:
    """People confuse it with the AppSign, which is a secret."""
    assert app_id_in(typed) == app_id
