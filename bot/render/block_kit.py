"""Build the Block Kit elements in use, as plain dicts within Slack's limits.

The limits are Slack's (docs.slack.dev, Block Kit reference). Pass text that comes from people or files through
`escape`, so that it can neither mention anybody nor break the markup.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from bot.i18n import Language, Translator, traditional
from bot.storage import FORGOTTEN

Block = dict[str, Any]
Element = dict[str, Any]
MessagePayload = dict[str, Any]  # the arguments `text` and `blocks` of Slack's methods
_T = TypeVar("_T")

SECTION_TEXT = 3000  # characters
MESSAGE_BLOCKS = 50
# Of all blocks together. Slack names no number; 11,341 characters were refused (bolt-js issue 2867), 10,000 pass.
MESSAGE_CHARACTERS = 10_000
TABLE_ROWS = 100
# docs.slack.dev says 6, the SDK's types of 2026 say 12: the lower one is safe.
CHART_SERIES = 6
CHART_POINTS = 20
# chat.update refuses a text of 4,000 bytes in UTF-8, which Chinese reaches at about 1,300 characters.
FALLBACK_BYTES = 3900

DIVIDER: Block = {"type": "divider"}  # a horizontal line


# Unicode's control and format characters (https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing), except
# tabs, line breaks, and the joiners of emoji and of some scripts; and halves of surrogate pairs, which can't be sent.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_SPLIT_ENTITY = re.compile(r"&[a-z]{0,3}\Z")  # of &amp; &lt; &gt;


def printable(text: str) -> str:
    """Replace each invisible character of a log or of a person's text with U+FFFD: some reorder or hide the text."""
    return text if text.isascii() and text.isprintable() else _INVISIBLE.sub("\ufffd", text)


def escape(text: str) -> str:
    """Escape *text* for mrkdwn, so that Slack shows it literally, without mentions, links or entities."""
    return printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mention(id_: str) -> str:
    """Mention a person (U…, W…) or a user group (S…), who is notified if the message is new and they can see it.

    A person who was forgotten is a symbol.
    """
    if id_ == FORGOTTEN:
        return "👤"
    return f"<!subteam^{escape(id_)}>" if id_.startswith("S") else f"<@{escape(id_)}>"


def linked(text: str, url: str | None) -> str:
    """Link *text*, which is mrkdwn, to *url*; without a *url*, return it unchanged."""
    return f"<{escape(url)}|{text}>" if url else text


def link_ends(url: str | None) -> dict[str, str]:
    """Return the variables *link* and *end* of a text, which link what is between them to *url*, if it is given."""
    return {"link": f"<{escape(url)}|", "end": ">"} if url else {"link": "", "end": ""}


def shorten(text: str, limit: int) -> str:
    """Cut *text* to at most *limit* characters, with an ellipsis at the cut. No escaped character is split."""
    return text if len(text) <= limit else _SPLIT_ENTITY.sub("", text[: limit - 1]).rstrip() + "…"


def literal(text: str, limit: int) -> str:
    """Format text from a log or a person, such as a file name, so that it is neither a mention nor markup."""
    return shorten(escape(text.replace("`", "'")), limit)


def joined(codes: Sequence[int], translate: Translator) -> str:
    """Join *codes* with the language's comma, in at most 300 characters."""
    return shorten(translate("list.item_separator").join(map(str, codes)), 300)


def sentences(first: str, second: str, translate: Translator) -> str:
    """Join two sentences: with a space in English, without one in Chinese."""
    return translate("sentences", first=first, second=second)


def date(at: float, *, with_time: bool = True) -> str:
    """Format a time, which Slack shows in its reader's time zone; other programs show UTC."""
    utc = datetime.fromtimestamp(at, UTC)
    if with_time:
        return f"<!date^{int(at)}^{{date_short_pretty}} {{time}}|{utc:%Y-%m-%d %H:%M} UTC>"
    return f"<!date^{int(at)}^{{date_short}}|{utc:%Y-%m-%d}>"


def message(text: str, blocks: Sequence[Block]) -> MessagePayload:
    """Build a message; *text* is its plain text for notifications and screen readers.

    Blocks that exceed Slack's limits on one message are left out from the end, with an ellipsis in their place.
    A row of buttons at the end is kept.
    """
    kept = list(blocks)
    # The repr is longer than the texts in it, and takes a fraction of the time.
    is_short = len(repr(kept)) <= MESSAGE_CHARACTERS or characters(kept) <= MESSAGE_CHARACTERS
    if len(kept) > MESSAGE_BLOCKS or not is_short:
        tail = [context("…"), *(block for block in kept[-1:] if block["type"] == "actions")]
        kept = kept[: MESSAGE_BLOCKS - len(tail)]
        while characters([*kept, *tail]) > MESSAGE_CHARACTERS:
            kept.pop()
        kept += tail
    encoded = text.encode()
    if len(encoded) > FALLBACK_BYTES:
        text = encoded[:FALLBACK_BYTES].decode(errors="ignore").rstrip() + "…"
    return {"text": text, "blocks": kept}


