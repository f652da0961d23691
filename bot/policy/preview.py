"""Preview the bot in a channel: count the replies that its last messages would have got."""

from __future__ import annotations

from collections import Counter

from bot.catalogue.catalogue import Catalogue
from bot.policy.annotate import COOL_DOWN_S
from bot.policy.content import read_content
from bot.policy.noise_rules import Act, ChannelHistory, decide
from bot.policy.place import Directory, DirectoryError
from bot.policy.replies import DryRun

HISTORY = 100  # messages
_MAX_CODES = 5


async def dry_run(channel: str, directory: Directory, catalogue: Catalogue, *, own_bot: str | None) -> DryRun:
    """Apply the noise rules to the last messages of a channel, in thread mode, and count the acts.

    Messages of *own_bot* (a bot id) are skipped: the bot never replies to itself. The cool-down follows the time stamps
    of the messages.
    """
    try:
        history = await directory.history(channel, most=HISTORY)
    except DirectoryError:
        history = None
    if history is None:
        return DryRun(None)
    messages = [message for message in reversed(history) if not own_bot or message.get("bot_id") != own_bot]
    acts: Counter[Act] = Counter()
    codes: Counter[int] = Counter()
    explained_at: dict[int, float] = {}
    for message in messages:
        now = float(message["ts"])
        recent = frozenset(code for code, at in explained_at.items() if at >= now - COOL_DOWN_S)
        decision = decide(read_content(message, catalogue).sightings, ChannelHistory(recent=recent))
        acts[decision.act] += 1
        codes.update(decision.codes)
        if decision.act is Act.REPLY:
            explained_at |= dict.fromkeys(decision.codes, now)
    entries = tuple(entry for code, _ in codes.most_common(_MAX_CODES) if (entry := catalogue.get(code)))
    return DryRun(len(messages), acts[Act.REPLY], acts[Act.REACT], entries)
