"""Derive simpler forms of a message, for a workspace that refuses some of its blocks.

Works on the blocks alone, so that a message that was read from Slack has simpler forms, too. Each form says the same:
a chart becomes rows of bars, a table becomes lines, and all blocks together become one text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from bot.render import block_kit
from bot.render.block_kit import Block, MessagePayload, escape
from bot.render.digest_view import sparkline

# The types of blocks that not every workspace accepts, in the order in which they are given up.
REPLACEABLE = ("data_visualization", "table")
_MOST_LINES = 3000  # characters of the lines of a table, which need more room than its cells
_ELLIPSIS = "…"


def simplified(message: MessagePayload, without: Collection[str]) -> MessagePayload:
    """Return *message* with text in place of its blocks of the types *without*."""
    blocks = message.get("blocks") or []
    if not any(block["type"] in without for block in blocks):
        return message
    kept = [each for block in blocks for each in (_in_text(block) if block["type"] in without else [block])]
    return {**message, **block_kit.message(message["text"], kept)}


def plain(message: MessagePayload, most_bytes: int) -> MessagePayload:
    """Return *message* as text alone, of at most *most_bytes* in UTF-8. It has no buttons, except links.

    A block that does not fit is left out, with an ellipsis in its place.
    """
    full = simplified(message, REPLACEABLE)
    paragraphs: list[str] = []
    left = most_bytes - len(_ELLIPSIS.encode())
    for block in full.get("blocks") or []:
        paragraph = "\n".join(_text_of(block))
        size = len(paragraph.encode()) + len("\n\n")
        if paragraph and size <= left:
            paragraphs.append(paragraph)
            left -= size
        elif paragraph and paragraphs[-1:] != [_ELLIPSIS]:
            paragraphs.append(_ELLIPSIS)
            left -= len(_ELLIPSIS.encode()) + len("\n\n")
    return {"text": "\n\n".join(paragraphs) or message["text"]}


def _in_text(block: Block) -> list[Block]:
    """Return a chart or a table as a code block; nothing if Slack returned it in an unknown form."""
    try:
        return [_bars(block) if block["type"] == "data_visualization" else _table_lines(block)]
    except (AttributeError, IndexError, KeyError, TypeError):
        return []


def _bars(chart: Block) -> Block:
    """Draw the series of a chart as rows of bars, above the first and the last category."""
    drawn, axes = chart["chart"], chart["chart"]["axis_config"]
    rows = [f"{sparkline([point['value'] for point in each['data']])}  {each['name']}" for each in drawn["series"]]
    rows.append(f"{axes['categories'][0]} {_ELLIPSIS} {axes['categories'][-1]}")
    title = " · ".join(filter(None, (chart["title"], axes.get("x_label"))))
    return block_kit.preformatted("\n".join(rows), title)


def _table_lines(table: Block) -> Block:
    """Write each row of a table as a line, and count the rows that do not fit."""
    lines: list[str] = []
    room = _MOST_LINES
    for row in table["rows"]:
        line = "  ".join("".join(_texts(cell)) for cell in row)
        room -= len(line)
        if room < 0:
            break
        lines.append(line)
    left_out = len(table["rows"]) - len(lines)
    return block_kit.preformatted("\n".join([*lines, *([f"{_ELLIPSIS} +{left_out}"] if left_out else [])]))


def _text_of(block: Block) -> Iterator[str]:
    """Yield a block as lines of mrkdwn."""
    match block["type"]:
        case "header":
            yield f"*{escape(block['text']['text'])}*"
        case "section" | "context":
            shown = [block.get("text"), *(block.get("fields") or ()), *(block.get("elements") or ())]
            yield from (_mrkdwn(each) for each in shown if each and "text" in each)
        case "rich_text":
            for element in block["elements"]:
                if element["type"] == "rich_text_list":
                    yield from (f"• {escape(''.join(_texts(item)))}" for item in element["elements"])
                    continue
                text = escape("".join(_texts(element)))
                is_code = element["type"] == "rich_text_preformatted"
                yield "```\n{}\n```".format(text.replace("```", "'''")) if is_code else text
        case "actions":
            links = [(each["url"], _mrkdwn(each["text"])) for each in block["elements"] if each.get("url")]
            yield from (f"<{escape(url)}|{label}>" for url, label in links)


def _mrkdwn(text: dict[str, Any]) -> str:
    """Return a text object as mrkdwn."""
    return str(text["text"]) if text["type"] == "mrkdwn" else escape(text["text"])


def _texts(element: Any) -> Iterator[str]:
    """Yield the texts in a cell or in an element of a rich text."""
    if isinstance(element, dict):
        own = element.get("text") or element.get("url") or element.get("fallback")
        yield from [own] if isinstance(own, str) else ()
        for inner in element.get("elements") or ():
            yield from _texts(inner)
