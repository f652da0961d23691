"""Show the story of a thread or channel, and the handoff of a shift, in Slack.

Typed text is shown literally. A handoff mentions nobody: it may be shared, and a mention would notify people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Translator
from bot.oncall.ownership import HELPED_CHARACTERS
from bot.oncall.story import HandoffReply, StoryReply
from bot.render import block_kit
from bot.render.block_kit import Block, MessagePayload
from bot.render.incident_slack import state_lines
from bot.render.trend_slack import code_line, seen_line
from bot.render.watch_slack import subject_line
from bot.storage.incident_store import IncidentEvent, Status
from bot.storage.story_store import Chapter, CodeCount
from bot.storage.watch_store import Watch

_MOST_EVENTS = 8  # of an incident, the latest
_EVENTS = ("taken", "released", "resolved", "escalated")  # a newer version may have stored others
_LINES = 10  # of a handoff's part
_NAME = 80  # characters


def story(catalogue: Catalogue, reply: StoryReply, translate: Translator) -> MessagePayload:
    """List alerts and incidents, open ones first, each with its owner and events, then the codes."""
    where = "thread" if reply.is_thread else "channel"
    if not (reply.chapters or reply.codes or reply.alerts):
        text = translate(f"story.none.{where}")
        return block_kit.text_message(text)
    title = translate(f"story.title.{where}")
    blocks = [block_kit.section("\n".join(alerts))] if (alerts := _alerts(catalogue, reply, translate)) else []
    blocks += [block_kit.section("\n".join(_chapter(catalogue, each, reply, translate))) for each in reply.chapters]
    more = reply.number - len(reply.chapters)
    blocks += [block_kit.context(translate.count("story.more", more))] if more > 0 else []
    if reply.codes:
        lines = [_code(catalogue, each, reply, translate) for each in reply.codes]
        blocks += block_kit.paragraphs([translate("story.codes"), *lines])
    return block_kit.text_message(title, blocks=blocks)


def handoff(catalogue: Catalogue, reply: HandoffReply, translate: Translator) -> MessagePayload:
    """List open alerts and incidents, resolved incidents, and new codes."""
    title = translate.count("handoff.title", reply.hours)
    parts: dict[str, list[str]] = {"open": _alerts(catalogue, reply, translate), "resolved": [], "new": []}
    for each in reply.chapters:
        parts["open" if each.is_open else "resolved"].append(_handed(catalogue, each, reply, translate))
    for code in reply.new:
        seen = _seen("first", code.first, reply, translate)
        count = translate.count("top.count", code.count)
        parts["new"].append(f"{code_line(catalogue, code.code, translate)} · {count} · {seen}")
    blocks: list[Block] = []
    for name, lines in parts.items():
        listed = [f"• {line}" for line in lines[:_LINES]] or [translate(f"handoff.none.{name}")]
        more = len(lines) - _LINES
        listed += [f"• {translate.count('story.more', more)}"] if more > 0 else []
        blocks += block_kit.paragraphs([translate(f"handoff.{name}"), *listed])
    return block_kit.text_message(title, blocks=blocks)


def _chapter(catalogue: Catalogue, chapter: Chapter, reply: StoryReply, translate: Translator) -> Iterator[str]:
    yield _title(catalogue, chapter, reply, translate)
    incident = chapter.incident
    if incident:
        yield from state_lines(incident, translate)
    if not incident or incident.status is Status.OPEN:
        yield translate("story.free")
    yield " · ".join(_facts(chapter, translate))
    events = [each for each in chapter.events if each.what in _EVENTS]
    if len(events) > 1:  # the state shows a single one
        yield translate("story.happened")
        if incident and events[-1].helped == incident.helped:
            events[-1] = replace(events[-1], helped="")  # the state shows it
        before = ["", *(each.what for each in events)]
        lines = [_event(event, previous, translate) for previous, event in zip(before, events, strict=False)]
        yield from lines[-_MOST_EVENTS:]


def _alerts(catalogue: Catalogue, reply: StoryReply | HandoffReply, translate: Translator) -> list[str]:
    links = ((each, reply.links.get(each.alert_ts or "")) for each in reply.alerts)
    return [_alert(catalogue, watch, link, translate) for watch, link in links]


def _alert(catalogue: Catalogue, watch: Watch, link: str | None, translate: Translator) -> str:
    """Return the first line of an open alert, with a link to it."""
    since, subject = block_kit.date(watch.since or 0.0), subject_line(catalogue, watch.subject, translate)
    line = translate.count("alert.open", watch.shown_count or 0, subject=subject, since=since)
    return translate("story.alert", line=line, link=block_kit.escape(link)) if link else line


def _event(event: IncidentEvent, before: str, translate: Translator) -> str:
    """Describe an event. To release an incident that was resolved *before* is to reopen it."""
    what = "reopened" if (before, event.what) == (Status.RESOLVED, Status.RELEASED) else event.what
    line = translate(f"story.event.{what}", who=block_kit.mention(event.user), time=block_kit.date(event.at))
    if event.helped:
        line = translate("handoff.helped", line=line, helped=block_kit.literal(event.helped, HELPED_CHARACTERS))
    return f"• {line}"


def _facts(chapter: Chapter, translate: Translator) -> Iterator[str]:
    """Yield one clause each: since when, or when it was reported; errors, users, and whether it goes on."""
    if chapter.began:
        yield translate("story.since", time=block_kit.date(chapter.began))
    yield translate("story.reported", time=block_kit.date(_at(chapter.ref.ts)))
    if not chapter.log:
        return
    summary = chapter.log.summary
    if summary.hits:
        yield translate.count("story.errors", summary.hits)
    if summary.users:
        yield translate.count("story.users", summary.users)
    if chapter.is_open and summary.is_ongoing is not None:
        yield translate("triage.ongoing.yes" if summary.is_ongoing else "triage.ongoing.no")


def _handed(catalogue: Catalogue, chapter: Chapter, reply: HandoffReply, translate: Translator) -> str:
    what, incident = _title(catalogue, chapter, reply, translate), chapter.incident
    if not incident or incident.status not in (Status.TAKEN, Status.RESOLVED):
        line = translate("handoff.free", what=what, time=block_kit.date(_at(chapter.ref.ts)))
    else:
        name = reply.names.get(incident.user)
        who = block_kit.literal(name, _NAME) if name else translate("handoff.somebody")
        line = translate(f"handoff.by.{incident.status}", what=what, who=who, time=block_kit.date(incident.at))
    if chapter.is_open and incident and incident.escalated_at:
        line = translate("handoff.escalated", line=line, time=block_kit.date(incident.escalated_at))
    if incident and incident.helped:
        line = translate("handoff.helped", line=line, helped=block_kit.literal(incident.helped, HELPED_CHARACTERS))
    return line


def _title(catalogue: Catalogue, chapter: Chapter, reply: StoryReply | HandoffReply, translate: Translator) -> str:
    """Name the likely cause, or the open alert, with a link to the triage or alert."""
    link = reply.links.get(chapter.ref.ts)
    if chapter.alert:
        return _alert(catalogue, chapter.alert, link, translate)
    entry = catalogue.get(chapter.code) if chapter.code else None
    if entry:
        cause = translate("triage.code", code=entry.code, title=translate.pick(entry.title))
    else:
        named = chapter.log.summary.cause if chapter.log else ""
        is_alert = chapter.incident is not None and chapter.incident.is_alert
        cause = str(chapter.code or named or translate("alert.title" if is_alert else "triage.no_cause"))
    return f"*{block_kit.linked(block_kit.escape(cause), link)}*"


def _code(catalogue: Catalogue, code: CodeCount, reply: StoryReply, translate: Translator) -> str:
    ends = {"first": code.first, "last": code.last} if code.first != code.last else {"last": code.last}
    when = [_seen(name, ts, reply, translate) for name, ts in ends.items()]
    count = translate.count("top.count", code.count)
    return f"• {' · '.join([code_line(catalogue, code.code, translate), count, *when])}"


def _seen(name: str, ts: str, reply: StoryReply | HandoffReply, translate: Translator) -> str:
    return seen_line(name, _at(ts), reply.links.get(ts), translate)


def _at(ts: str) -> float:
    return float(ts)
