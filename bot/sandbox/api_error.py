"""What goes wrong in the workspace: errors that Slack tells an app, and refusals that it shows a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class SlackError(Exception):
    """An error of the Web API, named as Slack names it."""

    def __init__(self, code: str, *, messages: Sequence[str] = (), **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.messages = tuple(messages)
        self.details = details

    def body(self) -> dict[str, Any]:
        """The JSON that Slack answers with."""
        body = {"ok": False, "error": self.code, **self.details}
        if self.messages:
            body["response_metadata"] = {"messages": list(self.messages)}
        return body


class ActRefused(Exception):  # noqa: N818  a refusal is not the program's mistake
    """What a person tried cannot be done here; the text says why."""
