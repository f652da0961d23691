"""Write the outputs of the workflow steps: fixed words for conditions, texts of one language for messages and tickets.

The outputs are those of `deploy/workflow-steps.yaml`. They are plain text: Workflow Builder shows it as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry, Severity
from bot.i18n import Language, Translator, traditional
from bot.policy.replies import Explained
from bot.render import block_kit
from bot.render.digest_view import DigestView
from bot.render.entry_wording import fact_line, foreign_line, numbered, server_code_line
from bot.render.unknown_code import terminal_lines
from bot.triage.digest import Digest

Outputs = dict[str, str | int]

# Slack documents no limit for a text output; this is that of a section, in which a message would show it.
MAX_OUTPUT = 3_000  # characters
_MOST_SUMMARIZED = 10  # codes
_SEVERITIES = list(Severity)  # from the least
# What could ping people if a later step posts it as mrkdwn.
_HARMLESS = str.maketrans({"<": "‹", ">": "›", "`": None})


def explain_outputs(explained: Explained, catalogue: Catalogue, translate: Translator) -> Outputs:
    """Return the outputs of *Explain codes*; most are about the first code."""
    entry, pick = explained.entries[0], translate.pick
    summary = [server_code_line(each, catalogue.numbers, translate) for each in explained.server_codes]
    for each in explained.entries[:_MOST_SUMMARIZED]:
        summary += [*([""] if summary else []), *_entry_lines(each, translate)]
    beside = [foreign_line(each, translate) for each in explained.foreign]
    beside += terminal_lines(explained.unknown, catalogue, translate)[:1] if explained.unknown else []
    outputs: Outputs = {
        "codes": _joined(each.code for each in explained.entries),
        "title": pick(entry.title),
        "meaning": pick(entry.meaning),
        "actor": entry.actor,
        "remedy": numbered(pick(entry.remedy)),
        "severity": entry.severity,
        "retry": entry.retry,
        "docs": pick(catalogue.links_of(entry, explained.platform)),
        "summary": "\n".join([*summary, *beside]),
    }
    return plain_outputs(outputs, translate)


def triage_outputs(digest: Digest, catalogue: Catalogue, translate: Translator) -> Outputs:
    """Return the outputs of *Triage a log*."""
    view = DigestView(digest, catalogue, translate)
    cause = catalogue.get(digest.cause) if digest.cause else None
    actor = digest.advice.actor if digest.advice else cause.actor if cause else ""
    known = [entry.severity for row in digest.rows if (entry := catalogue.get(row.code))]
    severity = cause.severity if cause else max(known, key=_SEVERITIES.index, default="")
    outputs: Outputs = {
        "cause": view.plan.title if view.plan else "",
        "cause_code": str(digest.cause_event or digest.cause or "") if view.has_cause else "",
        "codes": _joined(digest.codes),
        "severity": severity,
        "actor": actor if view.has_cause else "",
        "count": digest.hits,
        "users": digest.affected.count,
        "summary": "\n".join(_triage_lines(view, translate)),
    }
    return plain_outputs(outputs, translate)


def _entry_lines(entry: Entry, translate: Translator) -> Iterator[str]:
    """Yield a code with its title, who fixes it, and the steps."""
    yield translate("triage.code", code=entry.code, title=translate.pick(entry.title))
    yield fact_line("actor", translate(f"actor.{entry.actor}"), translate)
    yield numbered(translate.pick(entry.remedy))


def _triage_lines(view: DigestView, translate: Translator) -> Iterator[str]:
    """Yield the first lines of the report: the likely cause or the candidates, the steps, the evidence."""
    yield view.title()
    if view.plan:
        yield fact_line("actor", view.plan.who, translate)
        yield numbered(view.plan.steps)
    for plan, share in view.rivals:
        yield f"{share} {plan.title}"
    for line in (*view.timing(), *view.basis(), *view.unread_files()):
        yield f"• {line}"


def _joined(codes: Iterator[int] | Sequence[int]) -> str:
    return ", ".join(map(str, codes))


def plain_outputs(outputs: Mapping[str, str | int], translate: Translator) -> Outputs:
    """Return *outputs* with `plain` texts."""
    return {name: value if isinstance(value, int) else plain(value, translate) for name, value in outputs.items()}


def plain(text: str, translate: Translator) -> str:
    """Return a text without markup, in the reader's script, no longer than a message can show."""
    text = str(text).translate(_HARMLESS)
    text = traditional(text) if translate.language is Language.ZH_HANT else text
    return block_kit.shorten(text, MAX_OUTPUT)
