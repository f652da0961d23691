"""Refuse the blocks and views that Slack refuses, in Slack's words: tables of what each of them may hold.

Limits: docs.slack.dev/reference/block-kit, and slack_sdk's validators.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from bot.sandbox.api_error import SlackError
from bot.sandbox.checks import Check, anything, fault, flag, items, number, one_of, string, thing, web_url, word
from bot.sandbox.manifest import Json

_MAX_BLOCKS, _MAX_VIEW_BLOCKS, _MAX_VIEW_BYTES = 50, 100, 250_000
# Undocumented at Slack; 11,341 characters were refused (bolt-js issue 2867), 10,000 pass.
_MAX_CHARACTERS = 10_000


def _plain(longest: int) -> Check:
    return one_of({"plain_text": thing({"text": string(longest)}, {"emoji": flag})})


def _words(longest: int) -> Check:
    plain = thing({"text": string(longest)}, {"emoji": flag})
    return one_of({"plain_text": plain, "mrkdwn": thing({"text": string(longest)}, {"verbatim": flag})})


_ID = string(255)
_BLOCK: dict[str, Check] = {"block_id": _ID}
_CONFIRM = thing(
    {"title": _plain(100), "text": _words(300), "confirm": _plain(30), "deny": _plain(30)},
    {"style": word("primary", "danger")},
)
_OPTION = thing({"text": _words(75), "value": string(150)}, {"description": _words(75), "url": web_url})
_GROUP = thing({"label": _plain(75), "options": items(_OPTION, 100)})
_PICTURE: dict[str, Check] = {"image_url": web_url, "slack_file": anything}
_IMAGE = thing({"alt_text": string(2000)}, _PICTURE, either="image_url slack_file")

_COMMON: dict[str, Check] = {"action_id": _ID, "confirm": _CONFIRM, "focus_on_load": flag}
_SELECT = _COMMON | {"placeholder": _plain(150)}
_PICKED: dict[str, Check] = {"initial_option": _OPTION, "initial_options": items(_OPTION, 100)}
_SEVERAL: dict[str, Check] = {"max_selected_items": anything}
_CHOICES: dict[str, Check] = {"options": items(_OPTION, 100), "option_groups": items(_GROUP, 100)}
_STATIC = thing({}, _SELECT | _CHOICES | _PICKED | _SEVERAL, either="options option_groups")
_EXTERNAL = thing({}, _SELECT | _PICKED | _SEVERAL | {"min_query_length": anything})
_FEW = thing({"options": items(_OPTION, 10)}, _COMMON | _PICKED)
_BUTTON = thing(
    {"text": _plain(75)},
    _COMMON
    | {"value": string(2000, 0), "url": web_url, "style": word("primary", "danger")}
    | {"accessibility_label": string(75)},
)
_INTERACTIVE: dict[str, Check] = {
    "button": _BUTTON,
    "static_select": _STATIC,
    "multi_static_select": _STATIC,
    "external_select": _EXTERNAL,
    "multi_external_select": _EXTERNAL,
    "users_select": thing({}, _SELECT | {"initial_user": _ID}),
    "conversations_select": thing({}, _SELECT | {"initial_conversation": _ID, "filter": anything}),
    "channels_select": thing({}, _SELECT | {"initial_channel": _ID}),
    "overflow": thing({"options": items(_OPTION, 5)}, _COMMON),
    "checkboxes": _FEW,
    "radio_buttons": _FEW,
    "datepicker": thing({}, _SELECT | {"initial_date": string(10)}),
    "datetimepicker": thing({}, _SELECT | {"initial_date_time": anything}),
    "timepicker": thing({}, _SELECT | {"initial_time": string(5), "timezone": string(64)}),
}
_TYPED = thing(
    {},
    _SELECT
    | {"initial_value": string(3000, 0), "multiline": flag, "min_length": anything, "max_length": anything}
    | {"min_value": anything, "max_value": anything, "is_decimal_allowed": flag, "dispatch_action_config": anything},
)
_TYPED_KINDS = ("plain_text_input", "number_input", "email_text_input", "url_text_input")
_INPUT = thing(
    {"label": _plain(2000), "element": one_of(_INTERACTIVE | dict.fromkeys(_TYPED_KINDS, _TYPED))},
    _BLOCK | {"hint": _plain(2000), "optional": flag, "dispatch_action": flag},
)
_CONTEXT: dict[str, Check] = {
    "image": _IMAGE,
    "plain_text": thing({"text": string(3000)}, {"emoji": flag}),
    "mrkdwn": thing({"text": string(3000)}, {"verbatim": flag}),
}

_STYLE: dict[str, Check] = {
    "style": thing({}, dict.fromkeys(("bold", "italic", "strike", "code", "underline"), flag)),
}
_RUN: dict[str, Check] = {
    "text": thing({"text": string(40_000)}, _STYLE),
    "link": thing({"url": string(3000)}, _STYLE | {"text": string(3000, 0), "unsafe": flag}),
    "emoji": thing({"name": string(100)}, _STYLE | {"unicode": string(100)}),
    "user": thing({"user_id": _ID}, _STYLE),
    "channel": thing({"channel_id": _ID}, _STYLE),
    "usergroup": thing({"usergroup_id": _ID}, _STYLE),
    "broadcast": thing({"range": word("here", "channel", "everyone")}, _STYLE),
    "date": thing({"timestamp": anything, "format": string(255)}, _STYLE | {"url": web_url, "fallback": string(255)}),
    "color": thing({"value": string(7)}, _STYLE),
}
_RUNS: dict[str, Check] = {"elements": items(one_of(_RUN), 10_000, 0)}
_SECTIONS: dict[str, Check] = {"rich_text_section": thing(_RUNS)}
_RICH = _SECTIONS | {
    "rich_text_preformatted": thing(_RUNS, {"border": anything, "language": string(255)}),
    "rich_text_quote": thing(_RUNS, {"border": anything}),
    "rich_text_list": thing(
        {"style": word("bullet", "ordered"), "elements": items(one_of(_SECTIONS), 1000)},
        {"indent": anything, "border": anything, "offset": anything},
    ),
}
_RICH_TEXT = thing({"elements": items(one_of(_RICH), 1000, 0)}, _BLOCK)
_CELL: dict[str, Check] = {
    "raw_text": thing({"text": string(10_000)}),
    "raw_number": thing({"value": anything}, {"text": string(255)}),
    "rich_text": _RICH_TEXT,
}
_COLUMN = thing({}, {"align": word("left", "center", "right"), "is_wrapped": flag})
_TABLE = thing({"rows": items(items(one_of(_CELL), 20), 100)}, _BLOCK | {"column_settings": items(_COLUMN, 20)})

# Limits: docs.slack.dev, data visualization block. In June 2026 that said six series, the SDK's types now say twelve.
_LABEL = string(20)
_SERIES = items(thing({"name": _LABEL, "data": items(thing({"label": _LABEL, "value": number()}), 20)}), 12)
_AXES = thing({"categories": items(_LABEL, 20)}, {"x_label": string(50), "y_label": string(50)})
_PLOT = thing({"series": _SERIES, "axis_config": _AXES})
_PIE = thing({"segments": items(thing({"label": _LABEL, "value": number(0)}), 12)})
_CHART = thing(
    {"title": string(50), "chart": one_of({"pie": _PIE, "line": _PLOT, "bar": _PLOT, "area": _PLOT})}, _BLOCK
)


def _table(value: Json, path: str) -> Iterator[str]:
    yield from _TABLE(value, path)
    if _characters(value) > 10_000:
        yield fault("must be less than 10001 characters", f"{path}/rows")


def _chart(value: Json, path: str) -> Iterator[str]:
    faults = list(_CHART(value, path))
    yield from faults
    if faults or value["chart"]["type"] == "pie":
        return
    series = value["chart"]["series"]
    categories = sorted(value["chart"]["axis_config"]["categories"])
    if len({each["name"] for each in series}) < len(series):
        yield fault("series names must be unique", f"{path}/chart/series")
    for index, each in enumerate(series):
        if sorted(point["label"] for point in each["data"]) != categories:
            yield fault("data labels must match categories", f"{path}/chart/series/{index}/data")


_SHARED: dict[str, Check] = {
    "header": thing({"text": _plain(150)}, _BLOCK),
    "section": thing(
        {},
        _BLOCK
        | {"text": _words(3000), "fields": items(_words(2000), 10), "expand": flag}
        | {"accessory": one_of(_INTERACTIVE | {"image": _IMAGE})},
        either="text fields",
    ),
    "context": thing({"elements": items(one_of(_CONTEXT), 10)}, _BLOCK),
    "divider": thing({}, _BLOCK),
    "actions": thing({"elements": items(one_of(_INTERACTIVE), 25)}, _BLOCK),
    "image": thing(
        {"alt_text": string(2000)}, _BLOCK | _PICTURE | {"title": _plain(2000)}, either="image_url slack_file"
    ),
    "rich_text": _RICH_TEXT,
    "video": thing(
        {"alt_text": string(200), "title": _plain(200), "thumbnail_url": web_url, "video_url": web_url},
        _BLOCK
        | {"title_url": web_url, "description": _plain(200), "author_name": string(50)}
        | {"provider_name": string(50), "provider_icon_url": web_url},
    ),
}
_IN_MESSAGES = _SHARED | {
    "markdown": thing({"text": string(12_000)}, _BLOCK),
    "table": _table,
    "data_visualization": _chart,
}
_MOST_OF_A_KIND = {"table": 1, "data_visualization": 2}
_MESSAGE = items(one_of(_IN_MESSAGES), _MAX_BLOCKS, 0)

_VIEW: dict[str, Check] = {"blocks": items(one_of(_SHARED | {"input": _INPUT}), _MAX_VIEW_BLOCKS)}
_IDS: dict[str, Check] = {
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}
_ENDS: dict[str, Check] = {"close": _plain(24), "submit": _plain(24)}
_FLAGS: dict[str, Check] = dict.fromkeys(("clear_on_close", "notify_on_close", "submit_disabled"), flag)
_VIEWS = one_of(
    {
        "modal": thing(_VIEW | {"title": _plain(24)}, _IDS | _ENDS | _FLAGS),
        "home": thing(_VIEW, _IDS | _ENDS | {"title": _plain(24)}),
    }
)


def _leaves(value: Any, key: str) -> Iterator[Any]:
    """Every value under *key*, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key:
                yield inner
            yield from _leaves(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, key)


