"""Turn Slack messages into passages that contain each word once, and into the prose that votes for a language."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.detection.detector import find_in_message
from bot.detection.result import Finding, LookAlike, Passage
from bot.detection.slack_text import parse, parse_markdown, passages, prose
from bot.i18n import Language, prose_language
from tests.detection.known import KNOWN

ZH, EN = Language.ZH, Language.EN


def rich(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": list(elements)}


def part(kind: str, *elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": f"rich_text_{kind}", "elements": list(elements)}


def words(text: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def raw(text: str) -> dict[str, Any]:
    return {"type": "raw_text", "text": text}


BUTTON = {"type": "button", "text": plain("6000104"), "value": "6000104"}


def codes_of(message: dict[str, Any]) -> list[int]:
    return [finding.code for finding in find_in_message(message, KNOWN).findings]


def test_text_and_blocks_of_a_message_have_the_same_passages() -> None:
    """Slack sends a typed message as text and as rich text."""
    text = "got `6000121` &amp; more <@U1>\n```6000104\nx```\n&gt; 6000106\n• one\n• two"
    block = rich(
        part(
            "section", words("got "), words("6000121", code=True), words(" & more "), {"type": "user", "user_id": "U1"}
        ),
        part("preformatted", words("6000104\nx")),
        part("quote", words("6000106")),
        {"type": "rich_text_list", "elements": [part("section", words("one")), part("section", words("two"))]},
    )
    from_text, from_blocks = passages({"text": text}), passages({"text": text, "blocks": [block]})
    assert [passage.text for passage in from_text[:3]] == [passage.text for passage in from_blocks[:3]]
    assert [(each.preformatted, each.quoted) for each in from_text] == [
        (each.preformatted, each.quoted) for each in from_blocks
    ]
    assert codes_of({"text": text, "blocks": [block]}) == [6000121, 6000104, 6000106]


def test_a_quoted_code_is_a_finding_marked_as_quoted() -> None:
    """The noise rules decide about quotes, not detection."""
    detection = find_in_message({"text": "&gt; 6000121\nI get 6000104"}, KNOWN)
    assert [(each.code, each.quoted, each.passage) for each in detection.findings] == [
        (6000121, True, 0),
        (6000104, False, 1),
    ]


@pytest.mark.parametrize(
    "block",
    [
        section("error 6000121"),
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Error code:*\n6000121"}]},
        {"type": "header", "text": {"type": "plain_text", "text": "6000121"}},
        {
            "type": "context",
            "elements": [
                {"type": "mrkdwn", "text": "6000121"},
                {"type": "image", "image_url": "https://x/6000104.png"},
            ],
        },
        {"type": "markdown", "text": "**6000121** [docs](https://x.example/6000104)"},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "code"}], [{"type": "raw_text", "text": "6000121"}]]},
        {"type": "table", "rows": [[rich(part("section", words("6000121")))]]},
        {"type": "table", "rows": [[{"type": "raw_number", "value": 1, "text": "6000121"}]]},
        {"type": "data_table", "caption": "errors", "rows": [[raw("code")], [raw("6000121")]]},
        {"type": "data_table", "caption": "the last 6000121", "rows": [[raw("user")], [raw("u1")]]},
        {"type": "task_card", "task_id": "6000104", "title": "login failed: 6000121", "status": "error"},
        {"type": "task_card", "title": "log in", "details": rich(part("section", words("got 6000121")))},
        {"type": "task_card", "title": "log in", "output": rich(part("preformatted", words("errorCode=6000121")))},
        {
            "type": "task_card",
            "title": "a",
            "sources": [{"type": "url", "url": "https://x/6000104", "text": "6000121"}],
        },
        {"type": "plan", "title": "recover", "tasks": [{"type": "task_card", "title": "6000121 again"}]},
        {"type": "plan", "title": "recover from 6000121", "plan_id": "6000104"},
        {"type": "alert", "level": "error", "text": {"type": "mrkdwn", "text": "6000121"}},
        {"type": "card", "title": plain("login"), "body": plain("6000121"), "hero_image": {"alt_text": "a phone"}},
        {"type": "carousel", "elements": [{"type": "card", "subtitle": plain("6000121"), "actions": [BUTTON]}]},
        {"type": "container", "rich_text_title": rich(part("section", words("6000121"))), "child_blocks": []},
        {"type": "container", "title": plain("now"), "child_blocks": [section("6000121")], "width": "wide"},
        {"type": "image", "title": plain("errors per hour"), "alt_text": "6000121", "image_url": "https://x/6000104"},
        {
            "type": "image",
            "title": plain("6000121 per hour"),
            "alt_text": "6000121 per hour",
            "slack_file": {"id": "F1"},
        },
        {
            "type": "video",
            "title": plain("the call"),
            "description": plain("6000121"),
            "title_url": "https://x/6000104",
        },
        {"type": "data_visualization", "title": "now", "chart": {"series": [{"name": "6000121", "data": [6000104]}]}},
        {"type": "from_the_future", "body": {"type": "mrkdwn", "text": "6000121"}},
        {"type": "from_the_future", "steps": [["first", "then 6000121"]], "trace_id": "6000104", "value": "6000104"},
        {"type": "from_the_future", "text": "code:6000121"},
        {"type": "from_the_future", "text": "6000121", "note": "see https://x.example", "link": "https://x/6000104"},
        rich(part("section", {"type": "link", "url": "tel:6000121", "text": "6000121"})),
        rich(part("section", words("6000"), words("121", bold=True))),
    ],
    ids=lambda block: str(block["type"]),
)
def test_codes_are_found_in_blocks_without_text(block: dict[str, Any]) -> None:
    """Alerts of other bots often have no text."""
    assert codes_of({"text": "", "blocks": [block]}) == [6000121]


def test_a_code_in_blocks_and_text_counts_once_and_a_code_only_in_text_counts() -> None:
    """A bot's text repeats its blocks, or contains other words for the notification."""
    assert codes_of({"text": "*Alert* 6000121", "blocks": [section(":fire: Alert 6000121 again")]}) == [6000121]
    assert codes_of({"text": "6000104", "blocks": [section("6000121")]}) == [6000121, 6000104]


