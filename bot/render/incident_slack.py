"""Show the state of an incident in Slack: in the first lines of its triage or alert, its buttons and their dialogs.

The lines mention only the people who acted, and show typed text literally.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language, Translator, words
from bot.oncall.ownership import HELPED_CHARACTERS
from bot.policy.replies import Overdue, TakenOver
from bot.render import block_kit
from bot.render.block_kit import Block, Element, MessagePayload
from bot.render.packet_slack import TRIAGE_PACKET
from bot.render.snooze_slack import SNOOZE
from bot.render.trend_slack import code_line
from bot.storage.incident_store import Incident, Status

TRIAGE_LANGUAGE = "triage_language"  # action ids; the value of each is made by `button_value`
TRIAGE_REPORT = "triage_report"
TRIAGE_TAKE = "triage_take"
TRIAGE_RELEASE = "triage_release"
TRIAGE_RESOLVE = "triage_resolve"
TRIAGE_REOPEN = "triage_reopen"
TRIAGE_ESCALATE = "triage_escalate"
TRIAGE_WRONG = "triage_wrong"
TRIAGE_MENU = "triage_menu"  # its options contain one of the other action ids, see `act_of`
HELPED = "helped"  # the field of the dialog

_ACTION_IDS = {  # by the name of the label
    "take": TRIAGE_TAKE,
    "take_over": TRIAGE_TAKE,
    "release": TRIAGE_RELEASE,
    "release_or_take_over": TRIAGE_RELEASE,
    "resolve": TRIAGE_RESOLVE,
    "reopen": TRIAGE_REOPEN,
    "escalate": TRIAGE_ESCALATE,
    "report": TRIAGE_REPORT,
    "packet": TRIAGE_PACKET,
    "snooze": SNOOZE,
    "wrong": TRIAGE_WRONG,
}
# The acts that change each status: those that are always buttons, the likeliest first, and those in a triage's menu.
_FREE_ACTS = ("take",), ("resolve",)
_ACTS: dict[Status, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Status.OPEN: _FREE_ACTS,
    Status.TAKEN: (("resolve", "release"), ("take_over",)),
    Status.RELEASED: _FREE_ACTS,
    Status.RESOLVED: (("reopen",), ()),
}
# With *Escalate*, one button for two acts, as Slack allows five options in the menu: the bot asks everybody but the
# owner who presses *Release* whether to take over.
_TAKEN_WITH_ESCALATE = ("resolve", "release_or_take_over"), ()
_MOST_BUTTONS = 3  # of a triage, beside its menu
_ALERT_ACTS = {_ACTION_IDS[first] for (first, *_), _ in _ACTS.values()}  # one of them is below each alert
_STATE_ID = "incident"  # of the section with the state


def button_value(source: str, language: Language, code: int | None = None, **more: str) -> str:
    """Return the value of a button: *source*, to read the log again, the message's language, and the cause's code."""
    return json.dumps({**more, "key": source, "language": language} | ({"code": code} if code else {}))


def alert_buttons(code: int | None, translate: Translator, status: Status = Status.OPEN) -> Block:
    """Build the buttons of an alert that fit the status. There is no log to report on, to read again or to mark."""
    first, others = _ACTS[status]
    return block_kit.actions(*_row([*first, *others], button_value("", translate.language, code), translate))


def act_of(value: str) -> str:
    """Return the action id in the value of an option of the menu."""
    return str(json.loads(value)["act"])


def buttons(
    source: str,
    code: int | None,
    translate: Translator,
    status: Status = Status.OPEN,
    *,
    can_escalate: bool = False,
) -> Block:
    """Build at most three buttons that fit the status, the likeliest first, and a menu with the rest."""
    language = translate.language
    first, others = _TAKEN_WITH_ESCALATE if can_escalate and status is Status.TAKEN else _ACTS[status]
    escalate = ["escalate"] if can_escalate and status is not Status.RESOLVED else []
    names = [*first, *escalate, "report"]

    def option(name: str) -> Element:
        value = button_value(source, language, code, act=_ACTION_IDS[name])
        return block_kit.option(translate(f"triage.button.{name}"), value)

    options = [option(name) for name in (*others, *names[_MOST_BUTTONS:], "packet")]
    other = button_value(source, language.other, code, act=TRIAGE_LANGUAGE)
    options.append(block_kit.option(translate("button.other_language"), other))
    if code:
        options.append(option("snooze"))
    options.append(option("wrong"))
    row = _row(names[:_MOST_BUTTONS], button_value(source, language, code), translate)
    return block_kit.actions(*row, block_kit.overflow(TRIAGE_MENU, options))


def _row(names: Sequence[str], value: str, translate: Translator) -> list[Element]:
    """Build buttons; the first one stands out, but not *Reopen*, which is rarely right."""
    row = [block_kit.button(translate(f"triage.button.{name}"), _ACTION_IDS[name], value=value) for name in names]
    if names[0] != "reopen":
        row[0]["style"] = "primary"
    return row


def with_state(payload: MessagePayload, incident: Incident, *, can_escalate: bool = False) -> MessagePayload:
    """Return a triage or alert with the state of *incident* in its first lines, and the buttons that fit its status.

    A message without such buttons at the end, such as after *Mark as wrong*, stays as it is.
    """
    *blocks, last = (block for block in payload["blocks"] if not _is_state(block))
    acts = _ALERT_ACTS if incident.is_alert else {TRIAGE_MENU}
    if acts.isdisjoint(each.get("action_id") for each in last.get("elements", ())):
        return payload
    language = Language(incident.language)
    translate = words(language)
    if incident.is_alert:
        actions = alert_buttons(incident.code, translate, incident.status)
    else:
        actions = buttons(incident.source, incident.code, translate, incident.status, can_escalate=can_escalate)
    blocks.append(block_kit.converted(actions, language))
    lines = payload["text"].split("\n")[_lines_of_state(payload) :]
    state = state_lines(incident, translate)
    if not state:
        return block_kit.message("\n".join(lines), blocks)
    section = block_kit.converted(block_kit.section("\n".join(state)), language)
    section["block_id"] = f"{_STATE_ID}_{incident.version}"
    return block_kit.message("\n".join([section["text"]["text"], *lines]), [section, *blocks])


def state_lines(incident: Incident, translate: Translator) -> list[str]:
    """Return a line about who has taken, released or resolved an incident, and one about who escalated it."""
    lines = []
    if incident.status is not Status.OPEN:
        who, time = block_kit.mention(incident.user), block_kit.date(incident.at)
        if incident.helped:
            helped = block_kit.literal(incident.helped, HELPED_CHARACTERS)
            lines.append(translate("triage.resolved.helped", who=who, time=time, helped=helped))
        else:
            lines.append(translate(f"triage.{incident.status}", who=who, time=time))
    if incident.escalated_by and incident.escalated_at:
        who, time = block_kit.mention(incident.escalated_by), block_kit.date(incident.escalated_at)
        lines.append(translate("triage.escalated", who=who, time=time))
    return lines


def incident_title(catalogue: Catalogue, incident: Incident, translate: Translator) -> str:
    """Name an incident by its code, or as a triage or an alert if it has none."""
    if incident.code:
        return code_line(catalogue, incident.code, translate)
    return f"*{translate('alert.title' if incident.is_alert else 'home.triage')}*"


def opening(link: str | None, translate: Translator) -> str:
    """Return the end of a line, a link to the message of an incident; empty without a link."""
    return f" · {block_kit.linked(translate('home.open'), link)}" if link else ""


def take_over(incident: Incident, minutes: int, origin: str, translate: Translator) -> dict[str, Any]:
    """Build the dialog that asks whether to take over from the owner, who took the incident *minutes* ago."""
    title, yes, no = (translate(f"triage.take_over.{part}") for part in ("title", "yes", "no"))
    text = translate.count("triage.take_over.text", minutes, who=block_kit.mention(incident.user))
    return block_kit.dialog(TRIAGE_TAKE, origin, title, [block_kit.section(text)], submit=yes, cancel=no)


def resolution(origin: str, translate: Translator) -> dict[str, Any]:
    """Build the dialog that asks what helped."""
    title, label, hint, yes, no = (
        translate(f"triage.resolve.{part}") for part in ("title", "label", "hint", "yes", "no")
    )
    field = block_kit.line_input(HELPED, label, hint, HELPED_CHARACTERS)
    return block_kit.dialog(TRIAGE_RESOLVE, origin, title, [field], submit=yes, cancel=no)


def taken_over(reply: TakenOver, translate: Translator) -> MessagePayload:
    """Notify the former owner that someone took over their incident."""
    names = {"who": block_kit.mention(reply.by), "channel": f"<#{reply.channel}>"}
    return block_kit.text_message(translate("triage.taken_over", **names, triage=_linked(reply, translate)))


def overdue(reply: Overdue, translate: Translator) -> MessagePayload:
    """Remind the owner of an open incident."""
    names = {"time": block_kit.date(reply.since), "channel": f"<#{reply.channel}>"}
    return block_kit.text_message(translate("triage.overdue", **names, triage=_linked(reply, translate)))


def _linked(reply: TakenOver | Overdue, translate: Translator) -> str:
    return block_kit.linked(translate("alert.one" if reply.is_alert else "triage.one"), reply.link)


def _is_state(block: Block) -> bool:
    return str(block.get("block_id", "")).startswith(_STATE_ID)


def _lines_of_state(payload: MessagePayload) -> int:
    """Count the lines of the plain text that show the state."""
    states = [block["text"]["text"] for block in payload["blocks"] if _is_state(block)]
    return sum(len(text.split("\n")) for text in states)
