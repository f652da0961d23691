"""The few Block Kit elements in use, as plain dicts, within Slack's limits.

Limits are Slack's (docs.slack.dev, Block Kit reference). Text that comes from people or files goes through
`escape`, so that it can neither ping anybody nor break the markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.i18n import Language, traditional

Block = dict[str, Any]
Element = dict[str, Any]
MessagePayload = dict[str, Any]  # the arguments `text` and `blocks` of Slack's methods

SECTION_TEXT = 3000  # characters
HEADER_TEXT = 150
BUTTON_TEXT = 75
CONTEXT_ELEMENTS = 10
VIEW_BLOCKS = 100
MESSAGE_BLOCKS = 50
# Of all blocks together. Slack names no number; 11,341 characters were refused (bolt-js issue 2867), 10,000 pass.
MESSAGE_CHARACTERS = 10_000
TABLE_ROWS = 100
# docs.slack.dev says 6, the SDK's types of 2026 say 12: the lower one is safe.
CHART_SERIES = 6
CHART_POINTS = 20
# chat.update refuses a text of 4,000 bytes in UTF-8, which Chinese reaches at about 1,300 characters.
FALLBACK_BYTES = 3900


def escape(text: str) -> str:
    """*text* as Slack shows it literally: no mention, no link, no entity comes out of it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def shorten(text: str, limit: int) -> str:
    """*text* in at most *limit* characters, with an ellipsis where it was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def fallback(text: str) -> str:
    """The plain text of a message, for notifications and screen readers, within every method's limit."""
    encoded = text.encode()
    if len(encoded) <= FALLBACK_BYTES:
        return text
    return encoded[:FALLBACK_BYTES].decode(errors="ignore").rstrip() + "…"


def listed(codes: Sequence[int]) -> str:
    """Some codes, with commas between."""
    return shorten(", ".join(str(code) for code in codes), 300)


def header(text: str) -> Block:
    """A title line; takes no markup."""
    return {"type": "header", "text": _plain(text, HEADER_TEXT)}


def section(mrkdwn: str, *, accessory: Element | None = None) -> Block:
    """A paragraph."""
    block: Block = {"type": "section", "text": _mrkdwn(shorten(mrkdwn, SECTION_TEXT))}
    if accessory:
        block["accessory"] = accessory
    return block


def paragraphs(lines: Sequence[str]) -> list[Block]:
    """*lines*, in as few sections as hold them."""
    texts = [""]
    for line in lines:
        if len(texts[-1]) + len(line) >= SECTION_TEXT:
            texts.append("")
        texts[-1] += f"{line}\n"
    return [section(text) for text in texts]


def fields(texts: Sequence[str]) -> Block:
    """Up to ten short texts in two columns."""
    return {"type": "section", "fields": [_mrkdwn(shorten(text, 2000)) for text in texts[:10]]}


def context(*texts: str) -> Block:
    """Small print."""
    return {"type": "context", "elements": [_mrkdwn(shorten(text, SECTION_TEXT)) for text in texts[:CONTEXT_ELEMENTS]]}


def actions(*elements: Element) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(elements)}


def button(
    text: str,
    action_id: str,
    *,
    value: str | None = None,
    url: str | None = None,
    confirm: Element | None = None,
) -> Element:
    """A button; with *url* it opens a page, with *confirm* it asks first."""
    element: Element = {
        "type": "button",
        "text": _plain(text, BUTTON_TEXT),
        "action_id": action_id,
    }
    if value is not None:
        element["value"] = value
    if url is not None:
        element["url"] = url
    if confirm is not None:
        element["confirm"] = confirm
    return element


def confirmation(title: str, text: str, yes: str, no: str) -> Element:
    """The question before a button acts."""
    return {
        "title": _plain(title, 100),
        "text": _plain(text, 300),
        "confirm": _plain(yes, 30),
        "deny": _plain(no, 30),
    }


def option(text: str, value: str) -> Element:
    """One line of a menu."""
    return {"text": _plain(text, 75), "value": value}


def lookup(label: str, placeholder: str, action_id: str) -> Block:
    """A field that searches while one types, and acts when something is chosen."""
    select = {
        "type": "external_select",
        "action_id": action_id,
        "min_query_length": 1,
        "placeholder": _plain(placeholder, 150),
    }
    # Not an input block: Slack refuses one in a dialog without a button to submit it. The fixed id keeps the choice.
    return section(label, accessory=select) | {"block_id": action_id}


