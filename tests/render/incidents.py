"""Build incidents in a given state, for the tests of their views."""

from __future__ import annotations

from typing import Any

from bot.i18n import Language
from bot.storage.annotation_store import MessageRef
from bot.storage.incident_store import Incident, Status

AT = 1_795_500_000.0


def incident(status: Status = Status.OPEN, language: Language = Language.EN, **fields: Any) -> Incident:
    """An incident in its first version, with the status given by Lin."""
    by: dict[str, Any] = {"user": "U0LIN", "at": AT} if status is not Status.OPEN else {}
    ref = MessageRef("T1", "C1", "2.0")
    return Incident(ref, "1.0", "message:1.0:1.0", language, 6000106, status, **{"version": 1, **by, **fields})
