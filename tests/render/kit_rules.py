"""Check messages by the rules of Slack's SDK and of the sandbox."""

from __future__ import annotations

from typing import Any

from slack_sdk.models.blocks import Block, SectionBlock

from bot.sandbox.block_schema import check_blocks

MOST_BLOCKS = 50
MOST_CHARACTERS = 10_000  # of all texts together; above, chat.postMessage may answer msg_blocks_too_long


def assert_sendable(message: dict[str, Any]) -> None:
    """Fail if Slack would refuse *message*."""
    assert 0 < len(message["text"].encode()) < 4000
    blocks = message["blocks"]
    assert 0 < len(blocks) <= MOST_BLOCKS
    check_blocks(blocks)
    for block in blocks:
        if block["type"] == "data_visualization":
            continue  # newer than the SDK
        parsed = Block.parse(block)
        assert parsed is not None, block
        parsed.validate_json()
        if isinstance(parsed, SectionBlock):
            assert all(len(field["text"]) <= 2000 for field in block.get("fields", ()))
    assert sum(len(text) for text in texts(blocks)) <= MOST_CHARACTERS


def texts(content: Any) -> list[str]:
    """Return every text in *content*."""
    if isinstance(content, dict):
        own = [content["text"]] if isinstance(content.get("text"), str) else []
        return own + [text for value in content.values() for text in texts(value)]
    if isinstance(content, list):
        return [text for item in content for text in texts(item)]
    return []
