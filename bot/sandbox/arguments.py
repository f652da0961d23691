"""Read the arguments of a call of the Web API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sandbox.model import SlackError

_TRUE = (True, "true", "True", "1", 1)


class Arguments:
    """The arguments of a call, from JSON, a form or the query string."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = dict(values)

    def required(self, *names: str) -> Any:
        """Return the first of these arguments that is not empty; raise `invalid_arguments`."""
        for name in names:
            if self.values.get(name) not in (None, ""):
                return self.values[name]
        raise SlackError("invalid_arguments", messages=[f"[ERROR] missing required field: {names[0]}"])

    def get(self, name: str) -> Any:
        """Return an argument or None."""
        return self.values.get(name)

    def text(self, name: str) -> str:
        """Return an argument as a string, empty by default."""
        return str(self.values.get(name) or "")

    def flag(self, name: str) -> bool:
        """Return an argument as a boolean, false by default."""
        return self.values.get(name) in _TRUE

    def number(self, name: str, default: int) -> int:
        """Return an argument as an integer; raise `invalid_arguments`."""
        try:
            return int(self.values.get(name) or default)
        except (TypeError, ValueError):
            raise SlackError("invalid_arguments", messages=[f"[ERROR] must be an integer: {name}"]) from None
