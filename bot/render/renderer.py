"""A reply as a message: text and blocks for whichever method sends it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry
from bot.i18n import Language, Translator, words
from bot.policy import replies
from bot.policy.replies import Reply, Triaged
from bot.render import block_kit, digest_slack, notices, triage_notices
from bot.render.block_kit import Element, MessagePayload
from bot.render.detection_slack import why
from bot.render.entry_slack import Explanations
from bot.render.entry_text import said

_KEEP_MOST = 500


class Renderer:
    """Turns replies into messages, in the language asked for."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._annotations: OrderedDict[tuple[object, ...], MessagePayload] = OrderedDict()  # a few make up most
        for language in Language:
            words(language)  # read now, so that the first answer does not wait for it

    def message(self, reply: Reply, language: Language) -> MessagePayload:
        """The text and the blocks that say *reply*; they are not to be changed, as they may be given again."""
        if not isinstance(reply, replies.Annotation) or reply.counts:
            return self._made(reply, language)
        key = (reply.unknown, language, *(entry.code for entry in reply.entries))
        if key not in self._annotations:
            self._annotations[key] = self._made(reply, language)
            if len(self._annotations) > _KEEP_MOST:
                self._annotations.popitem(last=False)
        return self._annotations[key]

    def _made(self, reply: Reply, language: Language) -> MessagePayload:
        match reply:
            case replies.Explained():
                said_so = self._in(language).asked_for(reply)
            case replies.Annotation():
                said_so = self._in(language).annotation(reply)
            case replies.Triaged():
                return self.triage(reply, language)
            case _:
                said_so = _SAID[type(reply)](reply, language, words(language))
        message: MessagePayload = block_kit.converted(said_so, language)
        return message

    def triage(self, reply: Triaged, language: Language, *, with_chart: bool = True) -> MessagePayload:
        """Render the triage of a log, with Slack's chart or with bars in text."""
        key = str(reply.source or "")
        said_so = digest_slack.message(reply.digest, self._catalogue, language, key=key, with_chart=with_chart)
        # A copy for one person has none: what they do is done to the message that all see.
        blocks = [block for block in said_so["blocks"] if key or block["type"] != "actions"]
        return {**said_so, "blocks": blocks}

    def is_cut(self, reply: Triaged, language: Language) -> bool:
        """Whether the message of *reply* leaves out what the full report has."""
        return digest_slack.is_cut(reply.digest, self._catalogue, language)

    def paste(self, language: Language, text: str, origin: str) -> dict[str, Any]:
        """The dialog to paste a log into; see `triage_notices.paste`."""
        view: dict[str, Any] = block_kit.converted(triage_notices.paste(words(language), text, origin), language)
        return view

    def lookup(self, language: Language, entry: Entry | None = None) -> dict[str, Any]:
        """The dialog that finds a code while one types, with *entry* shown below."""
        view: dict[str, Any] = block_kit.converted(self._in(language).lookup(entry), language)
        return view

    def options(self, entries: Sequence[Entry], language: Language) -> list[Element]:
        """What the dialog offers while one types."""
        options = [
            block_kit.option(f"{entry.code} {said(entry.title, language)}", str(entry.code)) for entry in entries
        ]
        converted: list[Element] = block_kit.converted(options, language)
        return converted

    def _in(self, language: Language) -> Explanations:
        return Explanations(self._catalogue, language, words(language))


_SAID: Mapping[type, Callable[[Any, Language, Translator], MessagePayload]] = {
    replies.Unknown: notices.unknown,
    replies.Found: notices.found,
    replies.NothingFound: notices.nothing_found,
    replies.Range: notices.range_,
    replies.Listing: notices.listing,
    replies.Usage: notices.usage,
    replies.SettingsReply: notices.settings,
    replies.NoCodes: notices.no_codes,
    replies.NoMessage: notices.no_message,
    replies.WhyReply: why,
    replies.DryRun: notices.dry_run,
    replies.Barred: notices.barred,
    replies.UnreadableReply: triage_notices.unreadable,
    replies.Leaked: triage_notices.leaked,
    replies.Escalated: triage_notices.escalated,
    replies.Note: triage_notices.note,
    replies.Failed: notices.failed,
}
