"""One entry as a card: what happened, what to do, who acts, whether a retry helps, limits, on what it rests."""

from __future__ import annotations

from collections.abc import Iterator

from bot.catalogue.entry import Entry, Meaning
from bot.i18n import Language, Translator
from bot.render import block_kit
from bot.render.block_kit import Block
from bot.render.entry_text import limit_line, notes, said, steps

_SEVERITY_MARK = {"info": "🔵", "low": "🟡", "medium": "🟠", "high": "🔴"}


def card(entry: Entry, language: Language, words: Translator) -> list[Block]:
    """The blocks that explain *entry*."""
    blocks = [
        block_kit.header(f"{entry.code} · {said(entry.title, language)}"),
        block_kit.section(block_kit.escape(said(entry.meaning, language))),
        block_kit.section(f"*{words('card.remedy')}*\n{numbered(steps(entry.remedy, language))}"),
        block_kit.fields(list(_facts(entry, words))),
    ]
    if entry.limits:
        lines = "\n".join(f"• {block_kit.escape(limit_line(limit, language, words))}" for limit in entry.limits)
        blocks.append(block_kit.section(f"*{words('card.limits')}*\n{lines}"))
    blocks += [_other(meaning, language, words) for meaning in entry.other_meanings]
    small_print = [block_kit.escape(note) for note in notes(entry, language, words)]
    symbol = next(iter(entry.symbols.model_dump(exclude_none=True).values()), None)
    if symbol:
        small_print.append(f"{words('card.symbol')} `{symbol}`")
    if small_print:
        blocks.append(block_kit.context(*small_print))
    return blocks


def line(entry: Entry, language: Language) -> str:
    """*entry* in one line."""
    return f"*{entry.code}*  {block_kit.escape(said(entry.title, language))}"


def numbered(lines: tuple[str, ...]) -> str:
    """The steps as a list; a single one stands alone."""
    escaped = [block_kit.escape(step) for step in lines]
    return escaped[0] if len(escaped) == 1 else "\n".join(f"{number}. {step}" for number, step in enumerate(escaped, 1))


def _facts(entry: Entry, words: Translator) -> Iterator[str]:
    for name, value in (("actor", entry.actor), ("retry", entry.retry), ("severity", entry.severity)):
        mark = f"{_SEVERITY_MARK[value]} " if name == "severity" else ""
        judged = f" {words('card.judged')}" if name in entry.judged and name != "severity" else ""
        yield f"*{words(f'card.{name}')}*\n{mark}{words(f'{name}.{value}')}{judged}"
    if entry.methods:
        yield f"*{words('card.methods')}*\n" + " ".join(f"`{method}`" for method in entry.methods)


def _other(meaning: Meaning, language: Language, words: Translator) -> Block:
    return block_kit.section(
        f"*{words('card.other', title=block_kit.escape(said(meaning.title, language)))}*\n"
        f"_{words('card.when')}_ {block_kit.escape(said(meaning.when, language))}\n"
        f"{block_kit.escape(said(meaning.meaning, language))}\n{numbered(steps(meaning.remedy, language))}\n"
        f"{words('card.actor')}: {words(f'actor.{meaning.actor}')} · "
        f"{words('card.retry')}: {words(f'retry.{meaning.retry}')}"
    )
