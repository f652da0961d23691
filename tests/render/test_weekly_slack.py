"""Test the weekly digest of a channel."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language
from bot.oncall.weekly import WeeklyReply
from bot.render.renderer import Renderer
from bot.storage.incident_store import Status
from tests.render.incidents import incident
from tests.render.kit_rules import assert_sendable, texts

HELPED = incident(Status.RESOLVED, helped="restarted the gateway")


@pytest.mark.parametrize(
    ("source", "code", "title"),
    [
        ("message:1.0:1.0", 6000106, "*6000106*  Token expired"),
        ("message:1.0:1.0", None, "*A triage*"),
        ("", None, "*An alert*"),
    ],
)
def test_each_resolved_incident_has_a_name(catalogue: Catalogue, source: str, code: int | None, title: str) -> None:
    """An alert may be about any code; readers would look for its log in vain."""
    reply = WeeklyReply((), (), (replace(HELPED, source=source, code=code),))
    message = Renderer(catalogue).message(reply, Language.EN)
    assert_sendable(message)
    assert f"• {title} · restarted the gateway" in "\n".join(texts(message["blocks"]))
