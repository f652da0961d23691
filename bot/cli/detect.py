"""Implement `zimerr detect`: print the findings in a message, and whether the bot would answer.

The rules are the bot's own, applied as in a new channel: no history, no settings.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import click

from bot.catalogue.catalogue import Catalogue
from bot.cli.options import with_catalogue
from bot.cli.output import announce_input, echo
from bot.detection.detector import find_in_message
from bot.i18n import Language, Translator, words
from bot.policy.content import read_content
from bot.policy.noise_rules import Act, ChannelHistory, Decision, decide
from bot.render.digest_marks import printable_line
from bot.render.line_layout import aligned

_FINDING_KEYS = ("code", "known", "line", "symbol", "evidence", "quoted")  # fields of `Finding` that are public


@click.command()
@click.option("--jsonl", "as_jsonl", is_flag=True, help="Read one JSON message per line, print one result per line.")
@with_catalogue
def detect(catalogue: Catalogue, language: Language, as_json: bool, as_jsonl: bool) -> int:
    """Show what the bot would find in a message.

    The message is read from standard input. The output also says whether the bot would answer it. With --jsonl, the
    exit status is 1 if a line is malformed; otherwise it is 0.
    """
    if as_json and as_jsonl:
        raise click.UsageError("--json reads one message, --jsonl one per line. Use one of them.")
    announce_input(words(language))
    if as_jsonl:
        return _detect_lines(sys.stdin.buffer, catalogue)
    # Logs contain invalid bytes; they are no reason to stop.
    message = {"text": sys.stdin.buffer.read().decode("utf-8-sig", errors="replace")}
    if as_json:
        click.echo(json.dumps(as_object(message, catalogue), ensure_ascii=False, indent=2))
    else:
        _print(message, catalogue, words(language))
    return 0


def _detect_lines(lines: Iterable[bytes], catalogue: Catalogue) -> int:
    """Print a line of JSON for each message of *lines*; return the exit status, 1 if one was malformed."""
    status = 0
    for number, line in enumerate(lines, 1):
        try:
            content = as_object(_parse(line), catalogue)
        except (ValueError, RecursionError) as error:
            content, status = {"error": f"line {number}: {error}"}, 1
        # A message may contain half a surrogate pair, which can't be encoded as UTF-8.
        click.echo(json.dumps(content, ensure_ascii=True))
    return status


def as_object(message: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """Return the detection and the decision for *message* as a JSON object; its keys are public."""
    detection = find_in_message(message, catalogue)
    return {
        "codes": list(detection.codes),
        "known": [code for code in detection.codes if catalogue.has_code(code)],
        "unknown": [code for code in detection.codes if not catalogue.has_code(code)],
        "lookalikes": [{"text": each.text, "reason": each.reason} for each in detection.lookalikes],
        "answers": _decision(message, catalogue).act is Act.REPLY,
        "findings": [{name: getattr(each, name) for name in _FINDING_KEYS} for each in detection.findings],
    }


def _parse(line: bytes) -> dict[str, Any]:
    """Parse the message in a line of JSON. Raises ValueError if the line contains no message."""
    try:
        message = json.loads(line.decode("utf-8-sig").strip())
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg}, column {error.colno}") from error
    if not isinstance(message, dict):
        raise ValueError("not an object")
    for key, kind, name in (("text", str, "a string"), ("blocks", list, "an array"), ("attachments", list, "an array")):
        if not isinstance(message.get(key), (kind, type(None))):
            raise ValueError(f"{key} is not {name}")
    if not any(message.get(key) is not None for key in ("text", "blocks", "attachments")):
        raise ValueError("text is missing")
    return {key: message[key] for key in ("text", "blocks", "attachments") if key in message}


def _decision(message: Mapping[str, Any], catalogue: Catalogue) -> Decision:
    """Decide about *message* as in a channel without history."""
    return decide(read_content(message, catalogue).sightings, ChannelHistory())


def _print(message: Mapping[str, Any], catalogue: Catalogue, translate: Translator) -> None:
    """Print the decision, then the findings with their evidence and the look-alikes with their reasons."""
    detection, decision = find_in_message(message, catalogue), _decision(message, catalogue)
    rules = dict(decision.silenced)
    findings, lookalikes = [], []
    for finding in detection.findings:
        evidence = translate(f"evidence.{finding.evidence.name}")
        if not finding.known:
            evidence += translate("list.separator") + translate("terminal.not_known")
        rule = rules.get(finding.code)
        line, silenced = translate("terminal.line", line=finding.line), translate(f"rule.{rule}") if rule else ""
        findings.append((str(finding.code), line, evidence, silenced))
    for each in detection.lookalikes:
        line, reason = translate("terminal.line", line=each.line), translate(f"reason.{each.reason.name}")
        lookalikes.append((printable_line(each.text), line, reason))
    codes = translate("list.item_separator").join(map(str, decision.codes))
    echo(translate("terminal.answers", codes=codes) if decision.act is Act.REPLY else translate("terminal.silent"))
    for title, rows in ((translate("terminal.seen"), findings), (translate("terminal.lookalikes"), lookalikes)):
        if rows:
            echo("\n".join(["", title, *(f"  {row}" for row in aligned(rows))]))
