"""Say what to do about codes that are not in the catalogue, in Slack and in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry
from bot.catalogue.sdk_enum import newest_compared
from bot.i18n import Translator
from bot.render import block_kit

_DIGITS = 7  # of a ZIM error code
_MOST_NEAREST = 3


def statement(codes: Sequence[int], catalogue: Catalogue, translate: Translator) -> str:
    """Say in mrkdwn that none of *codes* is known, and what can be told from their digits."""
    said = translate.count("unknown.codes", len(codes), codes=block_kit.joined(codes, translate))
    if len(codes) == 1 and len(str(codes[0])) != _DIGITS:
        return block_kit.sentences(said, translate("unknown.digits", n=len(str(codes[0]))), translate)
    families = {family.section: family for code in codes if (family := catalogue.family(code))}
    if len(families) == 1:
        (family,) = families.values()
        name = block_kit.escape(translate.pick(family.name))
        said = block_kit.sentences(said, translate("unknown.family", family=name), translate)
    return said


def nearest(codes: Sequence[int], catalogue: Catalogue) -> tuple[Entry, ...]:
    """Return up to three entries that *codes* may stand for; of several codes, the likeliest of each."""
    found = [catalogue.nearest(code) for code in codes[: _MOST_NEAREST if len(codes) > 1 else 1]]
    if len(found) > 1:
        found = [entries[:1] for entries in found]
    return tuple({entry.code: entry for entries in found for entry in entries}.values())


def steps(docs: str, translate: Translator) -> list[str]:
    """Return the steps after the digits are checked. *docs* is a link to the vendor's list of codes."""
    newer = translate("unknown.newer", sdk=newest_compared(), docs=docs)
    return [newer, translate("unknown.support"), translate("unknown.add")]


def slack_steps(catalogue: Catalogue, translate: Translator) -> list[str]:
    """Return `steps` with the link in mrkdwn."""
    url = block_kit.escape(translate.pick(catalogue.sections[0].docs))
    return steps(f"<{url}|{translate('unknown.docs')}>", translate)
