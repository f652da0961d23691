"""Test a busy hour with 300 messages and everything that the bot says in it.

`incident.txt` is the script of the hour. Each action of the bot is below the line that causes it.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.app import running
from bot.sandbox.http_server import Sandbox
from bot.sandbox.manifest import BOT_ID, BOT_USER, Json
from bot.sandbox.model import Change, ChangeKind, Channel, User
from tests import migrated
from tests.render.kit_rules import texts
from tests.scenarios.conftest import know_locales, manifest, settings_for
from tests.scenarios.reading import dismiss

INCIDENT = Path(__file__).parent / "incident.txt"
BEGIN = 1_772_420_400  # 2026-03-02 03:00 UTC
CHANNELS = {"oncall": "C0ONCALL", "值班": "C0ZHIBAN", "release": "C0RELEASE"}
SEEDED = {"ann": "U0ANN", "ben": "U0BEN", "小林": "U0LIN", "美玲": "U0MEI"}
OTHERS = {
    **dict.fromkeys(("raj", "sofia", "tom", "grace", "yuki"), "en-US"),
    **dict.fromkeys(("老王", "阿杰", "晓雯"), "zh-CN"),
}
PEOPLE = SEEDED | {name: f"U0P{number}" for number, name in enumerate(OTHERS)}
BOTS = ("grafana", "sentry", "jenkins")
BOT_LINE = "      zimerr "

_STEP = re.compile(
    r"(?P<at>\d\d:\d\d) (?P<channel>\S+) (?P<who>[^\s:]+)"
    r"(?: \(in (?P<thread>\d\d:\d\d)(?P<broadcast>, also to the channel)?\)"
    r"| (?P<verb>edits|deletes|forwards|clicks|says that|retitles)(?: (?P<what>\d\d:\d\d))?(?: is no code)?)?"
    r"(?:: (?P<text>.*))?"
)
_TIMES = re.compile(r"(\d{7})\D+(\d+) (?:times in this thread|次)")
_DATE = re.compile(r"<!date[^>]*>")


@dataclass
class Step:
    """An action of a person, and the expected actions of the bot."""

    at: str  # minutes and seconds
    channel: str
    who: str
    verb: str
    what: str  # the message that is answered, edited …
    text: str
    is_broadcast: bool
    expected: list[str] = field(default_factory=list)

    @property
    def is_message(self) -> bool:
        """Whether it is one of the 300 messages."""
        return self.verb in ("says", "forwards")


def steps() -> Iterator[Step]:
    """Parse the script."""
    step: Step | None = None
    for line in INCIDENT.read_text(encoding="utf-8").splitlines():
        if line.startswith(BOT_LINE):
            assert step
            step.expected.append(line.removeprefix(BOT_LINE))
        elif line.startswith("| "):
            assert step
            step.text += "\n" + line.removeprefix("| ")
        else:
            if step:
                yield step
            match = _STEP.fullmatch(line)
            assert match, line
            at, channel, who, thread, broadcast, verb, what, text = match.groups(default="")
            step = Step(at, channel, who, verb or "says", what or thread, text, bool(broadcast))
    assert step
    yield step


STEPS = tuple(steps())


class Stage:
    """Play the script in a workspace, and record the acts of the bot."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.now = float(BEGIN)
        self._at = ""
        self.acts: list[str] = []  # each begins with minutes and seconds
        self._messages: dict[str, Json] = {}  # by their time in the script
        self._times: dict[str, str] = {}  # the reverse, by `ts`
        sandbox.workspace.clock = self.clock
        for name, locale in OTHERS.items():
            sandbox.workspace.users[PEOPLE[name]] = User(PEOPLE[name], name, name, locale)
        release = Channel("C0RELEASE", "release", "en-US")
        sandbox.workspace.channels[release.id] = release
        for channel in CHANNELS.values():
            sandbox.workspace.channels[channel].members |= {*PEOPLE.values(), BOT_USER}
        sandbox.workspace.subscribe(self._watch)

    def clock(self) -> float:
        """Return the time for the sandbox and for the bot."""
        return self.now

    async def play(self, step: Step) -> None:
        """Perform *step* and wait for as many actions of the bot as expected; raise TimeoutError if too few come."""
        minutes, _, seconds = step.at.partition(":")
        self.now = BEGIN + 60.0 * int(minutes) + int(seconds)
        self._at = step.at
        wanted = len(self.acts) + len(step.expected)
        message = await self._act(step)
        if message:
            self._messages[step.at] = message
            self._times[message["ts"]] = step.at
        await self.sandbox.idle()
        # Nothing to wait for if the bot stays silent: an unexpected message shows here or in the next step.
        await self.sandbox.until(lambda: len(self.acts) >= wanted)

    async def _act(self, step: Step) -> Json | None:
        sandbox, channel, user = self.sandbox, CHANNELS[step.channel], PEOPLE.get(step.who, "")
        about = self._messages.get(step.what, {})
        match step.verb:
            case "says" if step.who in BOTS:
                return await sandbox.say_as_bot(channel, step.who, **alert(step.who, step.text))
            case "says":
                return await sandbox.say(channel, user, step.text, about.get("ts"), broadcast=step.is_broadcast)
            case "forwards":
                return await sandbox.forward(channel, user, about, step.text)
            case "edits":
                await sandbox.edit(channel, about["ts"], step.text)
            case "deletes":
                await sandbox.delete(channel, about["ts"])
            case "clicks":
                await sandbox.react(channel, about["ts"], user, "mag")
            case "says that":
                replies = sandbox.replies(channel, about["ts"])
                await dismiss(sandbox, next(each for each in replies if is_from_bot(each)), "not_a_code", user)
            case "retitles":
                await sandbox.notice(channel, user, "channel_topic", f"set the channel topic: {step.text}")
        return None

    def _watch(self, change: Change) -> None:
        """Describe each action of the bot and record it."""
        message = change.message or change.previous or {}
        match change.kind:
            case ChangeKind.REACTED if change.user == BOT_USER and change.reaction != "hourglass_flowing_sand":
                did = "reacts"
            case ChangeKind.EPHEMERAL_POSTED:
                who = next(name for name, user in PEOPLE.items() if user == change.user)
                did = f"tells {who} alone{describe(message)}"
            case ChangeKind.POSTED if is_from_bot(message):
                did = f"answers{describe(message)}"
            case ChangeKind.CHANGED if is_from_bot(message):
                did = f"changes its answer to {self._asked(message)}{describe(message)}"
            case ChangeKind.DELETED if is_from_bot(message):
                did = f"takes back its answer to {self._asked(message)}"
            case _:
                return
        self.acts.append(f"{self._at} {did}")

    def _asked(self, answer: Json) -> str:
        return self._times[answer["metadata"]["event_payload"]["ts"]]


