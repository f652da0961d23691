"""What a message of the app may hold, whichever way it arrives: Web API, acknowledgement or response URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sandbox.api_error import SlackError
from bot.sandbox.block_schema import check_blocks
from bot.sandbox.manifest import Json
from bot.sandbox.message_text import stored
from bot.sandbox.model import SandboxWorkspace

_MAX_TEXT = 40_000  # longer texts are cut, not refused


def content(workspace: SandboxWorkspace, values: Mapping[str, Any], *, whole: bool = True) -> Json:
    """The checked `text`, `blocks` and `attachments`; `no_text` where there is none of them.

    *whole* also limits the text of all blocks together, which response URLs do not.
    """
    text, blocks, attachments = str(values.get("text") or ""), values.get("blocks"), values.get("attachments")
    if not text and not blocks and not attachments:
        raise SlackError("no_text")
    made: Json = {"text": stored(text[:_MAX_TEXT])}
    if blocks:
        check_blocks(blocks, whole=whole)
        made["blocks"] = [{"block_id": workspace.new_id(""), **block} for block in blocks]
    if attachments:
        if not isinstance(attachments, list) or not all(isinstance(a, dict) for a in attachments):
            raise SlackError("invalid_attachments")
        for attachment in attachments:
            check_blocks(attachment.get("blocks", []), whole=whole)
        made["attachments"] = [{"id": number, **a} for number, a in enumerate(attachments, 1)]
    return made
