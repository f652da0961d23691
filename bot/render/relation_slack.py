"""Phrase the first line of a further triage of an incident: a link to the earlier one, and the differences."""

from __future__ import annotations

from collections.abc import Iterator

from bot.i18n import Translator
from bot.policy.replies import Relation
from bot.render import block_kit
from bot.render.digest_view import DigestView
from bot.triage.summary import TriageSummary

_LEAST_S = 1.0  # shorter differences in time are left out


def relation_line(relation: Relation, now: TriageSummary, view: DigestView) -> str:
    """Return the line, with the earlier triage as a link."""
    translate, earlier = view.translate, relation.earlier.summary
    triage = block_kit.linked(translate("relation.triage"), relation.link)
    time = block_kit.date(relation.earlier.at)
    if not relation.is_same:
        cause = block_kit.escape(view.name(earlier.code) if earlier.code else earlier.cause)
        return translate("relation.other", triage=triage, time=time, cause=cause)
    line = translate("relation.same", triage=triage, time=time)
    news = _news(earlier, now, view)
    return block_kit.sentences(line, news, translate) if news else line


def relation_text(relation: Relation, translate: Translator) -> str:
    """Return the line for notifications, without link and time."""
    return translate("relation.same_plain" if relation.is_same else "relation.other_plain")


def _news(before: TriageSummary, now: TriageSummary, view: DigestView) -> str:
    """Return the sentence about the differences; empty if there are none and the times can't be compared."""
    translate = view.translate
    if now.first is not None and (now.first, now.last, now.hits) == (before.first, before.last, before.hits):
        return translate("relation.identical")
    times = list(_times(before, now, view))
    items = [*times, *_others(before, now, view)]
    if not items:
        return translate("relation.nothing") if now.is_comparable(before) else ""
    key = "relation.new_by_clock" if times and not now.has_zone else "relation.new"
    return translate(key, items=translate("list.item_separator").join(items))


def _times(before: TriageSummary, now: TriageSummary, view: DigestView) -> Iterator[str]:
    """Yield how much earlier the errors start, and how much longer they go on."""
    if not now.is_comparable(before):
        return
    earlier_s, longer_s, gap_s = (
        before.first - now.first,  # type: ignore[operator]  # comparable, so not None
        now.last - before.last,  # type: ignore[operator]
        now.first - before.last,  # type: ignore[operator]
    )
    if gap_s >= _LEAST_S:
        yield view.translate("relation.again", span=view.duration(gap_s, round))
        return
    if earlier_s >= _LEAST_S:
        yield view.translate("relation.starts", span=view.duration(earlier_s, round))
    if longer_s >= _LEAST_S:
        yield view.translate("relation.ends", span=view.duration(longer_s, round))


def _others(before: TriageSummary, now: TriageSummary, view: DigestView) -> Iterator[str]:
    """Yield how many more users are affected, and whether the errors still occur."""
    translate = view.translate
    if now.users > before.users:
        key = "relation.users" if before.users else "relation.users_named"
        yield translate.count(key, now.users, before=f"{before.users:,}")
    is_later = now.last is not None and before.last is not None and now.last - before.last >= _LEAST_S
    if now.is_ongoing and (is_later or not before.is_ongoing):
        yield translate("relation.ongoing")
    elif now.is_ongoing is False and before.is_ongoing:
        yield translate("relation.over")
