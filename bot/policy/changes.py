"""Make and undo changes that affect everyone in a channel, and show its settings.

1. `permissions` decides who may change or undo something.
2. Each change is shown to the whole channel with who made it and a button to undo it.
3. Undoing restores the earlier state, once. A setting that was changed again since is not overwritten.
4. “Not a code” and “Wrong” replace the reply by the line that says so. The messages keep an act, so they do not get
   another reply.
5. A setting of the workspace counts in the channels that have no setting of their own. Its line is in the channel where
   it was set.
6. “Not a code” silences numbers in the same context in this channel for 30 days.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.oncall.weekly import ON
from bot.policy.annotations import Annotations
from bot.policy.command_types import (
    SetAudienceCommand,
    SetLanguageCommand,
    SetModeCommand,
    SettingCommand,
    SetWeeklyCommand,
)
from bot.policy.language import Languages
from bot.policy.links import link_to
from bot.policy.noise_rules import Act, Mode
from bot.policy.permissions import Permissions
from bot.policy.place import Audience, Directory, Place
from bot.policy.replies import ChangeReply, Denied, ForgotReply, IgnoredReply, Note, SettingsReply
from bot.settings import Retention
from bot.storage.annotation_store import MessageRef
from bot.storage.change_store import Changed, ChangeStore, ChannelChange, OvertakenError, Restore
from bot.storage.channel_store import ChannelState, ChannelStore, SetBy
from bot.storage.note_store import restore_note
from bot.storage.snooze_store import SnoozeStore, restore_snoozes
from bot.storage.watch_store import restore_watch

_RECORD_PAUSES_S = (0.1, 0.4, 1.0)  # a reply is recorded a moment after it can be seen
_IGNORED_S = 30 * 86_400.0  # for which a context is ignored
_NOT_IN_DIRECT = {Changed.WEEKLY: Note("digest_in_dm"), Changed.ANSWERS: Note("answers_in_dm")}
_RESTORE: dict[Changed, Restore] = {
    Changed.NOTE: restore_note,
    Changed.SNOOZE: restore_snoozes,
    Changed.WATCH: restore_watch,
    Changed.WATCH_STOPPED: restore_watch,
}


@dataclass(frozen=True, slots=True)
class Changes:
    """Change the settings, the replies and the ignored contexts of channels."""

    permissions: Permissions
    _note_permissions: Permissions
    _languages: Languages
    _annotations: Annotations
    _channels: ChannelStore
    _store: ChangeStore
    _snoozes: SnoozeStore
    _clock: Callable[[], float]
    _retention: Retention

    async def settings(self, place: Place, directory: Directory) -> SettingsReply:
        """Return the channel's settings with who set them, and who last marked something."""
        channel = await self.channel(place)
        contexts = await self._store.ignored(place.team, place.channel, now=self._clock())
        wrong = await self._store.last(place.team, place.channel, Changed.WRONG)
        return SettingsReply(
            await self._languages.of_channel(place, directory, channel),
            Mode(channel.mode or Mode.THREAD),
            channel.language_by,
            channel.mode_by,
            len(contexts),
            SetBy(contexts[0].user, contexts[0].at) if contexts else None,
            SetBy(wrong.user, wrong.at) if wrong and not wrong.undone_by else None,
            audience_of(place, channel),
            channel.answers_by if channel.answers else channel.workspace_answers_by,
            is_audience_of_workspace=not channel.answers,
            retention=self._retention,
            weekly_by=channel.weekly_by if channel.weekly else None,
            snoozes=await self._snoozes.active(place.team, place.channel, now=self._clock()),
        )

    async def channel(self, place: Place) -> ChannelState:
        """Return the state of the channel."""
        return await self._channels.get(place.team, place.channel)

    async def set(
        self, command: SettingCommand, place: Place, directory: Directory, *, is_repeated: bool = False
    ) -> ChangeReply | SettingsReply | Denied | Note:
        """Change a setting of the channel or workspace; if it has that value, show the settings.

        *is_repeated*: this is another attempt at the same request, which may have changed the setting before.
        """
        what, value = _setting(command)
        if place.is_direct and what in _NOT_IN_DIRECT:
            return _NOT_IN_DIRECT[what]
        is_for_workspace = what is Changed.WORKSPACE_ANSWERS
        if denied := await self.permissions.denied_to_change(place, directory, is_for_workspace=is_for_workspace):
            return denied
        where = place.team, place.channel
        change = await self._store.set(*where, what, value, user=place.user, at=self._clock())
        if change is None and is_repeated:
            last = await self._store.last(*where, what)
            change = last if last and last.user == place.user and last.detail["after"] == value else None
        return ChangeReply(change) if change else await self.settings(place, directory)

    async def not_a_code(self, reply: MessageRef, place: Place, directory: Directory) -> ChangeReply | Denied | Note:
        """Reject a reply because its codes are not codes, and ignore their contexts in this channel."""
        if denied := await self.permissions.denied_to_change(place, directory):
            return denied
        answered = await self._answered(reply)
        link = await link_to(directory, reply.channel, answered) if answered else ""
        detail = {"until": self._clock() + _IGNORED_S, "link": link}
        return await self._reject(reply, place, Changed.NOT_A_CODE, Act.REJECTED, detail)

    async def wrong(
        self, reply: MessageRef, place: Place, directory: Directory, detail: Mapping[str, Any]
    ) -> ChangeReply | Denied | Note:
        """Reject a triage because it is wrong; *detail* is kept with the change."""
        if denied := await self.permissions.denied_to_change(place, directory):
            return denied
        await self._answered(reply)
        return await self._reject(reply, place, Changed.WRONG, Act.WRONG, detail)

    async def find(self, change_id: int, place: Place, directory: Directory) -> ChannelChange | Denied | Note:
        """Return a change that the person of *place* may undo."""
        found = await self._store.find(place.team, place.channel, change_id)
        permissions = self._note_permissions if found and found.what is Changed.NOTE else self.permissions
        if denied := await permissions.denied_to_change(place, directory):
            return denied
        return found or Note("too_late")

    async def undo(self, change: ChannelChange, place: Place) -> ChangeReply | Note:
        """Restore the state before *change* unless it was undone already; return it with who undid it."""
        try:
            restore = _RESTORE.get(change.what)
            is_first = await self._store.undo(place.team, place.channel, change, user=place.user, restore=restore)
        except OvertakenError:
            return Note("overtaken")
        undone = await self._store.find(place.team, place.channel, change.id)
        restored = None
        if change.what is Changed.NOT_A_CODE:
            restored = await self._annotations.content(MessageRef(place.team, place.channel, change.detail["reply"]))
            if restored is None and not is_first:  # perhaps it was rejected again, which its own button undoes
                return Note("overtaken")
        return ChangeReply(undone or change, restored=restored)

    async def ignored(self, place: Place) -> IgnoredReply:
        """List the contexts that are ignored in a channel."""
        return IgnoredReply(await self._store.ignored(place.team, place.channel, now=self._clock()))

    async def forget(
        self, place: Place, directory: Directory, *, fingerprint: str | None = None, is_repeated: bool = False
    ) -> ForgotReply | IgnoredReply | Denied:
        """Stop ignoring a context, or all of the channel (None); if there is nothing to forget, list the rest.

        *is_repeated* as in `set`.
        """
        if denied := await self.permissions.denied_to_change(place, directory):
            return denied
        ignored = (await self.ignored(place)).contexts
        chosen = [each for each in ignored if fingerprint in (None, each.fingerprint)]
        where = place.team, place.channel
        change = await self._store.forget(*where, chosen, user=place.user, at=self._clock())
        if change is None and is_repeated:
            last = await self._store.last(*where, Changed.FORGOT)
            change = last if last and last.user == place.user else None
        return ForgotReply(place.user, tuple(change.detail["codes"])) if change else IgnoredReply(ignored)

    async def _reject(
        self, reply: MessageRef, place: Place, what: Changed, act: Act, detail: Mapping[str, Any]
    ) -> ChangeReply | Note:
        change = await self._store.reject(reply, what, act, user=place.user, at=self._clock(), detail=detail)
        return ChangeReply(change) if change else Note("too_late")

    async def _answered(self, reply: MessageRef) -> str | None:
        """Return the ts of the first message that *reply* answers, or None if it answers none or is too old."""
        for pause_s in _RECORD_PAUSES_S:
            if ts := await self._annotations.first_answered(reply):
                return ts
            await asyncio.sleep(pause_s)
        return await self._annotations.first_answered(reply)


def _setting(command: SettingCommand) -> tuple[Changed, str | None]:
    """Return the setting that *command* changes, and the value to store, which is None for the default."""
    match command:
        case SetModeCommand(mode):
            return Changed.MODE, None if mode is Mode.THREAD else mode
        case SetLanguageCommand(language):
            return Changed.LANGUAGE, language
        case SetWeeklyCommand(is_on):
            return Changed.WEEKLY, ON if is_on else None
        case SetAudienceCommand(audience, is_for_workspace=True):
            return Changed.WORKSPACE_ANSWERS, None if audience is Audience.CHANNEL else audience
        case SetAudienceCommand(audience):
            return Changed.ANSWERS, audience


def audience_of(place: Place, channel: ChannelState) -> Audience:
    """Return who sees the answers to the command: by the channel's own setting, else by that of the workspace.

    In a direct message, everyone in it sees them.
    """
    if place.is_direct:
        return Audience.CHANNEL
    return Audience(channel.answers or channel.workspace_answers or Audience.CHANNEL)
