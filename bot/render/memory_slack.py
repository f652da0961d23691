"""Show what the workspace remembers about a code, as rich text: what people typed is neither markup nor a mention."""

from __future__ import annotations

from collections.abc import Sequence

from bot.i18n import Translator
from bot.oncall.memory import CodeMemory, Helped
from bot.oncall.ownership import HELPED_CHARACTERS
from bot.render import block_kit
from bot.render.block_kit import Block, Element

_DATE = "\0"  # its place in a translated line


def memory_of(code: int | None, memories: Sequence[CodeMemory], translate: Translator) -> list[Block]:
    """Build the block about *code*, none if nothing is remembered."""
    parts: list[Element] = []
    for memory in memories:
        if memory.code == code and memory.helped:
            parts.append(_section(block_kit.run(translate("memory.helped"), bold=True)))
            lines = [_section(*_helped(each, translate)) for each in memory.helped]
            parts.append({"type": "rich_text_list", "style": "bullet", "elements": lines})
    return [{"type": "rich_text", "elements": parts}] if parts else []


def _helped(helped: Helped, translate: Translator) -> list[Element]:
    """Return the runs of a line: its date, which is a link, its author, and what helped."""
    key = "memory.line" if helped.who else "memory.line.unnamed"
    typed = block_kit.shorten(block_kit.printable(helped.line), HELPED_CHARACTERS)
    who = block_kit.shorten(block_kit.printable(helped.who), 80)
    return _dated(translate(key, date=_DATE, who=who, line=typed), helped.at, helped.link)


def _dated(line: str, at: float, link: str = "") -> list[Element]:
    """Return the runs of *line* with the date in its place."""
    before, after = line.split(_DATE)
    return [block_kit.run(before), block_kit.date_run(at, link), block_kit.run(after)][0 if before else 1 :]


def _section(*runs: Element) -> Element:
    return {"type": "rich_text_section", "elements": list(runs)}
