"""Refuse the blocks and views that Slack refuses, in Slack's words.

A check takes a value and its JSON pointer and yields faults; the tables at the end say what each block may hold.
Limits: docs.slack.dev/reference/block-kit, and slack_sdk's validators.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bot.sandbox.errors import SlackError
from bot.sandbox.manifest import Json

Check = Callable[[Any, str], Iterator[str]]

MAX_BLOCKS, MAX_VIEW_BLOCKS, MAX_VIEW_BYTES = 50, 100, 250_000
# Undocumented at Slack; 11,341 characters were refused (bolt-js issue 2867), 10,000 pass.
MAX_CHARACTERS = 10_000


def _fault(problem: str, path: str) -> str:
    return f"[ERROR] {problem} [json-pointer:{path}]"


def string(longest: int, shortest: int = 1) -> Check:
    """A string of so many characters."""

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield _fault("must be a string", path)
        elif len(value) > longest:
            yield _fault(f"must be less than {longest + 1} characters", path)
        elif len(value) < shortest:
            yield _fault(f"must be more than {shortest - 1} characters", path)

    return check


def items(of: Check, most: int, fewest: int = 1) -> Check:
    """A list of so many things of one kind."""

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield _fault("must be an array", path)
            return
        if len(value) > most:
            yield _fault(f"no more than {most} items allowed", path)
        if len(value) < fewest:
            yield _fault(f"no fewer than {fewest} items allowed", path)
        for index, item in enumerate(value):
            yield from of(item, f"{path}/{index}")

    return check


def thing(required: dict[str, Check] | None = None, optional: dict[str, Check] | None = None) -> Check:
    """An object with these fields and no others."""
    need = required or {}
    known = need | (optional or {})

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield _fault("must be an object", path)
            return
        for key in need.keys() - value.keys():
            yield _fault(f"missing required field: {key}", path)
        for key, inner in value.items():
            if key == "type" or inner is None:
                continue
            if key not in known:
                yield _fault(f"invalid additional property: {key}", path)
            else:
                yield from known[key](inner, f"{path}/{key}")

    return check


def one_of(kinds: Callable[[], dict[str, Check]]) -> Check:
    """An object whose `type` names one of these kinds."""

    def check(value: Any, path: str) -> Iterator[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind is None:
            yield _fault("missing required field: type", path)
        elif not isinstance(kind, str) or kind not in kinds():
            yield _fault(f"unsupported type: {kind}", f"{path}/type")
        else:
            yield from kinds()[kind](value, path)

    return check


def anything(value: Any, path: str) -> Iterator[str]:
    """Accept any value."""
    yield from ()


def flag(value: Any, path: str) -> Iterator[str]:
    """Accept a boolean."""
    if not isinstance(value, bool):
        yield _fault("must be a boolean", path)


def web_url(value: Any, path: str) -> Iterator[str]:
    """Accept an address that Slack would open."""
    yield from string(3000)(value, path)
    if isinstance(value, str) and not value.startswith(("http://", "https://", "slack://", "mailto:")):
        yield _fault("must be a valid URL", path)


def plain(longest: int) -> Check:
    """A plain_text object."""
    return one_of(lambda: {"plain_text": thing({"text": string(longest)}, {"emoji": flag})})


def words(longest: int) -> Check:
    """A plain_text or mrkdwn object."""
    return one_of(
        lambda: {
            "plain_text": thing({"text": string(longest)}, {"emoji": flag}),
            "mrkdwn": thing({"text": string(longest)}, {"verbatim": flag}),
        }
    )


_ID = string(255)
_STYLE = thing({}, {"bold": flag, "italic": flag, "strike": flag, "code": flag, "underline": flag})
_CONFIRM = thing(
    {"title": plain(100), "text": words(300), "confirm": plain(30), "deny": plain(30)}, {"style": string(7)}
)
_OPTION = thing({"text": words(75), "value": string(150)}, {"description": words(75), "url": web_url})
_GROUP = thing({"label": plain(75), "options": items(_OPTION, 100)})
_ALT: dict[str, Check] = {"alt_text": string(2000)}
_PICTURE: dict[str, Check] = {"image_url": web_url, "slack_file": anything}
_COMMON: dict[str, Check] = {"action_id": _ID, "confirm": _CONFIRM, "focus_on_load": flag}
_SELECT = _COMMON | {"placeholder": plain(150)}
_CHOICES: dict[str, Check] = {"options": items(_OPTION, 100), "option_groups": items(_GROUP, 100)}
_PICKED: dict[str, Check] = {
    "initial_option": _OPTION,
    "initial_options": items(_OPTION, 100),
    "max_selected_items": anything,
}
_SEARCH: dict[str, Check] = {"min_query_length": anything}


def _few_options(most: int) -> Check:
    return thing({"options": items(_OPTION, most)}, _COMMON | _PICKED)


_BUTTON = thing(
    {"text": plain(75)},
    _COMMON | {"value": string(2000, 0), "url": web_url, "style": string(7), "accessibility_label": string(75)},
)
_INTERACTIVE: dict[str, Check] = {
    "button": _BUTTON,
    "static_select": thing({}, _SELECT | _CHOICES | _PICKED),
    "multi_static_select": thing({}, _SELECT | _CHOICES | _PICKED),
    "external_select": thing({}, _SELECT | _SEARCH | _PICKED),
    "multi_external_select": thing({}, _SELECT | _SEARCH | _PICKED),
    "users_select": thing({}, _SELECT | {"initial_user": _ID}),
    "conversations_select": thing({}, _SELECT | {"initial_conversation": _ID, "filter": anything}),
    "channels_select": thing({}, _SELECT | {"initial_channel": _ID}),
    "overflow": thing({"options": items(_OPTION, 5)}, _COMMON),
    "checkboxes": _few_options(10),
    "radio_buttons": _few_options(10),
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
_INPUTS = _INTERACTIVE | dict.fromkeys(
    ("plain_text_input", "number_input", "email_text_input", "url_text_input"), _TYPED
)
_ACCESSORIES = _INTERACTIVE | {"image": thing(_ALT, _PICTURE)}
_CONTEXT: dict[str, Check] = {
    "image": thing(_ALT, _PICTURE),
    "plain_text": thing({"text": string(3000)}, {"emoji": flag}),
    "mrkdwn": thing({"text": string(3000)}, {"verbatim": flag}),
}
_RUN: dict[str, Check] = {
    "text": thing({"text": string(40_000)}, {"style": _STYLE}),
    "link": thing({"url": string(3000)}, {"text": string(3000, 0), "unsafe": flag, "style": _STYLE}),
    "emoji": thing({"name": string(100)}, {"unicode": string(100), "style": _STYLE}),
    "user": thing({"user_id": _ID}, {"style": _STYLE}),
    "channel": thing({"channel_id": _ID}, {"style": _STYLE}),
    "usergroup": thing({"usergroup_id": _ID}, {"style": _STYLE}),
    "broadcast": thing({"range": string(8)}, {"style": _STYLE}),
    "date": thing({"timestamp": anything, "format": string(255)}, {"url": web_url, "fallback": string(255)}),
    "color": thing({"value": string(7)}),
}
_RUNS: dict[str, Check] = {"elements": items(one_of(lambda: _RUN), 10_000, 0)}
_SECTIONS: dict[str, Check] = {"rich_text_section": thing(_RUNS)}
_RICH: dict[str, Check] = _SECTIONS | {
    "rich_text_preformatted": thing(_RUNS, {"border": anything, "language": string(255)}),
    "rich_text_quote": thing(_RUNS, {"border": anything}),
    "rich_text_list": thing(
        {
            "style": string(7),
            "elements": items(one_of(lambda: _SECTIONS), 1000),
        },
        {"indent": anything, "border": anything, "offset": anything},
    ),
}
_BLOCK: dict[str, Check] = {"block_id": _ID}
_RICH_TEXT = thing({"elements": items(one_of(lambda: _RICH), 1000, 0)}, _BLOCK)
_CELL: dict[str, Check] = {
    "raw_text": thing({"text": string(10_000)}),
    "raw_number": thing({"value": anything}, {"text": string(255)}),
    "rich_text": _RICH_TEXT,
}


def _section(value: Json, path: str) -> Iterator[str]:
    optional: dict[str, Check] = {
        "text": words(3000),
        "fields": items(words(2000), 10),
        "accessory": one_of(lambda: _ACCESSORIES),
        "expand": flag,
    }
    yield from thing({}, _BLOCK | optional)(value, path)
    if not value.get("text") and not value.get("fields"):
        yield _fault("missing required field: text", path)


def _table(value: Json, path: str) -> Iterator[str]:
    rows = items(items(one_of(lambda: _CELL), 20), 100)
    yield from thing({"rows": rows}, _BLOCK | {"column_settings": anything})(value, path)
    if characters(value) > 10_000:
        yield _fault("must be less than 10001 characters", f"{path}/rows")


_BLOCKS: dict[str, Check] = {
    "header": thing({"text": plain(150)}, _BLOCK),
    "section": _section,
    "context": thing({"elements": items(one_of(lambda: _CONTEXT), 10)}, _BLOCK),
    "divider": thing({}, _BLOCK),
    "actions": thing({"elements": items(one_of(lambda: _INTERACTIVE), 25)}, _BLOCK),
    "image": thing(_ALT, _PICTURE | _BLOCK | {"title": plain(2000)}),
    "rich_text": _RICH_TEXT,
    "markdown": thing({"text": string(12_000)}, _BLOCK),
    "table": _table,
    "video": thing(
        {"alt_text": string(200), "title": plain(200), "thumbnail_url": web_url, "video_url": web_url},
        _BLOCK
        | {"title_url": web_url, "description": plain(200), "author_name": string(50)}
        | {"provider_name": string(50), "provider_icon_url": web_url},
    ),
}
_VIEW_BLOCKS = {kind: check for kind, check in _BLOCKS.items() if kind not in ("table", "markdown")} | {
    "input": thing(
        {"label": plain(2000), "element": one_of(lambda: _INPUTS)},
        _BLOCK | {"hint": plain(2000), "optional": flag, "dispatch_action": flag},
    ),
}
_VIEW: dict[str, Check] = {
    "blocks": items(one_of(lambda: _VIEW_BLOCKS), MAX_VIEW_BLOCKS),
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}
_TITLES: dict[str, Check] = {"title": plain(24), "close": plain(24), "submit": plain(24)}
_VIEWS: dict[str, Check] = {
    "modal": thing(
        {"title": _TITLES["title"], "blocks": _VIEW["blocks"]},
        _VIEW | _TITLES | {"clear_on_close": flag, "notify_on_close": flag, "submit_disabled": flag},
    ),
    "home": thing({"blocks": _VIEW["blocks"]}, _VIEW | _TITLES),
}


def leaves(value: Any, key: str) -> Iterator[Any]:
    """Every value under *key*, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key:
                yield inner
            yield from leaves(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, key)