def _characters(blocks: Any) -> int:
    """How many characters of text blocks hold."""
    return sum(len(text) for text in _leaves(blocks, "text") if isinstance(text, str))


def _repeated(blocks: Sequence[Json]) -> Iterator[str]:
    """Block ids must differ in a message, action ids in a block."""
    seen = Counter(block.get("block_id") for block in blocks)
    for block_id, count in seen.items():
        if block_id and count > 1:
            yield f"[ERROR] block_id `{block_id}` already exists [json-pointer:/blocks]"
    for index, block in enumerate(blocks):
        for action_id, count in Counter(filter(None, _leaves(block, "action_id"))).items():
            if count > 1:
                yield fault(f"action_id `{action_id}` already exists", f"/blocks/{index}")


def check_blocks(blocks: Any, *, whole: bool = True) -> None:
    """Raise `invalid_blocks` as Slack does; *whole* also limits all text together (not so for response URLs)."""
    faults = list(_MESSAGE(blocks, "/blocks"))
    if not faults:
        faults += _repeated(blocks)
        kinds = Counter(block["type"] for block in blocks)
        for kind, most in _MOST_OF_A_KIND.items():
            if kinds[kind] > most:
                faults.append(fault(f"no more than {most} {kind} allowed", "/blocks"))
    if faults:
        raise SlackError("invalid_blocks", messages=faults)
    if whole and _characters(blocks) > _MAX_CHARACTERS:
        raise SlackError("msg_blocks_too_long")


def check_view(view: Any) -> None:
    """Raise `invalid_arguments` or `view_too_large` where Slack refuses a view."""
    faults = list(_VIEWS(view, "/view"))
    if not faults:
        faults += _repeated(view["blocks"])
        if "submit" not in view and view["type"] == "modal" and any(b["type"] == "input" for b in view["blocks"]):
            faults.append(fault("missing required field: submit", "/view"))
    if faults:
        raise SlackError("invalid_arguments", messages=faults)
    if len(json.dumps(view, ensure_ascii=False).encode()) > _MAX_VIEW_BYTES:
        raise SlackError("view_too_large")
