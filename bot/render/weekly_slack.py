"""Show the weekly digest of a channel in Slack. It mentions nobody, so that it notifies nobody."""

from __future__ import annotations

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Translator
from bot.oncall.ownership import HELPED_CHARACTERS
from bot.oncall.weekly import WeeklyReply
from bot.render import block_kit
from bot.render.block_kit import Block, MessagePayload
from bot.render.digest_view import sparkline
from bot.render.incident_slack import incident_title, opening
from bot.render.trend_slack import code_line
from bot.storage.incident_store import Incident
from bot.storage.sighting_store import CodeTrend


def weekly(catalogue: Catalogue, reply: WeeklyReply, translate: Translator) -> MessagePayload:
    """List new codes, codes that became more frequent, and the ways in which incidents were resolved."""
    parts = {
        "new": [_trend(catalogue, each, translate) for each in reply.new],
        "risen": [_trend(catalogue, each, translate) for each in reply.risen],
        "helped": [_helped(catalogue, each, reply, translate) for each in reply.helped],
    }
    title, hint = translate("weekly.title"), block_kit.context(translate("weekly.hint"))
    blocks: list[Block] = []
    for name, lines in parts.items():
        heading = translate(f"weekly.{name}" if reply.is_compared or name != "new" else "story.codes")
        blocks += block_kit.paragraphs([heading, *lines]) if lines else []
    blocks = blocks or [block_kit.section(translate("weekly.quiet"))]
    return block_kit.text_message(title, blocks=[*blocks, hint])


def _trend(catalogue: Catalogue, trend: CodeTrend, translate: Translator) -> str:
    count = translate.count("top.count", trend.count)
    before = [translate("weekly.before", before=trend.before)] if trend.before else []
    facts = " · ".join([f"`{sparkline(trend.parts)}`  {count}", *before])
    return f"• {code_line(catalogue, trend.code, translate)}  {facts}"


def _helped(catalogue: Catalogue, incident: Incident, reply: WeeklyReply, translate: Translator) -> str:
    title = incident_title(catalogue, incident, translate)
    helped = block_kit.literal(incident.helped, HELPED_CHARACTERS)
    return f"• {title} · {helped}{opening(reply.links.get(incident.ref), translate)}"