def text_message(*paragraphs: str, blocks: Sequence[Block] = (), verbatim: bool = False) -> MessagePayload:
    """Build a message of *paragraphs*, the first of them also its plain text, followed by *blocks*."""
    sections = [section(paragraph, verbatim=verbatim) for paragraph in paragraphs]
    return message(paragraphs[0], [*sections, *blocks])


def characters(content: Any) -> int:
    """Count the characters of all strings in *content* except types and ids. Slack does not say which it counts."""
    if isinstance(content, dict):
        return sum(characters(inner) for key, inner in content.items() if key not in _UNCOUNTED)
    if isinstance(content, list):
        return sum(map(characters, content))
    return len(content) if isinstance(content, str) else 0


_UNCOUNTED = frozenset(["type", "action_id", "value", "align"])


def modal(title: str, close: str, blocks: Sequence[Block], *, submit: str = "") -> dict[str, Any]:
    """Build a modal; *submit* labels the button that sends its inputs."""
    view = {"type": "modal", "title": _plain(title, 24), "close": _plain(close, 24)}
    view |= {"submit": _plain(submit, 24)} if submit else {}
    return view | {"blocks": list(blocks)[:100]}


def dialog(
    callback_id: str, metadata: str, title: str, blocks: Sequence[Block], *, submit: str, cancel: str
) -> dict[str, Any]:
    """Build a modal whose submission has *callback_id*, and *metadata* as its `private_metadata`."""
    view = modal(title, cancel, blocks, submit=submit)
    return {"callback_id": callback_id, "private_metadata": metadata, **view}


def header(text: str) -> Block:
    """Build a header; it takes no markup."""
    return {"type": "header", "text": _plain(text, 150)}


def section(mrkdwn: str, *, accessory: Element | None = None, verbatim: bool = False) -> Block:
    """Build a section, with an element such as a button beside its text.

    In a *verbatim* text, Slack does not detect links and channels, which names of files may look like.
    """
    block: Block = {"type": "section", "text": _mrkdwn(mrkdwn, SECTION_TEXT, verbatim=verbatim)}
    return block | ({"accessory": accessory} if accessory else {})


def paragraphs(lines: Sequence[str]) -> list[Block]:
    """Build as few sections as can contain *lines*."""
    texts = [""]
    for line in lines:
        if len(texts[-1]) + len(line) >= SECTION_TEXT:
            texts.append("")
        texts[-1] += f"{line}\n"
    return [section(text) for text in texts]


def fields(texts: Sequence[str]) -> Block:
    """Build a section of up to ten short texts in two columns."""
    return {"type": "section", "fields": [_mrkdwn(text, 2000) for text in texts[:10]]}


def context(*texts: str, verbatim: bool = False) -> Block:
    """Build a context block: small print; for *verbatim*, see `section`."""
    elements = [_mrkdwn(text, SECTION_TEXT, verbatim=verbatim) for text in texts[:10]]
    return {"type": "context", "elements": elements}


def actions(*elements: Element) -> Block:
    """Build a row of buttons."""
    return {"type": "actions", "elements": list(elements)}


def button(
    text: str,
    action_id: str,
    *,
    value: str | None = None,
    url: str | None = None,
    style: str | None = None,
) -> Element:
    """Build a button, *style* “primary” or “danger”. With *url* it opens a page."""
    element: Element = {"type": "button", "text": _plain(text, 75), "action_id": action_id}
    optional = {"value": value, "url": url, "style": style}
    return element | {name: each for name, each in optional.items() if each is not None}


def select(placeholder: str, action_id: str, options: Sequence[tuple[str, str]]) -> Element:
    """Build a menu of at most 100 options from (text, value) pairs, which acts when one is selected."""
    element: Element = {"type": "static_select", "action_id": action_id, "placeholder": _plain(placeholder, 150)}
    return element | {"options": [option(*each) for each in options]}


def option(text: str, value: str) -> Element:
    """Build one option of a menu; *value* has at most 150 characters."""
    return {"text": _plain(text, 75), "value": value}


def overflow(action_id: str, options: Sequence[Element]) -> Element:
    """Build a menu behind “⋯” of at most five options.

    A confirmation dialog of Slack's would ask for every option, see `bot.slack.confirmation`.
    """
    return {"type": "overflow", "action_id": action_id, "options": list(options)}


def lookup(label: str, placeholder: str, action_id: str) -> Block:
    """Build a menu that loads its options from the bot while a person types, and acts when one is selected."""
    select = {
        "type": "external_select",
        "action_id": action_id,
        "min_query_length": 1,
        "placeholder": _plain(placeholder, 150),
    }
    # Not an input block: Slack refuses one in a modal without a submit button. The fixed block_id keeps the selection.
    return section(label, accessory=select) | {"block_id": action_id}


