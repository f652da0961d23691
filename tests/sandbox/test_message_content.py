"""Test typed messages as text and as blocks, and the text of apps."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.message_content import MentionNames, escape, escape_stray, typed_message

NAMES = MentionNames(users={"ann": "U0ANN", "小林": "U0LIN"}, channels={"oncall": "C0ONCALL"})


def both(text: str) -> tuple[str, list[Any]]:
    """Return the text and the elements of the rich_text block."""
    made = typed_message(text, NAMES, lambda: "B1")
    return made.text, made.blocks[0]["elements"] if made.blocks else []


def section(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": list(elements)}


def words(text: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": text} | ({"style": style} if style else {})


@pytest.mark.parametrize(
    ("text", "shown", "elements"),
    [
        ("a < b & c > d", "a &lt; b &amp; c &gt; d", [section(words("a < b & c > d"))]),
        ("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;", [section(words("<script>x</script>"))]),
        (
            "see https://a.example/x?a=1&b=2.",
            "see <https://a.example/x?a=1&amp;b=2>.",
            [section(words("see "), {"type": "link", "url": "https://a.example/x?a=1&b=2"}, words("."))],
        ),
        (
            "hi @ann in #oncall, @nobody",
            "hi <@U0ANN> in <#C0ONCALL|oncall>, @nobody",
            [
                section(
                    words("hi "),
                    {"type": "user", "user_id": "U0ANN"},
                    words(" in "),
                    {"type": "channel", "channel_id": "C0ONCALL"},
                    words(", @nobody"),
                )
            ],
        ),
        ("<@U0LIN>", "<@U0LIN>", [section({"type": "user", "user_id": "U0LIN"})]),
        ("<@U0NOBODY>", "&lt;@U0NOBODY&gt;", [section(words("<@U0NOBODY>"))]),
        ("@here", "<!here>", [section({"type": "broadcast", "range": "here"})]),
        (
            "*bold _both_* `a<b`",
            "*bold _both_* `a&lt;b`",
            [
                section(
                    words("bold ", bold=True),
                    words("both", italic=True, bold=True),
                    words(" "),
                    words("a<b", code=True),
                )
            ],
        ),
        ("snake_case_name 2*3*4", "snake_case_name 2*3*4", [section(words("snake_case_name 2*3*4"))]),
        ("[API]:6000104: failed", "[API]:6000104: failed", [section(words("[API]:6000104: failed"))]),
        (":eyes:", ":eyes:", [section({"type": "emoji", "name": "eyes"})]),
        (
            "mail a@b.example",
            "mail <mailto:a@b.example|a@b.example>",
            [section(words("mail "), {"type": "link", "url": "mailto:a@b.example", "text": "a@b.example"})],
        ),
        (
            "log:\n```\nif (a < b)\n```",
            "log:\n```if (a &lt; b)```",
            [
                section(words("log:\n")),
                {"type": "rich_text_preformatted", "border": 0, "elements": [words("if (a < b)")]},
            ],
        ),
        (
            "> 6000354\nwhy?",
            "&gt; 6000354\nwhy?",
            [{"type": "rich_text_quote", "elements": [words("6000354\n")]}, section(words("why?"))],
        ),
        ("", "", []),
    ],
)
def test_typed_text_becomes_text_and_blocks(text: str, shown: str, elements: list[Any]) -> None:
    """Apps read either; both have the same content, and only `text` is escaped."""
    assert both(text) == (shown, elements)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a & b < c", "a &amp; b &lt; c"),
        ("a &amp; <https://a.example|b> <@U1>", "a &amp; <https://a.example|b> <@U1>"),
        ("> quote", "&gt; quote"),
        ("<tel:6000354|6000354>", "<tel:6000354|6000354>"),
        ("List<String>", "List&lt;String&gt;"),
    ],
)
def test_the_text_of_an_app_keeps_entities_and_links(text: str, shown: str) -> None:
    """Text that an app did not escape looks as in Slack."""
    assert escape_stray(text) == shown


@given(st.text())
def test_any_text_can_be_typed(text: str) -> None:
    """No pasted text may break the workspace."""
    shown, _ = both(text)
    assert "<script" not in shown
    assert escape_stray(escape(text)) == escape(text)


@pytest.mark.parametrize(
    "text", ["a" * 40_000, "*" * 40_000, "a_" * 20_000, "`" * 40_000, ":a" * 20_000, "> \n" * 13_000]
)
def test_long_pastes_are_fast(text: str) -> None:
    """A log line of 40,000 characters must not freeze the demo."""
    started = time.process_time()
    typed_message(text, NAMES, map(str, itertools.count()).__next__)
    assert time.process_time() - started < 1
