"""Fold characters in place; reduce messages to the prose that votes for a language."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.detection.normalize import fold, prose
from bot.detection.slack_text import passages
from bot.i18n import Language, prose_language
from tests.detection.test_detector import TEXTS

ZH, EN = Language.ZH, Language.EN


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("大家早上好，昨晚的问题解决了吗？", ZH),
        ("good morning, did you solve last night's problem?", EN),
        ("用户登录失败，帮忙看一下：\n2026-03-02 03:14:12.388 [ERROR] the network request failed again", ZH),
        ("用户登录失败：\n```\nthe network request failed and the user is not logged in any more\n```", ZH),
        ("sendMessage 报 6000121，谁知道怎么处理？", ZH),
        ("看这里 https://example.com/a/very/long/path/about-english-words-only", ZH),
        ("看这里 <https://example.com/docs/the-documentation-of-the-vendor>", ZH),
        ("<@U0ANN> <@U0BEN> 麻烦看一下这个报错", ZH),
        ("麻烦看一下 `const code = await client.login(user, token)` 这里", ZH),
        ("E/ZIM: login failed because the token is expired\n怎么办", ZH),
        ('{"code": 6000106, "message": "Token expired and nothing else works"}\n又来了，怎么回事', ZH),
        ("java.lang.IllegalStateException: not logged in\n    at im.zego.zim.ZIM.login(ZIM.java:10)\n升级后出现", ZH),
        ("我们的 iOS app 在 background 之后 login 会失败", ZH),
        ("Ask 小林 about the login problem, she has seen it before", EN),
        ("the button says 登录 but nothing happens when people press it", EN),
        ("Error: please try that once more", None),
        ("&gt; 昨晚的问题解决了吗？\nyes, we rolled the release back this morning", EN),
        ("&gt; did you solve the problem of last night?\n解决了，已经回滚", ZH),
        (":tada: :fire: :rocket:", None),
        ("🎉🔥", None),
        ("解决了 :tada: :white_check_mark: :rocket:", ZH),
        ("", None),
        ("ok", None),
        ("6000106", None),
        ("[ERROR] [Login][API.login]:6000104, the network request failed", None),
        ("```\n登录失败，网络请求失败\n```", None),
        ("https://example.com/many/words/in/an/address", None),
        ("<@U0ANN> <@U0BEN> <#C0ONCALL|oncall>", None),
    ],
)  # fmt: skip
def test_a_message_votes_for_the_language_of_its_prose(text: str, language: Language | None) -> None:
    """Logs, code and links are in English everywhere; quotes are the words of another author."""
    assert prose_language(prose(passages({"text": text}))) == language


def rich(*elements: dict[str, Any]) -> dict[str, Any]:
    """Return a message as Slack's composer sends it, but without text."""
    return {"text": "", "blocks": [{"type": "rich_text", "elements": list(elements)}]}


def words(kind: str, text: str, **style: bool) -> dict[str, Any]:
    """Return an element of a rich text block."""
    return {"type": kind, "elements": [{"type": "text", "text": text, "style": style}]}


def test_rich_text_blocks_vote_too() -> None:
    """Slack's composer sends nearly all messages this way."""
    message = rich(
        words("rich_text_section", "登录失败，谁看一下"),
        words("rich_text_preformatted", "the network request failed and nobody knows why"),
        words("rich_text_quote", "did anybody see this before the release?"),
    )
    assert prose_language(prose(passages(message))) == ZH


def test_the_words_of_others_do_not_vote() -> None:
    """The author wrote neither a forwarded message nor a link's preview."""
    preview = {"from_url": "https://example.com", "title": "The documentation of the vendor", "text": "in English only"}
    assert prose(passages({"text": "看看", "attachments": [preview]})).strip() == "看看"


@given(st.text())
def test_any_text_has_prose_without_errors(text: str) -> None:
    """It runs on every message of every channel."""
    prose_language(prose(passages({"text": text})))


@given(TEXTS)
def test_folding_keeps_every_character_in_its_place(text: str) -> None:
    """Offsets into the folded text are used with the original."""
    assert len(fold(text)) == len(text)
