"""Test that invalid blocks and views are refused with Slack's error messages, and valid ones pass."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.block_schema import check_blocks, check_view
from bot.sandbox.model import SlackError

Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "x", **more: Any) -> Block:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(action_id: str = "a", **more: Any) -> Block:
    return {"type": "button", "action_id": action_id, "text": plain("Go"), **more}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def modal(*blocks: Block, **more: Any) -> Block:
    return {"type": "modal", "title": plain("Look up"), "blocks": list(blocks), **more}


INPUT = {
    "type": "input",
    "label": plain("Code"),
    "element": {"type": "plain_text_input", "action_id": "code", "multiline": True},
}
OPTION = {"text": plain("One"), "value": "1"}
CELL = {"type": "raw_text", "text": "6000354"}


def chart(kind: str = "line", **more: Any) -> Block:
    points = [{"label": "+0:00", "value": 3}, {"label": "+0:15", "value": 0}]
    axes = {"categories": ["+0:00", "+0:15"], "x_label": "min:s", "y_label": "n"}
    drawn = {"type": kind, "series": [{"name": "6000106", "data": points}], "axis_config": axes, **more}
    return {"type": "data_visualization", "title": "Codes over time", "chart": drawn}


PIE = {"type": "pie", "segments": [{"label": "6000106", "value": 3}]}
GOOD: list[Block] = [
    {"type": "header", "text": plain("6000354")},
    section(fields=[mrkdwn("a"), plain("b")], accessory=button(style="primary", value="v")),
    {"type": "section", "fields": [mrkdwn("a")]},
    section(accessory={"type": "overflow", "action_id": "o", "options": [OPTION]}),
    {
        "type": "context",
        "elements": [mrkdwn("a"), {"type": "image", "image_url": "https://a.example/a", "alt_text": "a"}],
    },
    {"type": "divider"},
    actions(button(), {"type": "static_select", "action_id": "s", "placeholder": plain("Pick"), "options": [OPTION]}),
    {"type": "markdown", "text": "# Title"},
    {"type": "table", "rows": [[CELL, CELL]], "column_settings": [{"is_wrapped": True}]},
    {"type": "image", "image_url": "https://a.example/a.png", "alt_text": "a", "title": plain("A")},
    chart(),
    {"type": "data_visualization", "title": "x", "chart": PIE},
    {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": "a", "style": {"bold": True}}]},
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "a"}], "border": 0},
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [{"type": "rich_text_section", "elements": [{"type": "user", "user_id": "U1"}]}],
            },
        ],
    },
]


def test_valid_blocks_pass() -> None:
    """There is one of each type that the bot may send."""
    check_blocks(GOOD)


@pytest.mark.parametrize(
    ("blocks", "problem"),
    [
        ([{"type": "marquee"}], "unsupported type: marquee [json-pointer:/blocks/0/type]"),
        ([{"text": plain("x")}], "missing required field: type [json-pointer:/blocks/0]"),
        ([{"type": "header"}], "missing required field: text [json-pointer:/blocks/0]"),
        ([{"type": "section"}], "missing required field: text [json-pointer:/blocks/0]"),
        ([section(), section(colour="red")], "invalid additional property: colour [json-pointer:/blocks/1]"),
        ([section("x" * 3001)], "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
        ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ([{"type": "header", "text": mrkdwn("x")}], "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"),
        (
            [{"type": "header", "text": plain("x" * 151)}],
            "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
        ),
        ([section(fields=[mrkdwn("x")] * 11)], "no more than 10 items allowed [json-pointer:/blocks/0/fields]"),
        ([section()] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
        (
            [actions(*[button(str(n)) for n in range(26)])],
            "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
        ),
        (
            [actions(button(value="x" * 2001))],
            "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
        ),
        ([actions(button(url="javascript:x"))], "must be a valid URL [json-pointer:/blocks/0/elements/0/url]"),
        ([section(block_id="a"), section(block_id="a")], "block_id `a` already exists [json-pointer:/blocks]"),
        ([actions(button("a"), button("a"))], "action_id `a` already exists [json-pointer:/blocks/0]"),
        ([GOOD[8], GOOD[8]], "no more than 1 table allowed [json-pointer:/blocks]"),
        ([INPUT | {"element": {}}], "unsupported type: input [json-pointer:/blocks/0/type]"),
        ("text", "must be an array [json-pointer:/blocks]"),
        ([section(accessory="x")], "missing required field: type [json-pointer:/blocks/0/accessory]"),
        ([{"type": "divider", "block_id": 1}], "must be a string [json-pointer:/blocks/0/block_id]"),
        ([section(expand="yes")], "must be a boolean [json-pointer:/blocks/0/expand]"),
        ([actions(button(style="red"))], "invalid enum value [json-pointer:/blocks/0/elements/0/style]"),
        ([actions({"type": "static_select"})], "missing required field: options [json-pointer:/blocks/0/elements/0]"),
        ([{"type": "image", "alt_text": "x"}], "missing required field: image_url [json-pointer:/blocks/0]"),
        ([actions(button(confirm="x"))], "must be an object [json-pointer:/blocks/0/elements/0/confirm]"),
        (
            [{"type": "table", "rows": [[{"type": "raw_text", "text": "x" * 5001}] * 2]}],
            "must be less than 10001 characters [json-pointer:/blocks/0/rows]",
        ),
        (
            [{"type": "table", "rows": [[CELL]], "column_settings": [{"align": "middle"}]}],
            "invalid enum value [json-pointer:/blocks/0/column_settings/0/align]",
        ),
        ([chart()] * 3, "no more than 2 data_visualization allowed [json-pointer:/blocks]"),
        ([chart("radar")], "unsupported type: radar [json-pointer:/blocks/0/chart/type]"),
        ([chart(series=[])], "no fewer than 1 items allowed [json-pointer:/blocks/0/chart/series]"),
        ([chart() | {"title": "x" * 51}], "must be less than 51 characters [json-pointer:/blocks/0/title]"),
        (
            [chart(axis_config={"categories": ["x" * 21]})],
            "must be less than 21 characters [json-pointer:/blocks/0/chart/axis_config/categories/0]",
        ),
        (
            [chart(axis_config={"categories": ["+0:00"]})],
            "data labels must match categories [json-pointer:/blocks/0/chart/series/0/data]",
        ),
        (
            [chart(series=chart()["chart"]["series"] * 2)],
            "series names must be unique [json-pointer:/blocks/0/chart/series]",
        ),
        (
            [chart(series=[{"name": "a", "data": [{"label": "+0:00", "value": "3"}]}])],
            "must be a number [json-pointer:/blocks/0/chart/series/0/data/0/value]",
        ),
        (
            [chart() | {"chart": {"type": "pie", "segments": [{"label": "a", "value": 0}]}}],
            "must be greater than 0 [json-pointer:/blocks/0/chart/segments/0/value]",
        ),
        ([{"type": ["section"]}], "unsupported type: ['section'] [json-pointer:/blocks/0/type]"),
    ],
)
def test_invalid_blocks_are_refused(blocks: Any, problem: str) -> None:
    """The message has the problem and its position."""
    with pytest.raises(SlackError) as refused:
        check_blocks(blocks)
    assert refused.value.code == "invalid_blocks"
    assert f"[ERROR] {problem}" in refused.value.messages


WORDS = ("type", "text", "elements", "blocks", "action_id", "block_id", "accessory", "rows", "options", "confirm")
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["actions", "button", "context", "image", "plain_text", "rich_text", "section", "table"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
)


@given(JSON)
def test_any_json_passes_or_is_refused(value: Any) -> None:
    """No value may crash the validators."""
    for check in (check_blocks, check_view):
        with contextlib.suppress(SlackError):
            check(value)


def test_all_blocks_together_have_a_limit() -> None:
    """Each block is short enough, but not all together; response URLs have no such limit."""
    blocks = [section("x" * 2_600) for _ in range(4)]
    with pytest.raises(SlackError, match="msg_blocks_too_long"):
        check_blocks(blocks)
    check_blocks(blocks, limit_total=False)


def test_valid_views_pass() -> None:
    """There is a modal with an input and a Home tab with a section."""
    check_view(modal(INPUT, submit=plain("Go"), private_metadata="x", notify_on_close=True))
    check_view({"type": "home", "blocks": [section()]})


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        (modal(INPUT), "missing required field: submit [json-pointer:/view]"),
        (modal(INPUT | {"label": mrkdwn("x")}), "unsupported type: mrkdwn [json-pointer:/view/blocks/0/label/type]"),
        (modal(section(), title=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
        (modal(), "no fewer than 1 items allowed [json-pointer:/view/blocks]"),
        ({"type": "home"}, "missing required field: blocks [json-pointer:/view]"),
        (modal(GOOD[7]), "unsupported type: markdown [json-pointer:/view/blocks/0/type]"),
        ("text", "missing required field: type [json-pointer:/view]"),
    ],
)
def test_invalid_views_are_refused(view: Any, problem: str) -> None:
    """The messages are as for blocks."""
    with pytest.raises(SlackError) as refused:
        check_view(view)
    assert refused.value.code == "invalid_arguments"
    assert f"[ERROR] {problem}" in refused.value.messages


def test_a_view_can_be_too_large() -> None:
    """100 blocks can exceed the limit of 250 kB."""
    with pytest.raises(SlackError, match="view_too_large"):
        check_view(modal(*[section("中" * 3000) for _ in range(30)]))
