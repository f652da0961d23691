"""What `zimerr detect` prints: what the bot would see in a message, and whether it would answer.

For people with rich, for programs as JSON. The rules are the bot's own, as they hold in a channel where nothing was
said or set before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Rich

from bot.catalogue.catalogue import Catalogue
from bot.detection.detector import find_in_message
from bot.detection.result import Finding
from bot.detection.slack_text import lines_of
from bot.i18n import Language, Translator, words
from bot.policy.content import read_content
from bot.policy.noise_rules import Act, ChannelHistory, Decision, SilenceRule, decide

_Message = Mapping[str, Any]  # as Slack sends it


def detect(message: bytes, catalogue: Catalogue, language: Language, *, as_json: bool) -> None:
    """Print what the bot would see in a message, given as Slack's text, and whether it would answer."""
    # Logs hold stray bytes; those are no reason to look no further.
    slack_message = {"text": message.decode("utf-8-sig", errors="replace")}
    if as_json:
        print(json.dumps(seen_in(slack_message, catalogue), ensure_ascii=False, indent=2))  # noqa: T201 - the output
    else:
        _print_seen(slack_message, catalogue, words(language))


def detect_lines(lines: Iterable[bytes], catalogue: Catalogue) -> int:
    """Print a line of JSON for each message of *lines*; return the exit status, 1 where one was malformed."""
    status = 0
    for number, line in enumerate(lines, 1):
        try:
            seen = seen_in(_slack_message(line), catalogue)
        except (ValueError, RecursionError) as error:
            seen, status = {"error": f"line {number}: {error}"}, 1
        # A message may hold half a surrogate pair, which no terminal takes as it is.
        print(json.dumps(seen, ensure_ascii=True), flush=True)  # noqa: T201 - the command's output
    return status


def seen_in(message: _Message, catalogue: Catalogue) -> dict[str, Any]:
    """What the bot would see in *message* as JSON holds it, and whether it would answer in a new channel."""
    detection = find_in_message(message, catalogue)
    line_of = lines_of(message, detection)
    return {
        "codes": list(detection.codes),
        "known": [code for code in detection.codes if catalogue.has_code(code)],
        "unknown": [code for code in detection.codes if not catalogue.has_code(code)],
        "lookalikes": [{"text": each.text, "reason": str(each.reason)} for each in detection.lookalikes],
        "answers": _decision(message, catalogue).act is Act.REPLY,
        "findings": [_finding(each, line_of[each]) for each in detection.findings],
    }


def _slack_message(line: bytes) -> dict[str, Any]:
    """The message that a line of JSON holds; raises ValueError where it is none."""
    try:
        message = json.loads(line.decode("utf-8-sig").strip())
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg}, column {error.colno}") from error
    if not isinstance(message, dict):
        raise ValueError("this is no object")
    for key, kind, name in (("text", str, "a string"), ("blocks", list, "an array"), ("attachments", list, "an array")):
        if not isinstance(message.get(key), (kind, type(None))):
            raise ValueError(f"{key} is not {name}")
    if not any(message.get(key) is not None for key in ("text", "blocks", "attachments")):
        raise ValueError("text is missing")
    return {key: message[key] for key in ("text", "blocks", "attachments") if key in message}


def _decision(message: _Message, catalogue: Catalogue) -> Decision:
    return decide(read_content(message, catalogue).sightings, ChannelHistory())


def _finding(finding: Finding, line: int) -> dict[str, Any]:
    return {
        "code": finding.code,
        "known": finding.known,
        "line": line,
        "symbol": finding.symbol,
        "evidence": str(finding.evidence),
        "quoted": finding.quoted,
    }


def _print_seen(message: _Message, catalogue: Catalogue, say: Translator) -> None:
    detection, decision = find_in_message(message, catalogue), _decision(message, catalogue)
    line_of, rules = lines_of(message, detection), dict(decision.silenced)
    findings = [_row_of_finding(each, line_of[each], rules.get(each.code), say) for each in detection.findings]
    lookalikes = [
        (each.text, say("terminal.line", line=line_of[each]), say(f"reason.{each.reason.name}"))
        for each in detection.lookalikes
    ]
    codes = say("list.separator").join(str(code) for code in decision.codes)
    verdict = say("terminal.answers", codes=codes) if decision.act is Act.REPLY else say("terminal.silent")
    out = Console()
    out.print(Rich(verdict, style="bold"))
    for title, rows in ((say("terminal.seen"), findings), (say("terminal.lookalikes"), lookalikes)):
        table = Table.grid(padding=(0, 2))
        for row in rows:
            table.add_row(*(Rich(cell) for cell in row))
        if rows:
            out.print(Group(Rich(), Rich(title), Padding(table, (0, 0, 0, 2))))


def _row_of_finding(finding: Finding, line: int, rule: SilenceRule | None, say: Translator) -> tuple[str, ...]:
    evidence = say(f"evidence.{finding.evidence.name}")
    if not finding.known:
        evidence += say("list.separator") + say("terminal.not_known")
    return str(finding.code), say("terminal.line", line=line), evidence, say(f"rule.{rule}") if rule else ""
