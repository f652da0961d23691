"""Show in Slack why a message was answered or not: each finding and its evidence, each rule that silenced it."""

from __future__ import annotations

from bot.i18n import Translator
from bot.policy.replies import WhyReply
from bot.render import block_kit
from bot.render.block_kit import MessagePayload

_MOST = 20  # findings, and look-alikes


def why(reply: WhyReply, translate: Translator) -> MessagePayload:
    """Build the answer to `/zimerr why`."""
    verdict = translate(f"why.did.{reply.did}") if reply.did else translate("why.did.nothing")
    blocks = [block_kit.section(f"*{verdict}*")]
    if not reply.is_written:
        blocks.append(block_kit.section(translate("why.not_written")))
    findings = []
    for finding, rule in reply.findings[:_MOST]:
        evidence = translate(f"evidence.{finding.evidence.name}")
        text = translate("why.finding", code=finding.code, line=finding.line, evidence=evidence)
        findings.append(f"• {text} {translate(f'rule.{rule}') if rule else ''}".rstrip())
    lookalikes = []
    for each in reply.lookalikes[:_MOST]:
        text = block_kit.escape(block_kit.shorten(each.text.replace("`", ""), 60))
        reason = translate(f"reason.{each.reason.name}")
        lookalikes.append("• " + translate("why.lookalike", text=text, line=each.line, reason=reason))
    blocks += block_kit.paragraphs([translate("why.findings"), *findings]) if findings else []
    blocks += block_kit.paragraphs([translate("why.lookalikes"), *lookalikes]) if lookalikes else []
    if not findings and not lookalikes:
        blocks.append(block_kit.section(translate("why.nothing")))
    return block_kit.message(verdict, blocks)
