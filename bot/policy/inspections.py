"""Apply the noise rules without acting: explain an act to a person, or preview the acts in a channel."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.catalogue.catalogue import Catalogue
from bot.detection.detector import find_in_message
from bot.errors import RetryLater, StopWorkspace
from bot.policy.annotations import Annotations, SeenMessage
from bot.policy.content import is_by_person, is_paste, is_written, read_content
from bot.policy.noise_rules import COOL_DOWN_S, Act, ChannelHistory, Sighting, decide
from bot.policy.place import Directory, Place
from bot.policy.replies import DryRun, FileSeen, WhyReply
from bot.storage.change_store import ChangeStore

PREVIEWED = 100  # messages
_MAX_CODES = 5


@dataclass(frozen=True, slots=True)
class Inspections:
    """Inspect messages by the rules that `Annotations` applies to them."""

    _catalogue: Catalogue
    _annotations: Annotations
    _changes: ChangeStore
    _clock: Callable[[], float]

    async def why(self, message: Mapping[str, Any], place: Place, files: Sequence[FileSeen] = ()) -> WhyReply:
        """Explain why a message of *place*, as Slack returns it, with its *files*, got a reply or did not."""
        detection = await asyncio.to_thread(find_in_message, message, self._catalogue)
        content = await asyncio.to_thread(read_content, message, self._catalogue)
        digests = [file.digest for file in files if file.digest]
        in_files = tuple(Sighting(code, False, "") for digest in digests for code in digest.codes)
        is_log = any(digest.files for digest in digests) or (is_by_person(message) and is_paste(content.passages))
        sightings = content.sightings
        ts = str(message["ts"])
        seen = SeenMessage(place, ts, str(message.get("thread_ts", ts)), sightings)
        record, history, _ = await self._annotations.load(seen)
        cause = record.log.summary.code if record and record.log else None
        silenced = dict(decide(sightings, history, is_log=is_log, cause=cause).silenced)
        in_files_silenced = [rule for _, rule in decide(in_files, history, is_log=True, cause=cause).silenced]
        contexts = await self._changes.ignored(place.team, place.channel, now=self._clock())
        by_fingerprint = {context.fingerprint: context for context in contexts}
        known = [(each.code, by_fingerprint.get(each.fingerprint)) for each in sightings]
        return WhyReply(
            findings=tuple((each, silenced.get(each.code)) for each in detection.findings),
            lookalikes=detection.lookalikes,
            did=Act(record.act) if record else None,
            is_written=is_written(message),
            ignored={code: context for code, context in known if context},
            files=tuple(files),
            files_rule=next(iter(in_files_silenced), None),
        )

    async def preview(self, channel: str, directory: Directory, *, own_bot: str | None) -> DryRun:
        """Apply the noise rules to the last messages of a channel, in thread mode, and count the acts.

        Messages of *own_bot* (a bot id) are skipped, because the bot never replies to itself, and so are Slack's
        notices, such as that of the bot's own joining. The cool-down follows the time stamps of the messages.
        """
        try:
            history = await directory.history(channel, most=PREVIEWED)
        except (RetryLater, StopWorkspace):
            history = None
        if history is None:
            return DryRun(None)
        others = [message for message in reversed(history) if not own_bot or message.get("bot_id") != own_bot]
        messages = [message for message in others if is_written(message)]
        return await asyncio.to_thread(self._dry_run, messages)

    def _dry_run(self, messages: Sequence[Mapping[str, Any]]) -> DryRun:
        """Apply the noise rules to *messages*, oldest first."""
        acts: Counter[Act] = Counter()
        codes: Counter[int] = Counter()
        explained_at: dict[int, float] = {}
        for message in messages:
            now = float(message["ts"])
            recent = frozenset(code for code, at in explained_at.items() if at >= now - COOL_DOWN_S)
            decision = decide(read_content(message, self._catalogue).sightings, ChannelHistory(recent=recent))
            acts[decision.act] += 1
            codes.update(decision.codes)
            if decision.act is Act.REPLY:
                explained_at |= dict.fromkeys(decision.codes, now)
        entries = tuple(entry for code, _ in codes.most_common(_MAX_CODES) if (entry := self._catalogue.get(code)))
        return DryRun(len(messages), acts[Act.REPLY], acts[Act.REACT], entries)