def characters(blocks: Any) -> int:
    """How many characters of text blocks hold."""
    return sum(len(text) for text in leaves(blocks, "text") if isinstance(text, str))


def _repeated(blocks: Sequence[Json]) -> Iterator[str]:
    """Block ids must differ in a message, action ids in a block."""
    seen = Counter(block.get("block_id") for block in blocks if isinstance(block, dict))
    for block_id, count in seen.items():
        if block_id and count > 1:
            yield f"[ERROR] block_id `{block_id}` already exists [json-pointer:/blocks]"
    for index, block in enumerate(blocks):
        for action_id, count in Counter(filter(None, leaves(block, "action_id"))).items():
            if count > 1:
                yield _fault(f"action_id `{action_id}` already exists", f"/blocks/{index}")


def check_blocks(blocks: Any, *, whole: bool = True) -> None:
    """Raise `invalid_blocks` as Slack does; *whole* also limits all text together (not so for response URLs)."""
    faults = list(items(one_of(lambda: _BLOCKS), MAX_BLOCKS, 0)(blocks, "/blocks"))
    if isinstance(blocks, list):
        faults += _repeated(blocks)
        if sum(isinstance(block, dict) and block.get("type") == "table" for block in blocks) > 1:
            faults.append(_fault("only one table is allowed", "/blocks"))
    if faults:
        raise SlackError("invalid_blocks", messages=faults)
    if whole and characters(blocks) > MAX_CHARACTERS:
        raise SlackError("msg_blocks_too_long")


def check_view(view: Any) -> None:
    """Raise `invalid_arguments` or `view_too_large` where Slack refuses a view."""
    faults = list(one_of(lambda: _VIEWS)(view, "/view"))
    if not faults:
        faults += _repeated(view["blocks"])
        if "submit" not in view and view["type"] == "modal" and any(b["type"] == "input" for b in view["blocks"]):
            faults.append(_fault("missing required field: submit", "/view"))
    if faults:
        raise SlackError("invalid_arguments", messages=faults)
    if len(json.dumps(view, ensure_ascii=False).encode()) > MAX_VIEW_BYTES:
        raise SlackError("view_too_large")
