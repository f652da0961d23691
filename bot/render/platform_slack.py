"""Show in Slack where the SDK's log is and how to upload it."""

from __future__ import annotations

from bot.catalogue.platforms import open_platforms
from bot.i18n import Translator
from bot.policy.replies import LogsReply
from bot.render import block_kit
from bot.render.block_kit import MessagePayload
from bot.render.entry_wording import log_advice, log_line, source_name

_TYPED = 60  # characters


def logs(reply: LogsReply, translate: Translator) -> MessagePayload:
    """Build the answer about one platform, a line for each platform, or the line that a platform is unknown."""
    names = translate("list.item_separator").join(translate.pick(each.name) for each in reply.platforms)
    guide = translate("logs.guide", url=translate.pick(open_platforms().guide))
    if reply.unknown:
        typed = block_kit.escape(block_kit.shorten(reply.unknown, _TYPED))
        text = translate("logs.unknown", typed=typed, names=names)
        return block_kit.text_message(text)
    if len(reply.platforms) > 1:
        lines = [block_kit.escape(log_line(each, translate, is_short=True)) for each in reply.platforms]
        blocks = block_kit.paragraphs([f"• {line}" for line in lines])
        return block_kit.text_message(translate("logs.title"), blocks=blocks)
    (platform,) = reply.platforms
    line = block_kit.escape(log_line(platform, translate))
    steps = "\n".join([line, *(f"• {block_kit.escape(advice)}" for advice in log_advice(platform, translate))])
    read = translate("list.item_separator").join(source_name(source, translate) for source in platform.sources)
    return block_kit.message(line, [block_kit.section(steps), block_kit.context(f"{guide} · {read}")])
