"""Ask a person to confirm an act that they chose in a menu.

Slack's own dialog belongs to the whole menu, and would ask about every option
(docs.slack.dev/reference/block-kit/block-elements/overflow-menu-element). A modal asks about one.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence

from bot.policy.replies import Note
from bot.slack.context import RequestContext
from bot.slack.lookup import Payload
from bot.slack.views import show_modal

Handler = Callable[[RequestContext, Payload], Awaitable[None]]


async def ask(context: RequestContext, body: Payload, act: str, question: str, codes: Sequence[int] = ()) -> None:
    """Open the modal that asks *question*, a prefix of texts, about *codes*; its submission has the callback id *act*.

    The modal brings back what `confirmed` needs: where the menu is, and its chosen value.
    """
    message = body["message"]
    kept = {key: message[key] for key in ("ts", "thread_ts") if key in message}
    # The block_id of the first block can contain the state of a triage.
    kept["blocks"] = [{"block_id": block.get("block_id", "")} for block in message["blocks"][:1]]
    origin = {
        "channel": context.place.channel,
        "thread_ts": context.thread,
        "url": body["response_url"],
        "message": kept,
        "value": body["actions"][0]["selected_option"]["value"],
    }
    renderer, language = context.services.renderer, await context.language()
    view = renderer.confirmation(language, act, question, json.dumps(origin), codes)
    await show_modal(context, "views.open", Note("no_dialog"), trigger_id=body["trigger_id"], view=view)


def confirmed(handle: Handler) -> Handler:
    """Make a handler of the modal's submission from that of a button on the message."""

    async def submitted(context: RequestContext, body: Payload) -> None:
        origin = json.loads(body["view"]["private_metadata"])
        await handle(context, {**body, "message": origin["message"], "actions": [{"value": origin["value"]}]})

    return submitted
