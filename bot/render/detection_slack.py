"""Why a message was answered, or was not, in words: each finding with its evidence, each rule that silenced it."""

from __future__ import annotations

from bot.detection.result import Finding, LookAlike
from bot.i18n import Language, Translator
from bot.policy.noise_rules import SilenceRule
from bot.policy.replies import WhyReply
from bot.render import block_kit
from bot.render.block_kit import MessagePayload

_MOST = 20  # findings, and look-alikes


def why(reply: WhyReply, _: Language, say: Translator) -> MessagePayload:
    """The message that says *reply*."""
    verdict = say(f"why.did.{reply.did}") if reply.did else say("why.did.nothing")
    blocks = [block_kit.section(f"*{verdict}*")]
    if not reply.is_written:
        blocks.append(block_kit.section(say("why.not_written")))
    findings = [_finding(finding, rule, say) for finding, rule in reply.findings[:_MOST]]
    lookalikes = [_lookalike(each, say) for each in reply.lookalikes[:_MOST]]
    blocks += block_kit.paragraphs([say("why.findings"), *findings]) if findings else []
    blocks += block_kit.paragraphs([say("why.lookalikes"), *lookalikes]) if lookalikes else []
    if not findings and not lookalikes:
        blocks.append(block_kit.section(say("why.nothing")))
    return {"text": verdict, "blocks": blocks}


def _finding(finding: Finding, rule: SilenceRule | None, say: Translator) -> str:
    text = say("why.finding", code=finding.code, line=finding.line, evidence=say(f"evidence.{finding.evidence.name}"))
    return f"• {text} {say(f'rule.{rule}') if rule else ''}".rstrip()


def _lookalike(each: LookAlike, say: Translator) -> str:
    reason = say(f"reason.{each.reason.name}")
    text = block_kit.escape(block_kit.shorten(each.text.replace("`", ""), 60))
    return "• " + say("why.lookalike", text=text, line=each.line, reason=reason)
