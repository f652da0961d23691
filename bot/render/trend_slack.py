"""Show the most frequent codes in Slack, each with its change, a sparkline, and links to where it was seen."""

from __future__ import annotations

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Translator
from bot.oncall.trends import TopReply
from bot.render import block_kit
from bot.render.block_kit import Block, MessagePayload
from bot.render.digest_view import sparkline
from bot.render.entry_slack import line
from bot.storage.sighting_store import CodeTrend


def top(catalogue: Catalogue, reply: TopReply, translate: Translator) -> MessagePayload:
    """List the most frequent codes, the most frequent first."""
    where = "all" if reply.is_everywhere else "here"
    span = translate(f"span.{reply.span}")
    if not reply.trends:
        text = translate(f"top.none.{where}", span=span)
        return block_kit.text_message(text, blocks=[block_kit.context(translate("top.hint"))])
    title = translate(f"top.title.{where}", span=span)
    blocks = [_code(catalogue, trend, reply, translate) for trend in reply.trends]
    hints = [translate.count("top.cut", len(reply.trends))] if reply.is_cut else []
    return block_kit.text_message(title, blocks=[*blocks, block_kit.context(*hints, translate("top.hint"))])


def code_line(catalogue: Catalogue, code: int, translate: Translator) -> str:
    """Return a code with its title, if it has one."""
    entry = catalogue.get(code)
    return line(entry, translate) if entry else f"*{code}*"


def seen_line(name: str, at: float, link: str | None, translate: Translator) -> str:
    """Say when a code was seen “first” or “last”, with a link to the message if Slack gave one."""
    return translate(f"top.{name}", time=block_kit.date(at), **block_kit.link_ends(link))


def _code(catalogue: Catalogue, trend: CodeTrend, reply: TopReply, translate: Translator) -> Block:
    facts = [translate.count("top.count", trend.count)]
    if reply.span.is_compared:
        facts.append(_change(trend, translate(f"span.{reply.span}"), translate))
    ends = {"first": trend.first, "last": trend.last} if trend.first != trend.last else {"last": trend.last}
    when = [seen_line(name, seen.at, reply.links.get(seen), translate) for name, seen in ends.items()]
    return block_kit.section(
        f"{code_line(catalogue, trend.code, translate)}\n`{sparkline(trend.parts)}`  {' · '.join(facts)}\n"
        + " · ".join(when)
    )


def _change(trend: CodeTrend, span: str, translate: Translator) -> str:
    more = trend.count - trend.before
    if not trend.before:
        return translate("top.new", span=span)
    if not more:
        return translate("top.same", span=span)
    return translate.count("top.rose" if more > 0 else "top.fell", abs(more), span=span)