def conversation_input(field: str, label: str) -> Block:
    """Build an input for the conversation to post to, by default the one that the person looks at.

    The submission of the modal contains a response_url for it (docs.slack.dev/surfaces/modals, response_url_enabled).
    """
    element: Element = {"type": "conversations_select", "action_id": field, "response_url_enabled": True}
    # Not direct messages between two people, in which a shared answer would be a surprise.
    chosen = {"include": ["public", "private", "mpim"], "exclude_bot_users": True}
    element |= {"default_to_current_conversation": True, "filter": chosen}
    return {"type": "input", "block_id": field, "label": _plain(label, 2000), "element": element}


def text_input(field: str, label: str, hint: str, text: str, longest: int) -> Block:
    """Build an input for several lines of at most *longest* characters, filled with *text*."""
    element: Element = {"type": "plain_text_input", "action_id": field, "multiline": True, "max_length": longest}
    element |= {"initial_value": text[:longest]} if text else {}
    block = {"type": "input", "block_id": field, "label": _plain(label, 2000), "hint": _plain(hint, 2000)}
    return block | {"element": element}


def line_input(field: str, label: str, hint: str, longest: int, text: str = "") -> Block:
    """Build an optional input for one line of at most *longest* characters, filled with *text*."""
    element: Element = {"type": "plain_text_input", "action_id": field, "max_length": longest}
    element |= {"initial_value": text[:longest]} if text else {}
    block = {"type": "input", "block_id": field, "optional": True, "label": _plain(label, 2000)}
    return block | {"hint": _plain(hint, 2000), "element": element}


def choice_input(field: str, label: str, options: Sequence[tuple[str, str]]) -> Block:
    """Build an input of radio buttons from (text, value) pairs, the first one selected."""
    choices = [option(*each) for each in options]
    element = {"type": "radio_buttons", "action_id": field, "options": choices, "initial_option": choices[0]}
    return {"type": "input", "block_id": field, "label": _plain(label, 2000), "element": element}


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[int], wrapped: int) -> Block:
    """Build a table. The columns at *numbers* are aligned right; lines wrap in the column at *wrapped*."""
    settings: list[Element] = [{"align": "right" if each in numbers else "left"} for each in range(len(titles))]
    settings[wrapped]["is_wrapped"] = True
    # Raw text is shown as it is: no markup, no mentions.
    cells = [[{"type": "raw_text", "text": text or "–"} for text in row] for row in (titles, *rows)]
    return {"type": "table", "rows": cells[:TABLE_ROWS], "column_settings": settings}


def preformatted(text: str, title: str = "") -> Block:
    """Build a code block below a bold *title*. Neither is markup: back-ticks and mentions have no effect."""
    bold = {"type": "text", "text": title, "style": {"bold": True}}
    above = [{"type": "rich_text_section", "elements": [bold]}] if title else []
    below = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [*above, below]}


def run(text: str, *, bold: bool = False) -> Element:
    """Build a text in a rich text: no markup, no mentions."""
    return {"type": "text", "text": text} | ({"style": {"bold": True}} if bold else {})


def date_run(at: float, link: str = "") -> Element:
    """Build a date in a rich text, in the reader's time zone, which links *link*."""
    fallback = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
    element: Element = {"type": "date", "timestamp": int(at), "format": "{date_short}", "fallback": fallback}
    return element | ({"url": link} if link else {})


def chart(
    title: str, labels: Sequence[str], series: Sequence[tuple[str, Sequence[int]]], *, x_label: str, y_label: str
) -> Block:
    """Build a line chart of *series*, each one value per label. Limits: docs.slack.dev, data visualization block."""
    names = [shorten(label, 20) for label in labels]
    lines = []
    for name, values in series:
        points = [{"label": label, "value": value} for label, value in zip(names, values, strict=True)]
        lines.append({"name": shorten(name, 20), "data": points})
    axes = {"categories": names, "x_label": shorten(x_label, 50), "y_label": shorten(y_label, 50)}
    drawn = {"type": "line", "series": lines, "axis_config": axes}
    return {"type": "data_visualization", "title": shorten(title, 50), "chart": drawn}


def converted(content: _T, language: Language) -> _T:
    """Convert the texts in *content* to traditional characters if *language* is ZH_HANT; ids and log lines stay."""
    return cast(_T, _traditional(content)) if language is Language.ZH_HANT else content


def _traditional(content: Any) -> Any:
    if isinstance(content, list):
        return [_traditional(item) for item in content]
    if not isinstance(content, dict) or content.get("type") == "rich_text_preformatted":
        return content
    return {
        key: traditional(inner) if key in _TEXTS and isinstance(inner, str) else _traditional(inner)
        for key, inner in content.items()
    }


# In a chart, only the title and the labels of its axes: names of lines and points must stay equal to each other.
_TEXTS = frozenset(["text", "title", "x_label", "y_label"])


def _plain(text: str, limit: int) -> Element:
    return {"type": "plain_text", "text": shorten(text, limit), "emoji": True}


def _mrkdwn(text: str, limit: int, *, verbatim: bool = False) -> Element:
    element: Element = {"type": "mrkdwn", "text": shorten(text, limit)}
    return element | ({"verbatim": True} if verbatim else {})
