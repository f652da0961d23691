"""Define the question that a reply answers, from which the same reply can be made again.

Buttons contain it: Slack sends back the button of an ephemeral message, but not the message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from bot.oncall.story import HandoffReply
from bot.oncall.trends import TopReply
from bot.policy.place import LogSource
from bot.policy.replies import Annotation, Explained, Foreign, Found, Listing, LogsReply, Range, Reply, Triaged, Unknown

_MOST_CODES = 100  # Slack limits the value of a button to 2,000 characters


@dataclass(frozen=True, slots=True)
class Question:
    """A question about *codes*, or a search or other *command* that changes nothing, or a *log* to triage."""

    codes: tuple[int, ...] = ()  # and other numbers, as they were typed
    platform: str | None = None  # its key
    is_detailed: bool = False
    command: str = ""  # without “/zimerr”
    log: LogSource | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the fields that are set as an object."""
        fields = {
            "codes": list(self.codes[:_MOST_CODES]),
            "platform": self.platform,
            "details": self.is_detailed,
            "command": self.command,
            "key": str(self.log or ""),
        }
        return {key: value for key, value in fields.items() if value}

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | int) -> Self:
        """Read an object of `to_json`, or a code alone."""
        if isinstance(value, int):
            return cls((value,))
        return cls(
            tuple(value.get("codes", ())),
            value.get("platform"),
            value.get("details", False),
            value.get("command", ""),
            LogSource.parse(value["key"]) if "key" in value else None,
        )


def question_of(reply: Reply) -> Question | None:
    """Return the question that *reply* answers, or None if it answers none that can be asked again."""
    match reply:
        case Explained() | Annotation() | Unknown():
            is_detailed = isinstance(reply, Explained) and reply.is_detailed
            return Question(_numbers(reply), reply.platform.key if reply.platform else None, is_detailed)
        case Foreign(numbers, unknown):
            return Question((*(each.number for each in numbers), *unknown))
        case Found(query, entries) | Range(query, entries) if entries:
            return Question(command=f"search {query}")
        case Listing(sections):
            return Question(command=f"list {sections[0].section}" if len(sections) == 1 else "list")
        case LogsReply(platforms, ""):
            return Question(command=f"logs {platforms[0].name.en}" if len(platforms) == 1 else "logs")
        case HandoffReply(hours):
            return Question(command=f"handoff {hours}h")
        case TopReply(span, is_everywhere=False):
            return Question(command=f"top {span} here")
        case Triaged(_, LogSource() as source):
            return Question(log=source)
        case _:
            return None


def _numbers(reply: Explained | Annotation | Unknown) -> tuple[int, ...]:
    """Return the numbers of a question as they were typed; those of an annotation are its codes."""
    if isinstance(reply, Unknown):
        return reply.codes
    if isinstance(reply, Annotation):
        return (*(entry.code for entry in reply.entries), *reply.unknown)
    asked = {each.code: each.number for each in reply.server_codes}
    foreign = (each.number for each in reply.foreign if each.number not in asked.values())
    return (*(asked.get(entry.code, entry.code) for entry in reply.entries), *reply.unknown, *foreign)
