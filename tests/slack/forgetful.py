"""Fake a workspace that remembers nothing."""

from __future__ import annotations

from bot.policy.replies import Reply


class Forgetful:
    """Replaces `bot.policy.memories.Memories`."""

    async def recall(self, reply: Reply, *_: object) -> Reply:
        """Add nothing to a reply."""
        return reply