def test_buttons_and_menus_are_skipped() -> None:
    """The bot's own replies have a button for each related code."""
    feedback = {"type": "feedback_buttons", "positive_button": {"text": plain("6000104"), "value": "6000104"}}
    menu = {"type": "radio_buttons", "options": [{"text": plain("6000104"), "value": "6000104"}]}
    unknown = {"type": "dial", "action_id": "x", "text": plain("6000104")}
    elements = {"type": "actions", "elements": [BUTTON, menu, unknown]}
    blocks = [section("6000121") | {"accessory": BUTTON}, elements, {"type": "context_actions", "elements": [feedback]}]
    assert codes_of({"blocks": blocks}) == [6000121]


def test_a_code_in_an_attachment_counts_once() -> None:
    """Older alerting tools use attachments only."""
    fields = [{"title": "Error code", "value": "6000999"}, {"title": "Order", "value": "6000104"}]
    attachment = {
        "fallback": "login 6000121",
        "pretext": "now",
        "title": "login 6000121",
        "text": "x",
        "fields": fields,
    }
    assert sorted(codes_of({"text": "", "attachments": [attachment]})) == [6000121, 6000999]
    assert codes_of({"attachments": [{"fallback": "only here: 6000121"}]}) == [6000121]


def test_a_shared_message_is_a_quote_and_a_link_preview_is_skipped() -> None:
    """Slack adds both, but only a shared message was written in Slack."""
    shared = {
        "is_share": True,
        "from_url": "https://w.slack.com/archives/C1/p1",
        "text": "6000121",
        "fallback": "[x] 6000121",
    }
    inner = {"message": {"blocks": [rich(part("section", words("6000104")))]}}
    unfurled = {"is_msg_unfurl": True, "message_blocks": [inner], "fallback": "6000104"}
    preview = {"from_url": "https://x.example/errors", "title": "6000106", "text": "All errors: 6000106"}
    findings = find_in_message({"text": "look", "attachments": [shared, unfurled, preview]}, KNOWN).findings
    assert [(each.code, each.quoted) for each in findings] == [(6000121, True), (6000104, True)]


