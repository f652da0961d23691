"""Show in Slack the findings in a message and its files, and the reason why the bot answered it or not."""

from __future__ import annotations

from collections.abc import Iterator

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Translator
from bot.policy.noise_rules import SilenceRule
from bot.policy.replies import WhyReply
from bot.render import block_kit
from bot.render.block_kit import MessagePayload
from bot.render.change_slack import by_whom
from bot.render.digest_view import DigestView

_MOST_FOUND = 20  # findings, and look-alikes
_MOST_FILES = 10
_MOST_NAMED = 3  # files of an archive
_PHRASE = 200  # characters
_LINE = 280  # characters, so that all files fit into a section


def why(catalogue: Catalogue, reply: WhyReply, translate: Translator) -> MessagePayload:
    """Show why a message was answered or not: each file, and each finding with its evidence and the rule against it."""
    verdict = translate(f"why.did.{reply.did}") if reply.did else translate("why.did.nothing")
    blocks = [block_kit.section(f"*{verdict}*")]
    blocks += [] if reply.is_written else [block_kit.section(translate("why.not_written"))]
    findings = []
    for finding, rule in reply.findings[:_MOST_FOUND]:
        evidence = translate(f"evidence.{finding.evidence.name}")
        text = translate("why.finding", code=finding.code, line=finding.line, evidence=evidence)
        if rule is SilenceRule.NOT_A_CODE and finding.code in reply.ignored:
            text = block_kit.sentences(text, by_whom(reply.ignored[finding.code], translate), translate)
        elif rule:
            text = block_kit.sentences(text, translate(f"rule.{rule}"), translate)
        findings.append(f"• {text}")
    lookalikes = []
    for each in reply.lookalikes[:_MOST_FOUND]:
        text = block_kit.escape(block_kit.shorten(each.text.replace("`", ""), 60))
        reason = translate(f"reason.{each.reason.name}")
        lookalikes.append("• " + translate("why.lookalike", text=text, line=each.line, reason=reason))
    blocks += block_kit.paragraphs([translate("why.findings"), *findings]) if findings else []
    blocks += block_kit.paragraphs([translate("why.lookalikes"), *lookalikes]) if lookalikes else []
    files = _files(catalogue, reply, translate) if reply.files else []
    blocks += [block_kit.section("\n".join(files), verbatim=True)] if files else []
    blocks += [] if findings or lookalikes or files else [block_kit.section(translate("why.nothing"))]
    return block_kit.message(verdict, blocks)


def _files(catalogue: Catalogue, reply: WhyReply, translate: Translator) -> list[str]:
    """Return a line for each file, and the rule that silences the codes in them."""
    lines = [translate("why.files")]
    for file in reply.files[:_MOST_FILES]:
        if file.digest is None:
            lines.append("• " + translate("why.file_type", file=block_kit.literal(file.name, _PHRASE)))
        else:
            lines += [f"• {text}" for text in _file(DigestView(file.digest, catalogue, translate))]
    more = len(reply.files) - _MOST_FILES
    lines += [translate.count("triage.more_files", more)] if more > 0 else []
    digests = [file.digest for file in reply.files if file.digest]
    if reply.files_rule:
        lines.append(translate(f"rule.{reply.files_rule}"))
    elif digests and not reply.did and not any(each.is_worth_answering for each in digests):
        lines.append(translate("why.unrelated"))
    return [block_kit.shorten(line, _LINE) for line in lines]


def _file(view: DigestView) -> Iterator[str]:
    """Yield the number of lines and the findings of one file, and each part of it that was not read."""
    digest, translate = view.digest, view.translate
    if digest.files:
        names = translate("list.item_separator").join(view.file_name(file.name) for file in digest.files[:_MOST_NAMED])
        names += "…" if len(digest.files) > _MOST_NAMED else ""
        found = [translate("log.code", code=row.code, n=f"{row.count:,}") for row in digest.rows]
        found += [translate("why.unknown_code", code=row.code, n=f"{row.count:,}") for row in digest.unknown]
        found = [*found[:_MOST_FOUND], *(["…"] if len(found) > _MOST_FOUND else [])] or [translate("why.file_nothing")]
        found += [translate.count("triage.event_lines", row.count, event=row.name) for row in digest.events]
        found += [view.lookalikes()] if any(digest.lookalikes.values()) else []
        said = translate("why.separator").join([translate.count("triage.lines", digest.lines), *found])
        yield translate("why.file", file=block_kit.literal(names, _PHRASE), found=block_kit.escape(said))
    yield from (block_kit.literal(text, _PHRASE) for text in view.unread_files()[:_MOST_NAMED])
