"""Render replies as Slack messages and modals: the text and blocks for whichever method sends them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from cachetools import LRUCache, cached

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry
from bot.i18n import Language, Translator, words
from bot.oncall.memory import NoteReply
from bot.oncall.packet import PacketReply
from bot.oncall.snoozing import SnoozePreview
from bot.oncall.story import HandoffReply, StoryReply
from bot.oncall.trends import TopReply
from bot.oncall.watches import AlertReply, OfferReply, WatchesReply
from bot.oncall.weekly import WeeklyReply
from bot.policy import replies, troubles
from bot.policy.home_content import HomeContent
from bot.render import (
    block_kit,
    change_slack,
    detection_slack,
    digest_slack,
    entry_slack,
    home_slack,
    incident_slack,
    log_notices,
    memory_slack,
    notices,
    packet_slack,
    platform_slack,
    share_slack,
    snooze_slack,
    story_slack,
    trend_slack,
    watch_slack,
    weekly_slack,
)
from bot.render.block_kit import Element, MessagePayload
from bot.storage.incident_store import Incident
from bot.triage.cascades import open_cascades

_MOST_CACHED = 500  # explanations
_View = Callable[[Any, Translator], MessagePayload]

# By the type of the reply.
_VIEWS: dict[type, _View] = {
    replies.Foreign: notices.foreign,
    replies.Found: notices.found,
    replies.Listing: notices.listing,
    replies.LogsReply: platform_slack.logs,
    replies.Usage: notices.usage,
    replies.SettingsReply: change_slack.settings,
    replies.IgnoredReply: change_slack.ignored,
    replies.ForgotReply: change_slack.forgot,
    replies.Denied: change_slack.denied,
    replies.DryRun: notices.dry_run,
    replies.LogKept: digest_slack.kept,
    replies.UnreadableReply: notices.unreadable,
    replies.Leaked: notices.leaked,
    replies.Escalated: notices.escalated,
    replies.Summons: notices.summons,
    replies.TakenOver: incident_slack.taken_over,
    replies.Overdue: incident_slack.overdue,
    replies.Note: notices.note,
    NoteReply: memory_slack.note,
    PacketReply: packet_slack.to_copy,
    troubles.Barred: notices.barred,
    troubles.Uncalled: notices.uncalled,
    troubles.Failed: notices.failed,
    troubles.Refused: notices.refused,
}
# Those that name entries of the catalogue.
_CATALOGUE_VIEWS: dict[type, Callable[[Catalogue, Any, Translator], MessagePayload]] = {
    replies.Unknown: entry_slack.unknown,
    replies.Range: notices.code_range,
    replies.WhyReply: detection_slack.why,
    replies.PrivateTriage: digest_slack.private,
    replies.NothingFound: log_notices.nothing_found,
    TopReply: trend_slack.top,
    WeeklyReply: weekly_slack.weekly,
    StoryReply: story_slack.story,
    HandoffReply: story_slack.handoff,
    WatchesReply: watch_slack.watches,
    AlertReply: watch_slack.alert,
    OfferReply: watch_slack.offer,
}


class Renderer:
    """Renders replies in any language. Triages get the button *Escalate* only with *can_escalate*."""

    def __init__(self, catalogue: Catalogue, *, can_escalate: bool = False) -> None:
        self._catalogue = catalogue
        self._can_escalate = can_escalate
        for language in Language:
            words(language)  # read now, so that the first answer does not wait for it
        # Most posts of the bot are one of a few explanations.
        explanations: LRUCache[Any, MessagePayload] = LRUCache(_MOST_CACHED)
        keep = cached(explanations, key=_explanation_key)
        self._views: dict[type, _View] = {
            **_VIEWS,
            **{reply: partial(view, catalogue) for reply, view in _CATALOGUE_VIEWS.items()},
            replies.Annotation: keep(partial(entry_slack.annotation, catalogue, open_cascades())),
            replies.Explained: keep(partial(entry_slack.explained, catalogue)),
            replies.Triaged: partial(digest_slack.message, catalogue, can_escalate=can_escalate),
            replies.ChangeReply: self._change,
            replies.Shared: self._shared,
        }

    def message(self, reply: replies.Reply, language: Language, *, share: str = "") -> MessagePayload:
        """Render *reply*, with *Share to channel* if the value *share* of that button is given.

        Do not change the message: it may be returned again.
        """
        translate = words(language)
        rendered = self._views[type(reply)](reply, translate)
        rendered = share_slack.with_share_button(rendered, share, translate) if share else rendered
        return block_kit.converted(rendered, language)

    def is_cut(self, reply: replies.Triaged, language: Language) -> bool:
        """Return whether the message of *reply* leaves out anything that the full report contains."""
        return digest_slack.is_cut(self._catalogue, reply, words(language), can_escalate=self._can_escalate)

    def paste(self, language: Language, text: str, origin: str) -> dict[str, Any]:
        """Render the dialog to paste a log into; see `notices.paste`."""
        return block_kit.converted(notices.paste(text, origin, words(language)), language)

    def text(self, language: Language, key: str) -> str:
        """Return the text of *key*, such as the error to show below the field of a dialog."""
        return block_kit.converted({"text": words(language)(key)}, language)["text"]

    def confirmation(
        self, language: Language, callback_id: str, question: str, origin: str, codes: Sequence[int]
    ) -> dict[str, Any]:
        """Render the dialog that asks before an act; see `notices.confirmation`."""
        view = notices.confirmation(callback_id, question, origin, codes, words(language))
        return block_kit.converted(view, language)

    def with_state(self, message: MessagePayload, incident: Incident) -> MessagePayload:
        """Return a triage message that shows the state of *incident*; see `incident_slack.with_state`."""
        return incident_slack.with_state(message, incident, can_escalate=self._can_escalate)

    def take_over(self, language: Language, incident: Incident, minutes: int, origin: str) -> dict[str, Any]:
        """Render the dialog that asks whether to take an incident over; see `incident_slack.take_over`."""
        return block_kit.converted(incident_slack.take_over(incident, minutes, origin, words(language)), language)

    def resolution(self, language: Language, origin: str) -> dict[str, Any]:
        """Render the dialog that asks what helped; see `incident_slack.resolution`."""
        return block_kit.converted(incident_slack.resolution(origin, words(language)), language)

    def packet_dialog(self, language: Language, origin: str) -> dict[str, Any]:
        """Render the dialog before the text for ZEGO support; see `packet_slack.dialog`."""
        return block_kit.converted(packet_slack.dialog(origin, words(language)), language)

    def note_dialog(self, language: Language, reply: replies.Reply, origin: str) -> dict[str, Any] | None:
        """Render the dialog to edit a note, None if *reply* shows none; see `memory_slack.note_dialog`."""
        if not isinstance(reply, NoteReply):
            return None
        return block_kit.converted(memory_slack.note_dialog(reply, origin, words(language)), language)

    def snooze_dialog(self, language: Language, preview: SnoozePreview, origin: str) -> dict[str, Any]:
        """Render the dialog that snoozes codes; see `snooze_slack.dialog`."""
        return block_kit.converted(snooze_slack.dialog(preview, origin, words(language)), language)

    def lookup(self, language: Language, entry: Entry | None = None) -> dict[str, Any]:
        """Render the modal that searches codes while a person types, with *entry* shown below."""
        return block_kit.converted(entry_slack.lookup(entry, words(language)), language)

    def home(self, language: Language, content: HomeContent, notice: replies.Reply | None) -> dict[str, Any]:
        """Render the Home tab, with the text of *notice* at the top; see `home_slack.home`."""
        translate = words(language)
        text = self._views[type(notice)](notice, translate)["text"] if notice else ""
        return block_kit.converted(home_slack.home(self._catalogue, content, text, translate), language)

    def options(self, entries: Sequence[Entry], language: Language) -> list[Element]:
        """Render the suggestions that the lookup modal shows while a person types."""
        titles = {entry.code: words(language).pick(entry.title) for entry in entries}
        options = [block_kit.option(f"{code} {title}", str(code)) for code, title in titles.items()]
        return block_kit.converted(options, language)

    def _shared(self, reply: replies.Shared, translate: Translator) -> MessagePayload:
        """Render the reply that a person shared, with their name."""
        return share_slack.shared(self._views[type(reply.reply)](reply.reply, translate), reply.user, translate)

    def _change(self, reply: replies.ChangeReply, translate: Translator) -> MessagePayload:
        """Render the line about a change, with the reply that was restored by undoing it."""
        if reply.restored is None:
            return change_slack.change(self._catalogue, reply, translate)
        restored = self._views[type(reply.restored)](reply.restored, translate)
        message = change_slack.restored(self._catalogue, restored, reply, translate)
        return self.with_state(message, reply.incident) if reply.incident else message


def _explanation_key(reply: replies.Annotation | replies.Explained, translate: Translator) -> tuple[object, ...]:
    """Return what an explanation depends on. An entry is named by its code: to hash it takes as long as to show it."""
    match reply:
        case replies.Annotation():
            own: tuple[object, ...] = tuple(reply.counts.items())
        case replies.Explained():
            own = reply.is_detailed, reply.foreign
    codes = tuple(entry.code for entry in reply.entries)
    platform = reply.platform.key if reply.platform else ""
    shared = codes, reply.unknown, platform, reply.server_codes, reply.memories, translate.language
    return type(reply), *shared, *own
