"""Test the answers about the SDK's log on each platform."""

from __future__ import annotations

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.platforms import Platform, open_platforms
from bot.i18n import Language
from bot.policy.replies import LogsReply
from bot.render.renderer import Renderer
from tests.render.kit_rules import assert_sendable, texts

PLATFORMS = open_platforms()


def shown(catalogue: Catalogue, reply: LogsReply, language: Language = Language.EN) -> str:
    """Return the texts of a reply that Slack accepts."""
    message = Renderer(catalogue).message(reply, language)
    assert_sendable(message)
    return "\n".join(texts(message["blocks"]))


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("platform", PLATFORMS.platforms, ids=lambda each: each.key)
def test_an_answer_names_the_place_the_call_and_the_source(
    catalogue: Catalogue, platform: Platform, language: Language
) -> None:
    """At night nobody wants to search ZEGO's site for it."""
    text = shown(catalogue, LogsReply((platform,)), language).replace("&gt;", ">")
    assert all(f"`{call}`" in text for call in platform.upload)
    assert ("ZIMLogs" in text) == (platform.config is not None)
    assert ("ZIMLogConfig.logPath" in text) == (platform.config is not None)
    guide = PLATFORMS.guide.zh if language.is_chinese else PLATFORMS.guide.en
    assert f"<{guide}|" in text
    assert "2025-09-26" in text
    assert "6000010" in text


def test_placeholders_of_a_path_are_no_mentions(catalogue: Catalogue) -> None:
    """Slack reads <…> as a link."""
    android = PLATFORMS.keyed("android")
    assert android
    assert "&lt;package name&gt;/files/ZIMLogs" in shown(catalogue, LogsReply((android,)))


def test_what_the_web_sdk_does_is_said_of_web_alone(catalogue: Catalogue) -> None:
    """On other platforms, nobody has seen it."""
    about = {each.key: shown(catalogue, LogsReply((each,))) for each in PLATFORMS.platforms}
    assert [key for key, text in about.items() if "6000121" in text] == ["web", "mini-program"]
    assert "Web SDK 2.29.0" in about["web"]
    assert "mini program SDK 2.29.0" in about["mini-program"]


@pytest.mark.parametrize("language", list(Language))
def test_all_platforms_have_a_line_each(catalogue: Catalogue, language: Language) -> None:
    """A question without a platform gets all of them."""
    text = shown(catalogue, LogsReply(PLATFORMS.platforms), language)
    assert text.count("•") == len(PLATFORMS.platforms) == 9
    assert "ZIMLogConfig" not in text


@pytest.mark.parametrize("language", list(Language))
def test_an_unknown_platform_gets_the_list_in_one_line(catalogue: Catalogue, language: Language) -> None:
    """The typed word is shown literally."""
    text = shown(catalogue, LogsReply(PLATFORMS.platforms, "<!here> symbian" + "x" * 100), language)
    assert "\n" not in text
    assert "&lt;!here&gt; symbian" in text
    assert "…" in text
    assert "Flutter" in text
