"""What the bot would have done in a channel, told to whoever invites it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bot.catalogue.catalogue import Catalogue
from bot.policy.annotate import COOL_DOWN_S, Annotations
from bot.policy.noise_rules import Act, ChannelHistory, decide
from bot.policy.place import Directory, DirectoryError
from bot.policy.replies import DryRun

HISTORY = 100  # messages
_MOST_CODES = 5


async def dry_run(
    channel: str, directory: Directory, annotations: Annotations, catalogue: Catalogue, *, own_bot: str | None
) -> DryRun:
    """Go through the latest messages of a channel by the rules, in thread mode, and count.

    *own_bot* is the bot's id: what it said there itself, by command, is never answered.
    """
    try:
        history = await directory.history(channel, most=HISTORY)
    except DirectoryError:
        history = None
    if history is None:
        return DryRun(None)
    others = [message for message in reversed(history) if not own_bot or message.get("bot_id") != own_bot]
    return _counted(others, annotations, catalogue)


def _counted(history: Sequence[Mapping[str, Any]], annotations: Annotations, catalogue: Catalogue) -> DryRun:
    acts: Counter[Act] = Counter()
    codes: Counter[int] = Counter()
    explained_at: dict[int, float] = {}
    for message in history:
        sightings = annotations.contents(message).sightings
        now = float(message["ts"])
        lately = frozenset(code for code, at in explained_at.items() if at >= now - COOL_DOWN_S)
        decision = decide(sightings, ChannelHistory(lately=lately))
        acts[decision.act] += 1
        codes.update(decision.codes)
        if decision.act is Act.REPLY:
            explained_at |= dict.fromkeys(decision.codes, now)
    entries = tuple(entry for code, _ in codes.most_common(_MOST_CODES) if (entry := catalogue.get(code)))
    return DryRun(len(history), acts[Act.REPLY], acts[Act.REACT], entries)
