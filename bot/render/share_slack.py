"""Add *Share to channel* to a private reply, and the person who shared it to a public one."""

from __future__ import annotations

from bot.i18n import Translator
from bot.render import block_kit
from bot.render.block_kit import MessagePayload

SHARE = "share_to_channel"  # action id; its value is made by `bot.slack.sharing`


def with_share_button(payload: MessagePayload, value: str, translate: Translator) -> MessagePayload:
    """Put *Share to channel* before the other buttons of *payload*, or at its end if there are none."""
    share = block_kit.button(translate("button.share"), SHARE, value=value, style="primary")
    *blocks, last = payload["blocks"]
    blocks, elements = (blocks, last["elements"]) if last["type"] == "actions" else ([*blocks, last], [])
    return block_kit.message(payload["text"], [*blocks, block_kit.actions(share, *elements)])


def shared(payload: MessagePayload, user: str, translate: Translator) -> MessagePayload:
    """Name the person who shared *payload* above it."""
    who = translate("share.by", who=block_kit.mention(user))
    return block_kit.message(payload["text"], [block_kit.context(who), *payload["blocks"]])
