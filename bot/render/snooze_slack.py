"""Show the dialog that snoozes codes in a channel."""

from __future__ import annotations

from typing import Any

from bot.i18n import Translator
from bot.oncall.snoozing import SnoozePreview, SnoozeSpan
from bot.render import block_kit

SNOOZE = "snooze"  # in the value of a menu's option, and the callback id of the dialog
SPAN = "span"  # the fields of the dialog
TIMES = "times"
_TIMES_CHARACTERS = 4


def dialog(preview: SnoozePreview, origin: str, translate: Translator) -> dict[str, Any]:
    """Build the dialog that asks for how long, with a preview of the effect."""
    title, yes, no, label, times, hint = (
        translate(f"snooze.{part}") for part in ("title", "yes", "no", "label", "times.label", "times.hint")
    )
    codes = block_kit.joined(preview.codes, translate)
    blocks = [
        block_kit.section(translate("snooze.text", codes=codes)),
        block_kit.section(_preview(preview, translate)),
        block_kit.choice_input(SPAN, label, [(translate(f"snooze.span.{span}"), span) for span in SnoozeSpan]),
        block_kit.line_input(TIMES, times, hint, _TIMES_CHARACTERS, "10"),
    ]
    return block_kit.dialog(SNOOZE, origin, title, blocks, submit=yes, cancel=no)


def _preview(preview: SnoozePreview, translate: Translator) -> str:
    """Count the replies that the snooze would have silenced."""
    if not preview.explanations and not preview.triages:
        return translate("snooze.preview.none")
    parts = [("explanations", preview.explanations), ("triages", preview.triages)]
    counts = [translate.count(f"snooze.{name}", count) for name, count in parts if count]
    return translate("snooze.preview", counts=translate("list.separator").join(counts))
