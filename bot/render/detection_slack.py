"""Show in Slack what detection saw in a message, and why the bot answered it or not."""

from __future__ import annotations

from bot.i18n import Translator
from bot.policy.noise_rules import SilenceRule
from bot.policy.replies import WhyReply
from bot.render import block_kit
from bot.render.block_kit import MessagePayload
from bot.render.change_slack import by_whom

_MOST_FOUND = 20  # findings, and look-alikes


def why(reply: WhyReply, translate: Translator) -> MessagePayload:
    """Show why a message was answered or not: each finding with its evidence and the rule that silenced it."""
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
    blocks += [] if findings or lookalikes else [block_kit.section(translate("why.nothing"))]
    return block_kit.message(verdict, blocks)