def test_the_heading_of_a_table_block_names_its_numbers() -> None:
    """A table of orders contains no errors."""
    rows = [["Order", "Error code"], ["6000121", "6000999"]]
    block = {"type": "table", "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in rows]}
    assert codes_of({"blocks": [block]}) == [6000999]


@pytest.mark.parametrize("kind", ["table", "data_table"])
def test_the_heading_of_a_column_says_what_its_numbers_are(kind: str) -> None:
    """Unknown numbers are codes only where a word says so."""
    rows = [[raw("Error code"), raw("Bytes")], [raw("6000999"), {"type": "raw_number", "value": 2, "text": "6000121"}]]
    (passage,) = passages({"blocks": [{"type": kind, "rows": rows}]})
    assert passage.text == "Error code | Bytes\nError code: 6000999 | Bytes: 6000121"


def test_half_a_surrogate_pair_becomes_a_replacement_character() -> None:
    """It can't be stored, hashed or sent; a program that cuts emoji in two may send it."""
    half = "6000121 \ud83d"
    assert [each.text for each in passages({"text": half})] == ["6000121 \ufffd"]
    assert [each.text for each in passages({"blocks": [section(half)]})] == ["6000121 \ufffd"]
    assert [each.text for each in parse(half)] == ["6000121 \ufffd"]


KEYS = st.sampled_from(
    [
        "text", "blocks", "attachments", "type", "elements", "fields", "fallback", "title", "value",
        "pretext", "message_blocks", "message", "style", "code", "url", "rows", "is_share",
    ]
)  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.sampled_from(["rich_text", "rich_text_section", "section", "mrkdwn", "table", "text", "link", "6000121"]),
)  # fmt: skip
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=30,
)


@given(st.dictionaries(KEYS, JSON, max_size=6))
def test_no_payload_raises_an_error(message: dict[str, Any]) -> None:
    """An odd payload must not lose the events behind it."""
    detection = find_in_message(message, KNOWN)
    found = passages(message)
    seen: list[Finding | LookAlike] = [*detection.findings, *detection.lookalikes]
    for each in seen:
        assert 0 <= each.span[0] < each.span[1] <= len(found[each.passage].text)


def test_deep_nesting_is_cut_off() -> None:
    """A payload a thousand levels deep must not end the process."""
    block: dict[str, Any] = {"type": "x", "text": {"type": "mrkdwn", "text": "6000121"}}
    attachment: dict[str, Any] = {"text": "6000121"}
    for _ in range(2000):
        block, attachment = {"type": "x", "elements": [block]}, {"attachments": [attachment]}
    assert codes_of({"blocks": [block], "attachments": [attachment]}) == []
    assert codes_of({"blocks": [rich(block)]}) == []


@pytest.mark.parametrize(
    "text",
    ["<" * 40000, "&gt;" * 10000, "`" * 40000, "a" * 40000, "_" * 40000, "<a|" * 13000, "[a](" * 10000, "```a" * 10000],
)
def test_hostile_markup_is_cheap(text: str) -> None:
    """One message must not delay the others. The bound on CPU time is generous for slow machines."""
    started = time.process_time()
    block = {"type": "markdown", "text": text}
    find_in_message(
        {"text": text, "blocks": [block, section(text)], "attachments": [{"text": text, "fallback": text}]}, KNOWN
    )
    assert time.process_time() - started < 2


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


def test_rich_text_blocks_vote_too() -> None:
    """Slack's composer sends nearly all messages this way."""
    block = rich(
        part("section", words("登录失败，谁看一下")),
        part("preformatted", words("the network request failed and nobody knows why")),
        part("quote", words("did anybody see this before the release?")),
    )
    assert prose_language(prose(passages({"text": "", "blocks": [block]}))) == ZH


def test_the_words_of_others_do_not_vote() -> None:
    """The author wrote neither a forwarded message nor a link's preview."""
    preview = {"from_url": "https://example.com", "title": "The documentation of the vendor", "text": "in English only"}
    assert prose(passages({"text": "看看", "attachments": [preview]})).strip() == "看看"


@given(st.text())
def test_any_text_has_prose_without_errors(text: str) -> None:
    """It runs on every message of every channel."""
    prose_language(prose(passages({"text": text})))
