"""Show notes on codes and how incidents were resolved, as rich text: typed text is neither markup nor a mention."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from bot.i18n import Translator
from bot.oncall.memory import NOTE_CHARACTERS, CodeMemory, Helped, NoteReply, TeamNote
from bot.oncall.ownership import HELPED_CHARACTERS
from bot.render import block_kit
from bot.render.block_kit import Block, Element, MessagePayload

EDIT_NOTE = "edit_note"  # action ids; the value is the code. Also the callback id of the dialog
REMOVE_NOTE = "remove_note"
NOTE = "note"  # the field of the dialog
_DATE = "\0"  # its place in a translated line
_NAME = 80  # characters
_MOST_HISTORY = 80  # characters of an earlier version
# ASCII only: in Chinese, text follows without a space. A sentence may end behind a link.
_LINK = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]+)?(?:[/?#][!-;=?-z~]*)?(?<![.,;:!?)'\]])", re.IGNORECASE)


def memory_of(code: int | None, memories: Sequence[CodeMemory], translate: Translator) -> list[Block]:
    """Build the block with the note and the resolved incidents of *code*, if there are any."""
    parts: list[Element] = []
    for memory in memories:
        if memory.code != code:
            continue
        if memory.note:
            parts.append(_section(*_note(memory.note, translate)))
        if memory.helped:
            parts.append(_section(block_kit.run(translate("memory.helped"), bold=True)))
            lines = [_section(*_helped(each, translate)) for each in memory.helped]
            parts.append({"type": "rich_text_list", "style": "bullet", "elements": lines})
    return [_rich(parts)] if parts else []


def note(reply: NoteReply, translate: Translator) -> MessagePayload:
    """Show a note with its earlier versions, and the buttons to edit and remove it."""
    title = translate("note.title" if reply.text else "note.none", code=reply.code)
    edit = translate("note.edit" if reply.text else "note.add")
    buttons = [block_kit.button(edit, EDIT_NOTE, value=str(reply.code), style="primary")]
    blocks = [block_kit.section(title)]
    if reply.text:
        blocks.append(_rich([_section(*_with_links(reply.text))]))
        buttons.append(block_kit.button(translate("note.remove"), REMOVE_NOTE, value=str(reply.code)))
    history = _history(reply, translate)
    blocks += [block_kit.context(*history, verbatim=True)] if history else []
    return block_kit.message(title, [*blocks, block_kit.actions(*buttons)])


def note_dialog(reply: NoteReply, origin: str, translate: Translator) -> dict[str, Any]:
    """Build the dialog to edit a note."""
    title, hint, yes, no = (translate(f"note.dialog.{part}") for part in ("title", "hint", "yes", "no"))
    label = translate("note.dialog.label", code=reply.code)
    field = block_kit.line_input(NOTE, label, hint, NOTE_CHARACTERS, reply.text)
    history = _history(reply, translate)
    blocks = [field, *([block_kit.context(*history, verbatim=True)] if history else [])]
    return block_kit.dialog(EDIT_NOTE, origin, title, blocks, submit=yes, cancel=no)


def _history(reply: NoteReply, translate: Translator) -> list[str]:
    """Return a line of mrkdwn about each version."""
    lines = []
    for version in reply.versions:
        who, time = block_kit.mention(version.user), block_kit.date(version.at)
        text = block_kit.literal(version.text, _MOST_HISTORY)
        lines.append(translate("note.version" if text else "note.version.removed", who=who, time=time, text=text))
    return lines


def _note(written: TeamNote, translate: Translator) -> Iterator[Element]:
    """Yield the runs of a note: its title, its author and date, and the text."""
    yield block_kit.run(translate("memory.note"), bold=True)
    key = "memory.note.by" if written.who else "memory.note.unnamed"
    yield from _dated(translate(key, date=_DATE, who=_typed(written.who, _NAME)), written.at)
    yield from _with_links(written.text)


def _with_links(text: str) -> Iterator[Element]:
    """Yield the runs of a text that a person typed. Only its URLs become links."""
    text, end = _typed(text, NOTE_CHARACTERS), 0
    for link in _LINK.finditer(text):
        if before := text[end : link.start()]:
            yield block_kit.run(before)
        yield {"type": "link", "url": link[0]}
        end = link.end()
    if rest := text[end:]:
        yield block_kit.run(rest)


def _helped(helped: Helped, translate: Translator) -> list[Element]:
    """Return the runs of a line: its date, which is a link, its author, and the text."""
    key = "memory.line" if helped.who else "memory.line.unnamed"
    line = translate(key, date=_DATE, who=_typed(helped.who, _NAME), line=_typed(helped.line, HELPED_CHARACTERS))
    return _dated(line, helped.at, helped.link)


def _dated(line: str, at: float, link: str = "") -> list[Element]:
    """Return the runs of *line* with the date in its place."""
    before, after = line.split(_DATE)
    start = [block_kit.run(before)] if before else []
    return [*start, block_kit.date_run(at, link), block_kit.run(after)]


def _typed(text: str, limit: int) -> str:
    return block_kit.shorten(block_kit.printable(text), limit)


def _section(*runs: Element) -> Element:
    return {"type": "rich_text_section", "elements": list(runs)}


def _rich(parts: Sequence[Element]) -> Block:
    return {"type": "rich_text", "elements": list(parts)}
