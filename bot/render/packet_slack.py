"""Write the text for ZEGO support about a log, and show in Slack the dialog before it and the text to copy.

The text is plain, for a ticket or a mail: nothing in it is markup, and nothing can ping anyone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.platforms import open_platforms
from bot.i18n import Language, Translator, words
from bot.oncall.packet import APP_ID_CHARACTERS, TRIED_CHARACTERS, Packet, PacketReply
from bot.render import block_kit
from bot.render.block_kit import MessagePayload
from bot.render.digest_marks import span_of, stamp_text
from bot.render.digest_report import events, titled
from bot.render.digest_view import DigestView, numbered_lines
from bot.render.entry_wording import log_advice, log_line
from bot.render.line_layout import aligned
from bot.triage.digest import CodeRow, Digest, EventRow, Mark, Stamp

TRIAGE_PACKET = "triage_packet"  # action id, and callback id of the dialog
LANGUAGE, APP_ID, TRIED = "language", "app_id", "tried"  # the fields of the dialog
_MOST_COPIED = 9_000  # characters: the message has some more
_LINE = 500  # characters of a log's line
_MOST_TRIED = 10_000  # characters, after secrets were masked
_FIRST_CERTAIN_S = datetime(2000, 1, 1, tzinfo=UTC).timestamp()  # a time without a year or date is read as earlier
_NONE = "–"


def dialog(origin: str, translate: Translator) -> dict[str, Any]:
    """Build the dialog that asks for the language, the AppID and the steps tried so far."""
    own = translate.language if translate.language is Language.EN else Language.ZH
    languages = [(translate(f"language.{language}"), str(language)) for language in (own, own.other)]
    label = {name: translate(f"packet.{name}") for name in ("title", "language", "app_id", "tried", "yes", "no")}
    blocks = [
        block_kit.choice_input(LANGUAGE, label["language"], languages),
        block_kit.line_input(APP_ID, label["app_id"], translate("packet.app_id.hint"), APP_ID_CHARACTERS),
        block_kit.text_input(TRIED, label["tried"], translate("packet.tried.hint"), "", TRIED_CHARACTERS)
        | {"optional": True},
    ]
    return block_kit.dialog(TRIAGE_PACKET, origin, label["title"], blocks, submit=label["yes"], cancel=label["no"])


def to_copy(reply: PacketReply, translate: Translator) -> MessagePayload:
    """Show the text to copy. One that is too long for a message is cut, because the file has all of it."""
    title = translate("packet.attached" if reply.is_attached else "packet.not_attached")
    notes = [block_kit.context(translate("packet.cut"))] if len(reply.text) > _MOST_COPIED else []
    text = block_kit.shorten(reply.text.rstrip(), _MOST_COPIED)
    return block_kit.text_message(title, blocks=[block_kit.preformatted(text), *notes])


def packet_text(packet: Packet, digest: Digest, catalogue: Catalogue) -> str:
    """Write the text for ZEGO support about the log of *digest*, ending with a line break."""
    translate = words(packet.language)
    view = DigestView(digest, catalogue, translate)
    rows: tuple[CodeRow | EventRow, ...] = (*view.rows, *digest.events)
    is_utc = all(_is_certain(mark.stamp) for row in rows for mark in (row.first, row.last) if mark.stamp)
    tried = block_kit.shorten(packet.tried, _MOST_TRIED).splitlines() or [translate("packet.not_stated")]
    paragraphs = [
        [translate("packet.heading"), *_facts(view, packet, rows, is_utc=is_utc)],
        titled(translate("triage.report.table"), _codes(view, is_utc=is_utc)),
        titled(translate("triage.report.events"), events(view)),
        titled(translate("packet.tried"), map(block_kit.printable, tried)),
        [translate("packet.evidence")] if digest.excerpts else [],
        *(
            titled(view.excerpt_title(each), [block_kit.shorten(line, _LINE) for line in numbered_lines(each)])
            for each in digest.excerpts
        ),
        titled(translate("packet.log"), _upload(view)),
    ]
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines) + "\n"


def _facts(view: DigestView, packet: Packet, rows: Sequence[CodeRow | EventRow], *, is_utc: bool) -> Iterator[str]:
    """Yield a line each: AppID, SDK version, platform, times, users, and the likely cause."""
    translate, metadata = view.translate, view.digest.metadata
    comma, not_in_log = translate("list.item_separator"), translate("packet.not_in_log")
    facts = {
        "app_id": packet.app_id or translate("packet.not_stated"),
        "sdk": comma.join(f"ZIM {version}" for version in metadata.sdk_versions) or not_in_log,
        "platform": comma.join(metadata.platforms) or not_in_log,
    }
    first, last = span_of(rows) if rows else (None, None)
    if first and last and first.stamp and last.stamp:
        name = "utc" if is_utc else "written"
        facts[name] = translate("packet.range", first=_time(first, is_utc), last=_time(last, is_utc))
    else:
        facts["written"] = not_in_log
    for name, value in facts.items():
        yield translate("card.fact", name=translate(f"packet.fact.{name}"), value=block_kit.printable(value))
    affected = view.digest.affected
    if affected.count:
        yield translate.count("packet.at_least" if affected.is_partial else "packet.affected", affected.count)
    yield view.title().replace("`", "")


def _codes(view: DigestView, *, is_utc: bool) -> list[str]:
    """Return the lines of the table: code, count, users, times and name."""
    if not view.rows:
        return []
    is_timed = any(row.first.stamp or row.last.stamp for row in view.rows)
    columns = ["code", "count", "users", *(["first", "last"] if is_timed else []), "name"]
    table = [[view.translate(f"triage.column.{column}") for column in columns]]
    for row in view.rows:
        times = [_time(mark, is_utc) for mark in (row.first, row.last)] if is_timed else []
        entry = view.entry(row)
        name = view.translate.pick(entry.title) if entry else view.translate("triage.role.unknown")
        table.append([str(row.code), f"{row.count:,}", f"{row.users:,}" if row.users else _NONE, *times, name])
    return aligned(table, numbers=[1, 2])


def _upload(view: DigestView) -> Iterator[str]:
    """Yield where the SDK's log is on the log's platform and how to upload it, or where to read about that."""
    translate, platform = view.translate, view.platform
    if platform:
        yield log_line(platform, translate).replace("`", "")
        yield from (line.replace("`", "") for line in log_advice(platform, translate))
    yield translate("packet.guide", url=translate.pick(open_platforms().guide))


def _is_certain(stamp: Stamp) -> bool:
    """Return whether the moment of *stamp* is known: the log writes the year and the date, and the time zone."""
    return (bool(stamp.zone) or stamp.is_unix) and stamp.seconds >= _FIRST_CERTAIN_S


def _time(mark: Mark, is_utc: bool) -> str:
    if mark.stamp is None:
        return _NONE
    if not is_utc:
        return stamp_text(mark.stamp)
    moment = datetime.fromtimestamp(mark.stamp.seconds, UTC).replace(tzinfo=None)
    return moment.isoformat(" ", "milliseconds")
