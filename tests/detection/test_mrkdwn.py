"""Parse mrkdwn into passages."""

from __future__ import annotations

import pytest

from bot.detection.mrkdwn import parse, parse_markdown
from bot.detection.result import Passage


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("<tel:6000354|6000354>", "6000354"),
        ("<tel:6000354>", "6000354"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("see <https://x.example/a>", "see https://x.example/a"),
        ("see <https://x.example/a|the page>", "see the page"),
        ("<https://x.example/browse/6000121|6000121>", "https://x.example/browse/6000121"),
        ("<http://err.co|err.co>de", "err.code"),
        ("<@U6000121> <!subteam^S1|@oncall> hi", "@… @… hi"),
        ("<#C1|zim-6000121> <!here>", "#… @here"),
        ("<!date^1600012100^{date}|today>", "today"),
    ],
)
def test_markup_becomes_the_text_that_people_see(written: str, clean: str) -> None:
    """Ids in mentions are not codes; a telephone link may be one."""
    assert [passage.text for passage in parse(written)] == [clean]


def test_prose_code_and_quotes_are_separate_passages() -> None:
    """The language vote reads prose only, and quotes are not answered again."""
    text = "hi `x=1`\n&gt; said 6000121\n```a &lt; b```\nbye"
    assert parse(text) == (
        Passage("hi `x=1`"),
        Passage("said 6000121", quoted=True),
        Passage("a < b", preformatted=True),
        Passage("bye"),
    )


def test_three_marks_quote_the_rest_of_the_text() -> None:
    """Slack shows all lines after `>>>` as a quote."""
    assert [each.quoted for each in parse("a\n&gt;&gt;&gt; b\nc")] == [False, True]


def test_markdown_has_links_and_quotes_of_its_own_but_no_entities() -> None:
    """A `markdown` block is shown as written, except for its links."""
    text = "a <b> &amp; [docs](https://x.example/6000104) ![](https://x.example/i.png)\n> 6000106\n```\nx < y\n```"
    assert parse_markdown(text) == (
        Passage("a <b> &amp; docs https://x.example/i.png"),
        Passage("6000106", quoted=True),
        Passage("x < y", preformatted=True),
    )
