"""Validate blocks and views: refuse what Slack refuses, with Slack's error messages.

The tables below give the fields of each block and element. The limits come from docs.slack.dev/reference/block-kit and
from slack_sdk's validators.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from bot.sandbox.manifest import Json
from bot.sandbox.model import SlackError
from bot.sandbox.validators import (
    Validator,
    any_value,
    array,
    boolean,
    by_type,
    enum,
    fields,
    number,
    problem,
    string,
    web_url,
)

_MAX_BLOCKS, _MAX_VIEW_BLOCKS, _MAX_VIEW_BYTES = 50, 100, 250_000
# Not documented: Slack refused 11,341 characters (bolt-js issue 2867) and accepts 10,000.
_MAX_CHARACTERS = 10_000


def _plain(longest: int) -> Validator:
    return by_type({"plain_text": fields({"text": string(longest)}, {"emoji": boolean})})


def _text(longest: int) -> Validator:
    plain = fields({"text": string(longest)}, {"emoji": boolean})
    return by_type({"plain_text": plain, "mrkdwn": fields({"text": string(longest)}, {"verbatim": boolean})})


_ID = string(255)
_BLOCK: dict[str, Validator] = {"block_id": _ID}
_CONFIRM = fields(
    {"title": _plain(100), "text": _text(300), "confirm": _plain(30), "deny": _plain(30)},
    {"style": enum("primary", "danger")},
)
_OPTION = fields({"text": _text(75), "value": string(150)}, {"description": _text(75), "url": web_url})
_GROUP = fields({"label": _plain(75), "options": array(_OPTION, 100)})
_IMAGE_SOURCE: dict[str, Validator] = {"image_url": web_url, "slack_file": any_value}
_IMAGE = fields({"alt_text": string(2000)}, _IMAGE_SOURCE, any_of=("image_url", "slack_file"))

_COMMON: dict[str, Validator] = {"action_id": _ID, "confirm": _CONFIRM, "focus_on_load": boolean}
_SELECT = _COMMON | {"placeholder": _plain(150)}
_INITIAL: dict[str, Validator] = {"initial_option": _OPTION, "initial_options": array(_OPTION, 100)}
_MULTI: dict[str, Validator] = {"max_selected_items": any_value}
_CHOICES: dict[str, Validator] = {"options": array(_OPTION, 100), "option_groups": array(_GROUP, 100)}
_STATIC = fields({}, _SELECT | _CHOICES | _INITIAL | _MULTI, any_of=("options", "option_groups"))
_EXTERNAL = fields({}, _SELECT | _INITIAL | _MULTI | {"min_query_length": any_value})
_OPTION_LIST = fields({"options": array(_OPTION, 10)}, _COMMON | _INITIAL)
_BUTTON = fields(
    {"text": _plain(75)},
    _COMMON
    | {"value": string(2000, 0), "url": web_url, "style": enum("primary", "danger")}
    | {"accessibility_label": string(75)},
)
_INTERACTIVE: dict[str, Validator] = {
    "button": _BUTTON,
    "static_select": _STATIC,
    "multi_static_select": _STATIC,
    "external_select": _EXTERNAL,
    "multi_external_select": _EXTERNAL,
    "users_select": fields({}, _SELECT | {"initial_user": _ID}),
    "conversations_select": fields(
        {},
        _SELECT
        | {"initial_conversation": _ID, "filter": any_value}
        | {"default_to_current_conversation": boolean, "response_url_enabled": boolean},
    ),
    "channels_select": fields({}, _SELECT | {"initial_channel": _ID}),
    "overflow": fields({"options": array(_OPTION, 5)}, _COMMON),
    "checkboxes": _OPTION_LIST,
    "radio_buttons": _OPTION_LIST,
    "datepicker": fields({}, _SELECT | {"initial_date": string(10)}),
    "datetimepicker": fields({}, _SELECT | {"initial_date_time": any_value}),
    "timepicker": fields({}, _SELECT | {"initial_time": string(5), "timezone": string(64)}),
}
_TEXT_INPUT = fields(
    {},
    _SELECT
    | {"initial_value": string(3000, 0), "multiline": boolean, "min_length": any_value, "max_length": any_value}
    | {
        "min_value": any_value,
        "max_value": any_value,
        "is_decimal_allowed": boolean,
        "dispatch_action_config": any_value,
    },
)
_TEXT_INPUTS = ("plain_text_input", "number_input", "email_text_input", "url_text_input")
_INPUT = fields(
    {"label": _plain(2000), "element": by_type(_INTERACTIVE | dict.fromkeys(_TEXT_INPUTS, _TEXT_INPUT))},
    _BLOCK | {"hint": _plain(2000), "optional": boolean, "dispatch_action": boolean},
)
_CONTEXT: dict[str, Validator] = {
    "image": _IMAGE,
    "plain_text": fields({"text": string(3000)}, {"emoji": boolean}),
    "mrkdwn": fields({"text": string(3000)}, {"verbatim": boolean}),
}

_STYLE: dict[str, Validator] = {
    "style": fields({}, dict.fromkeys(("bold", "italic", "strike", "code", "underline"), boolean)),
}
_RUN: dict[str, Validator] = {
    "text": fields({"text": string(40_000)}, _STYLE),
    "link": fields({"url": string(3000)}, _STYLE | {"text": string(3000, 0), "unsafe": boolean}),
    "emoji": fields({"name": string(100)}, _STYLE | {"unicode": string(100)}),
    "user": fields({"user_id": _ID}, _STYLE),
    "channel": fields({"channel_id": _ID}, _STYLE),
    "usergroup": fields({"usergroup_id": _ID}, _STYLE),
    "broadcast": fields({"range": enum("here", "channel", "everyone")}, _STYLE),
    "date": fields({"timestamp": any_value, "format": string(255)}, _STYLE | {"url": web_url, "fallback": string(255)}),
    "color": fields({"value": string(7)}, _STYLE),
}
_RUN_LIST: dict[str, Validator] = {"elements": array(by_type(_RUN), 10_000, 0)}
_SECTIONS: dict[str, Validator] = {"rich_text_section": fields(_RUN_LIST)}
_RICH_TEXT_PARTS = _SECTIONS | {
    "rich_text_preformatted": fields(_RUN_LIST, {"border": any_value, "language": string(255)}),
    "rich_text_quote": fields(_RUN_LIST, {"border": any_value}),
    "rich_text_list": fields(
        {"style": enum("bullet", "ordered"), "elements": array(by_type(_SECTIONS), 1000)},
        {"indent": any_value, "border": any_value, "offset": any_value},
    ),
}
_RICH_TEXT = fields({"elements": array(by_type(_RICH_TEXT_PARTS), 1000, 0)}, _BLOCK)
_CELL: dict[str, Validator] = {
    "raw_text": fields({"text": string(10_000)}),
    "raw_number": fields({"value": any_value}, {"text": string(255)}),
    "rich_text": _RICH_TEXT,
}
_COLUMN = fields({}, {"align": enum("left", "center", "right"), "is_wrapped": boolean})
_TABLE = fields({"rows": array(array(by_type(_CELL), 20), 100)}, _BLOCK | {"column_settings": array(_COLUMN, 20)})

# Limits: docs.slack.dev, data visualization block. The page said six series in June 2026; the SDK's types say twelve.
_LABEL = string(20)
_SERIES = array(fields({"name": _LABEL, "data": array(fields({"label": _LABEL, "value": number()}), 20)}), 12)
_AXES = fields({"categories": array(_LABEL, 20)}, {"x_label": string(50), "y_label": string(50)})
_PLOT = fields({"series": _SERIES, "axis_config": _AXES})
_PIE = fields({"segments": array(fields({"label": _LABEL, "value": number(0)}), 12)})
_CHART = fields(
    {"title": string(50), "chart": by_type({"pie": _PIE, "line": _PLOT, "bar": _PLOT, "area": _PLOT})}, _BLOCK
)


def _table(value: Json, path: str) -> Iterator[str]:
    yield from _TABLE(value, path)
    if _characters(value) > 10_000:
        yield problem("must be less than 10001 characters", f"{path}/rows")


def _chart(value: Json, path: str) -> Iterator[str]:
    problems = list(_CHART(value, path))
    yield from problems
    if problems or value["chart"]["type"] == "pie":
        return
    series = value["chart"]["series"]
    categories = sorted(value["chart"]["axis_config"]["categories"])
    if len({each["name"] for each in series}) < len(series):
        yield problem("series names must be unique", f"{path}/chart/series")
    for index, each in enumerate(series):
        if sorted(point["label"] for point in each["data"]) != categories:
            yield problem("data labels must match categories", f"{path}/chart/series/{index}/data")


_COMMON_BLOCKS: dict[str, Validator] = {
    "header": fields({"text": _plain(150)}, _BLOCK),
    "section": fields(
        {},
        _BLOCK
        | {"text": _text(3000), "fields": array(_text(2000), 10), "expand": boolean}
        | {"accessory": by_type(_INTERACTIVE | {"image": _IMAGE})},
        any_of=("text", "fields"),
    ),
    "context": fields({"elements": array(by_type(_CONTEXT), 10)}, _BLOCK),
    "divider": fields({}, _BLOCK),
    "actions": fields({"elements": array(by_type(_INTERACTIVE), 25)}, _BLOCK),
    "image": fields(
        {"alt_text": string(2000)}, _BLOCK | _IMAGE_SOURCE | {"title": _plain(2000)}, any_of=("image_url", "slack_file")
    ),
    "rich_text": _RICH_TEXT,
    "video": fields(
        {"alt_text": string(200), "title": _plain(200), "thumbnail_url": web_url, "video_url": web_url},
        _BLOCK
        | {"title_url": web_url, "description": _plain(200), "author_name": string(50)}
        | {"provider_name": string(50), "provider_icon_url": web_url},
    ),
}
MESSAGE_BLOCKS = _COMMON_BLOCKS | {
    "markdown": fields({"text": string(12_000)}, _BLOCK),
    "table": _table,
    "data_visualization": _chart,
}
_MAX_PER_TYPE = {"table": 1, "data_visualization": 2}
_MESSAGE = array(by_type(MESSAGE_BLOCKS), _MAX_BLOCKS, 0)

_VIEW: dict[str, Validator] = {"blocks": array(by_type(_COMMON_BLOCKS | {"input": _INPUT}), _MAX_VIEW_BLOCKS)}
_IDS: dict[str, Validator] = {
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}
_BUTTONS: dict[str, Validator] = {"close": _plain(24), "submit": _plain(24)}
_FLAGS: dict[str, Validator] = dict.fromkeys(("clear_on_close", "notify_on_close", "submit_disabled"), boolean)
_VIEWS = by_type(
    {
        "modal": fields(_VIEW | {"title": _plain(24)}, _IDS | _BUTTONS | _FLAGS),
        "home": fields(_VIEW, _IDS | _BUTTONS | {"title": _plain(24)}),
    }
)


def _values_of(value: Any, key: str) -> Iterator[Any]:
    """Yield each value under *key*, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key:
                yield inner
            yield from _values_of(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _values_of(inner, key)


def _characters(blocks: Any) -> int:
    """Count the characters of all texts in some blocks."""
    return sum(len(text) for text in _values_of(blocks, "text") if isinstance(text, str))


def _duplicate_ids(blocks: Sequence[Json]) -> Iterator[str]:
    """Check that block ids are unique in a message, and action ids in a block."""
    seen = Counter(block.get("block_id") for block in blocks)
    for block_id, count in seen.items():
        if block_id and count > 1:
            yield f"[ERROR] block_id `{block_id}` already exists [json-pointer:/blocks]"
    for index, block in enumerate(blocks):
        for action_id, count in Counter(filter(None, _values_of(block, "action_id"))).items():
            if count > 1:
                yield problem(f"action_id `{action_id}` already exists", f"/blocks/{index}")


def check_blocks(blocks: Any, *, limit_total: bool = True) -> None:
    """Raise `invalid_blocks` or, with *limit_total*, `msg_blocks_too_long`; response URLs have no total limit."""
    problems = list(_MESSAGE(blocks, "/blocks"))
    if not problems:
        problems += _duplicate_ids(blocks)
        kinds = Counter(block["type"] for block in blocks)
        for kind, limit in _MAX_PER_TYPE.items():
            if kinds[kind] > limit:
                problems.append(problem(f"no more than {limit} {kind} allowed", "/blocks"))
    if problems:
        raise SlackError("invalid_blocks", messages=problems)
    if limit_total and _characters(blocks) > _MAX_CHARACTERS:
        raise SlackError("msg_blocks_too_long")


def check_view(view: Any) -> None:
    """Raise `invalid_arguments` or `view_too_large` if Slack refuses the view."""
    problems = list(_VIEWS(view, "/view"))
    if not problems:
        problems += _duplicate_ids(view["blocks"])
        if "submit" not in view and view["type"] == "modal" and any(b["type"] == "input" for b in view["blocks"]):
            problems.append(problem("missing required field: submit", "/view"))
    if problems:
        raise SlackError("invalid_arguments", messages=problems)
    if len(json.dumps(view, ensure_ascii=False).encode()) > _MAX_VIEW_BYTES:
        raise SlackError("view_too_large")
