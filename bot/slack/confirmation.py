"""Ask a person to confirm or complete an act that they chose on a message.

Slack's own dialog belongs to a whole menu, and would ask about every option
(docs.slack.dev/reference/block-kit/block-elements/overflow-menu-element). A modal asks about one.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bot.policy.replies import Note
from bot.slack.context import RequestContext
from bot.slack.lookup import Payload
from bot.slack.views import show_modal


async def ask(context: RequestContext, body: Payload, act: str, question: str, codes: Sequence[int] = ()) -> None:
    """Open the modal that asks *question*, a prefix of texts, about *codes*.

    Its submission has the callback id *act*.
    """
    view = context.services.renderer.confirmation(
        await context.language(), act, question, origin(context, body), codes=codes
    )
    await show(context, body, view)


async def show(context: RequestContext, body: Payload, view: Mapping[str, Any]) -> None:
    """Open the modal *view*."""
    await show_modal(context, "views.open", Note("no_dialog"), trigger_id=body["trigger_id"], view=view)


def origin(context: RequestContext, body: Payload, **more: str) -> str:
    """Return what a modal brings back for `confirmed`: the message of a button or menu, and its value with *more*."""
    message = body["message"]
    kept = {key: message[key] for key in ("ts", "thread_ts") if key in message}
    return json.dumps(
        {
            "channel": context.place.channel,
            "thread_ts": context.thread,
            "url": body["response_url"],
            "message": kept,
            "value": json.dumps({**value_of(body), **more}),
        }
    )


def confirmed(handle: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Make a handler of the modal's submission from that of a button on the message."""

    async def submitted(context: RequestContext, body: Payload, *rest: Any) -> None:
        came_from = json.loads(body["view"]["private_metadata"])
        acted = {"message": came_from["message"], "actions": [{"value": came_from["value"]}]}
        await handle(context, {**body, **acted, "response_url": came_from["url"]}, *rest)

    return submitted


def value_of(body: Payload) -> Any:
    """Return the value of a button or of the chosen option, which is JSON."""
    action = body["actions"][0]
    return json.loads(action["selected_option"]["value"] if "selected_option" in action else action["value"])
