"""Phrase the answer about codes that are not in the catalogue, for Slack and for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry
from bot.catalogue.platforms import Platform, open_platforms
from bot.catalogue.sdk_enum import newest_compared
from bot.i18n import Translator
from bot.render import block_kit

_DIGITS = 7  # of a ZIM error code
_MOST_NEAREST = 3
_NO_MARKUP = str.maketrans("", "", "*`")


def statement(codes: Sequence[int], catalogue: Catalogue, translate: Translator) -> str:
    """Return mrkdwn: *codes* are unknown, and their family, or the number of digits if it is wrong."""
    said = translate.count("unknown.codes", len(codes), codes=block_kit.joined(codes, translate))
    if len(codes) == 1 and catalogue.may_be_server_code(codes[0]):
        return block_kit.sentences(said, translate("unknown.server"), translate)
    if len(codes) == 1 and not _can_be_new(codes):
        return block_kit.sentences(said, translate("unknown.digits", n=len(str(codes[0]))), translate)
    is_family = len({code // 100 for code in codes}) == 1
    if is_family and (family := catalogue.family(codes[0])):
        name = block_kit.escape(translate.pick(family.name))
        said = block_kit.sentences(said, translate("unknown.family", family=name), translate)
    return said


def nearest(codes: Sequence[int], catalogue: Catalogue) -> tuple[Entry, ...]:
    """Return up to three entries that *codes* may stand for; of several codes, the likeliest of each."""
    found = [catalogue.nearest(code) for code in codes[: _MOST_NEAREST if len(codes) > 1 else 1]]
    if len(found) > 1:
        found = [entries[:1] for entries in found]
    return tuple({entry.code: entry for entries in found for entry in entries}.values())


def missed_digit(query: str, entries: Sequence[Entry], catalogue: Catalogue) -> list[Entry]:
    """Return more codes for a *query* of six digits, the prefix of *entries*: the missing digit may be another one."""
    if not query.isdecimal() or len(query) != _DIGITS - 1:
        return []
    return [entry for entry in catalogue.nearest(int(query)) if entry not in entries]


def newer_steps(docs: str, translate: Translator) -> list[str]:
    """Return the steps for a code whose digits are right. *docs* is a link to ZEGO's list of codes."""
    newer = translate("unknown.newer", sdk=newest_compared(), docs=docs)
    return [newer, translate("unknown.support"), translate("unknown.add")]


def slack_link(catalogue: Catalogue, translate: Translator, platform: Platform | None = None) -> str:
    """Link ZEGO's list of codes, that of *platform*, in mrkdwn."""
    url = block_kit.escape(translate.pick(open_platforms().links_on(platform, catalogue.sections[0].docs)))
    return f"<{url}|{translate('unknown.docs')}>"


def beside_line(codes: Sequence[int], translate: Translator) -> str:
    """Return the line about unknown *codes* below an answer about other numbers."""
    return translate("unknown.beside", codes=block_kit.joined(codes, translate), code=codes[0])


def steps(codes: Sequence[int], docs: str, translate: Translator) -> list[str]:
    """Return a title and the steps for *codes* that somebody typed; *docs* is as in `newer_steps`."""
    newer = newer_steps(docs, translate) if _can_be_new(codes) else []
    return [translate("log.next"), translate("unknown.check"), *newer]


def terminal_lines(codes: Sequence[int], catalogue: Catalogue, translate: Translator) -> list[str]:
    """Return the whole answer about unknown *codes* as lines of plain text."""
    lines = [statement(codes, catalogue, translate)]
    if entries := nearest(codes, catalogue):
        lines.append(translate("unknown.nearest"))
        lines += [f"  {entry.code}  {translate.pick(entry.title)}" for entry in entries]
    lines += steps(codes, _plain_link(catalogue, translate), translate)
    return [line.translate(_NO_MARKUP) for line in lines]


def report_lines(catalogue: Catalogue, translate: Translator) -> list[str]:
    """Return a title and the steps for the unknown codes of a log as lines of plain text."""
    lines = [translate("log.next"), *newer_steps(_plain_link(catalogue, translate), translate)]
    return [line.translate(_NO_MARKUP) for line in lines]


def _plain_link(catalogue: Catalogue, translate: Translator) -> str:
    url = translate.pick(catalogue.sections[0].docs)
    return translate("terminal.link", text=translate("unknown.docs"), url=url)


def _can_be_new(codes: Sequence[int]) -> bool:
    """Return whether one of *codes* has as many digits as a code."""
    return any(len(str(code)) == _DIGITS for code in codes)