def alert(bot: str, text: str) -> dict[str, Any]:
    """Return an alert in the form that the service posts: plain text, an attachment with fields, or blocks."""
    if bot == "grafana":
        return {"text": text}
    if bot == "jenkins":
        return {"text": "", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]}
    title, *rows = text.split("\n")
    fields = [dict(zip(("title", "value"), row.split(": ", 1), strict=True)) for row in rows]
    return {"text": "", "attachments": [{"color": "e01e5a", "title": title, "fallback": title, "fields": fields}]}


def is_from_bot(message: Json) -> bool:
    """Return True if zimerr posted *message*."""
    return message.get("bot_id") == BOT_ID


def describe(message: Json) -> str:
    """Describe the language, form and codes of a message from the bot."""
    elements = [element for block in message["blocks"] for element in block.get("elements", ())]
    values = [json.loads(each["value"]) for each in elements if each.get("action_id") == "show_language"]
    menus = [each["options"] for each in elements if each["type"] == "overflow"]
    chosen = [json.loads(option["value"]) for options in menus for option in options]
    values += [each for each in chosen if each["act"] in ("triage_language", "show_language")]
    if not values:
        return f": {_DATE.sub('…', message['text'])}"
    language = "Chinese" if values[0]["language"] == "en" else "English"
    tables = [block["rows"] for block in message["blocks"] if block["type"] == "table"]
    if tables:
        return f" in {language}, a triage: {', '.join(row[0]['text'] for row in tables[0][1:])}"
    shown = "\n".join(texts([block for block in message["blocks"] if block["type"] == "context"]))
    counts = {int(code): times for code, times in _TIMES.findall(shown)}
    codes = (f"{code} ×{counts[code]}" if code in counts else str(code) for code in values[0]["codes"])
    return f" in {language}: {', '.join(codes)}"


def test_the_script_is_as_busy_as_described() -> None:
    """A quiet hour would test little."""
    messages = [step for step in STEPS if step.is_message]
    assert len(messages) == 300
    assert {step.who for step in messages} == {*PEOPLE, *BOTS}
    assert len(PEOPLE) == 12
    assert min(Counter(step.channel for step in messages)[channel] for channel in CHANNELS) >= 60
    assert [step.at for step in STEPS] == sorted({step.at for step in STEPS})


async def test_the_bot_behaves_as_scripted_in_a_busy_hour(tmp_path: Path) -> None:
    """Each code is explained once, in the right place, in the channel's language, and nothing else is said."""
    async with Sandbox(manifest("socket"), transport="socket", retry_delays_s=()) as sandbox:
        stage, database = Stage(sandbox), tmp_path / "bot.db"
        migrated.create(database)
        know_locales(sandbox, database)
        async with running(settings_for(sandbox, "socket", database), stage.clock):
            with contextlib.suppress(TimeoutError):  # the comparison below shows the missing lines
                for step in STEPS:
                    await stage.play(step)
    assert stage.acts == [f"{step.at} {act}" for step in STEPS for act in step.expected]
