"""Show the author of a log without a known code the files that were read, and the next steps."""

from __future__ import annotations

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Translator
from bot.policy.replies import NothingFound
from bot.render import block_kit
from bot.render.block_kit import Block, MessagePayload
from bot.render.digest_view import DigestView
from bot.render.unknown_code import newer_steps, slack_link

_MOST_FILES = 5
_MOST_CODES = 5
_PHRASE = 200  # characters


def nothing_found(catalogue: Catalogue, reply: NothingFound, translate: Translator) -> MessagePayload:
    """Build the private message to the author: the result, each file, and the next steps."""
    view = DigestView(reply.digest, catalogue, translate)
    unknown = reply.digest.unknown
    if unknown:
        counted = [translate("log.code", code=row.code, n=f"{row.count:,}") for row in unknown[:_MOST_CODES]]
        counted += ["…"] if len(unknown) > _MOST_CODES else []
        codes = translate("list.item_separator").join(counted)
        said = translate.count("log.unknown", len(unknown), codes=codes)
    else:
        said = translate("log.nothing")
    files = [block_kit.section("\n".join(lines), verbatim=True)] if (lines := _files(view)) else []
    steps = next_steps(view, catalogue, is_private=True)
    return block_kit.text_message(said, blocks=[*files, steps])


def next_steps(view: DigestView, catalogue: Catalogue, *, is_private: bool = False) -> Block:
    """Build the advice for a log without a known code. *is_private*: the channel has not seen the log's lines."""
    translate = view.translate
    steps = [translate("log.next")]
    if view.digest.unknown:
        steps += newer_steps(slack_link(catalogue, translate, view.platform), translate)
        steps += [translate("log.next.show")] if is_private else []
    else:
        steps += [translate("log.next.code"), translate("log.next.sdk_log"), translate("log.next.search")]
    return block_kit.section("\n".join(steps))


def _files(view: DigestView) -> list[str]:
    """Return a line for each file that was read or not, at most five."""
    translate = view.translate
    lines = []
    for file in view.digest.files:
        size, count = view.size(file.bytes), translate.count("triage.lines", file.lines)
        name = block_kit.literal(view.file_name(file.name), _PHRASE)
        lines.append("• " + translate("log.file", file=name, lines=count, size=size))
    lines += [f"• {block_kit.literal(text, _PHRASE)}" for text in view.unread_files()]
    if len(lines) > _MOST_FILES:
        lines[_MOST_FILES:] = ["• " + translate.count("triage.more_files", len(lines) - _MOST_FILES)]
    return lines