def modal(title: str, close: str, blocks: Sequence[Block]) -> dict[str, Any]:
    """A dialog."""
    return {
        "type": "modal",
        "title": _plain(title, 24),
        "close": _plain(close, 24),
        "blocks": list(blocks)[:VIEW_BLOCKS],
    }


def text_input(field: str, label: str, hint: str, text: str, longest: int) -> Block:
    """A field of a dialog for several lines of text, *text* in it already."""
    element: Element = {"type": "plain_text_input", "action_id": field, "multiline": True, "max_length": longest}
    element |= {"initial_value": text[:longest]} if text else {}
    return {"type": "input", "block_id": field, "label": _plain(label, 2000), "hint": _plain(hint, 2000)} | {
        "element": element
    }


def choice_input(field: str, label: str, options: Sequence[tuple[str, str]]) -> Block:
    """A field of a dialog with (text, value) pairs to choose from, the first of them chosen."""
    choices = [option(*each) for each in options]
    element = {"type": "radio_buttons", "action_id": field, "options": choices, "initial_option": choices[0]}
    return {"type": "input", "block_id": field, "label": _plain(label, 2000), "element": element}


def submit(text: str) -> dict[str, Any]:
    """The button that sends a dialog."""
    return {"submit": _plain(text, 24)}


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[int], wrapped: int) -> Block:
    """A table; the columns *numbers* are aligned to the right, the column *wrapped* may take several lines."""
    settings: list[Element] = [{"align": "right" if each in numbers else "left"} for each in range(len(titles))]
    settings[wrapped]["is_wrapped"] = True
    # A raw text is shown as it is: no markup, no mention.
    cells = [[{"type": "raw_text", "text": text or "–"} for text in row] for row in (titles, *rows)]
    return {"type": "table", "rows": cells[:TABLE_ROWS], "column_settings": settings}


def preformatted(text: str, title: str = "") -> Block:
    """*text* as it is, in letters of one width, below a *title*.

    Neither is markup: back-ticks and mentions mean nothing in them.
    """
    bold = {"type": "text", "text": title, "style": {"bold": True}}
    above = [{"type": "rich_text_section", "elements": [bold]}] if title else []
    below = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [*above, below]}


def chart(
    title: str, labels: Sequence[str], series: Sequence[tuple[str, Sequence[int]]], *, x_label: str, y_label: str
) -> Block:
    """A line for each of *series*, over the same *labels*; limits: docs.slack.dev, data visualization block."""
    names = [shorten(label, 20) for label in labels]
    lines = [
        {
            "name": shorten(name, 20),
            "data": [{"label": label, "value": value} for label, value in zip(names, values, strict=True)],
        }
        for name, values in series
    ]
    axes = {"categories": names, "x_label": shorten(x_label, 50), "y_label": shorten(y_label, 50)}
    drawn = {"type": "line", "series": lines, "axis_config": axes}
    return {"type": "data_visualization", "title": shorten(title, 50), "chart": drawn}


def verbatim(block: Block) -> Block:
    """*block*, a section or small print, without Slack's own finding of links and channels in its texts."""
    for text in [block["text"]] if "text" in block else block["elements"]:
        text["verbatim"] = True
    return block


def divider() -> Block:
    """A line."""
    return {"type": "divider"}


def converted(content: Any, language: Language) -> Any:
    """*content* with every text, but no id, value or line of a log, in traditional characters where that is wanted."""
    if language is not Language.ZH_HANT:
        return content
    if isinstance(content, list):
        return [converted(item, language) for item in content]
    if not isinstance(content, dict) or content.get("type") == "rich_text_preformatted":
        return content
    return {
        key: traditional(inner) if key in _TEXTS and isinstance(inner, str) else converted(inner, language)
        for key, inner in content.items()
    }


# Of a chart the title and what is beside its axes; the names of its lines and points must stay equal to each other.
_TEXTS = frozenset(["text", "title", "x_label", "y_label"])


def _plain(text: str, limit: int) -> Element:
    return {"type": "plain_text", "text": shorten(text, limit), "emoji": True}


def _mrkdwn(text: str) -> Element:
    return {"type": "mrkdwn", "text": text}
