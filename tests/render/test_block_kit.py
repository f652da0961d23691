"""Tests for Slack's limits and escaping."""

from __future__ import annotations

import pytest

from bot.render import block_kit
from bot.render.block_kit import Block, actions, button, escape, message, paragraphs, section, shorten
from tests.render.kit_rules import assert_sendable


def test_quoted_text_neither_mentions_nor_links() -> None:
    """Typed text is shown to the whole channel."""
    assert escape("<!channel> & <@U1> <https://x|y>") == "&lt;!channel&gt; &amp; &lt;@U1&gt; &lt;https://x|y&gt;"


def test_cut_texts_stay_within_their_limit() -> None:
    """Slack counts characters in blocks and bytes in the plain text; Chinese takes three bytes a character."""
    assert shorten("abc", 3) == "abc"
    assert shorten("abcd", 3) == "ab…"
    assert {shorten(escape("<&>" * 9), limit) for limit in range(15, 20)} == {"&lt;&amp;&gt;…", "&lt;&amp;&gt;&lt;…"}
    assert len(message("错" * 5000, [])["text"].encode()) < 4000
    assert [len(block["text"]["text"]) <= 3000 for block in paragraphs(["x" * 400] * 20)] == [True] * 3


BUTTONS = actions(button("Show", "show"))


@pytest.mark.parametrize("last", [BUTTONS, section("last")], ids=["buttons", "text"])
@pytest.mark.parametrize(
    ("text", "count"), [("x", 50), ("x", 200), ("x" * 3000, 4), ("x" * 2500, 60)], ids=lambda value: str(value)[:9]
)
def test_a_message_stays_within_slacks_limits(text: str, count: int, last: Block) -> None:
    """Slack refuses a longer message as a whole; the cut is visible, and the buttons are kept."""
    sent = message("text", [*[section(text)] * count, last])
    assert_sendable(sent)
    *_, mark, end = sent["blocks"]
    assert (end == BUTTONS) is (last is BUTTONS)
    assert (mark if last is BUTTONS else end) == block_kit.context("…")


def test_a_message_within_the_limits_is_not_cut() -> None:
    """The ellipsis means that something is missing."""
    blocks = [section("x")] * 49 + [BUTTONS]
    assert message("text", blocks)["blocks"] == blocks
