"""Test the first start of a new version on the database of an earlier one."""

from __future__ import annotations

import time
from pathlib import Path

from bot.app import running
from bot.sandbox.http_server import Sandbox
from tests import migrated
from tests.scenarios.conftest import ANN, ENGLISH, LIN, Clock, manifest, settings_for
from tests.scenarios.reading import shown

# The messages that wait in the earlier database. One of them was edited, and the other is a question to the bot.
EDITED, ASKED = "1795724647.457896", "1795724647.458147"
UPGRADED_AT = 1_795_725_300.0  # when they are due


async def test_messages_that_waited_for_the_upgrade_are_answered(tmp_path: Path, clock: Clock) -> None:
    """They were acknowledged, so Slack will not send them again."""
    database = tmp_path / "bot.db"
    migrated.restore(f"sqlite:///{database}")
    clock.jump_s = UPGRADED_AT - time.time()
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        messages = sandbox.workspace.channels[ENGLISH].messages
        for ts, user, text in (
            (EDITED, ANN, "logout: 6000002 again"),
            (ASKED, LIN, f"<@{sandbox.workspace.bot_user}> what is 6000106?"),
        ):
            messages[ts] = {"type": "message", "ts": ts, "user": user, "text": text, "team": "T0DEMO"}
        async with running(settings_for(sandbox, "socket", database), clock, clock.steady):
            await sandbox.until(lambda: all(sandbox.replies(ENGLISH, ts) for ts in (EDITED, ASKED)))
            await sandbox.until(lambda: "6000002" in shown(sandbox.replies(ENGLISH, EDITED)[0]))
        (reply,) = sandbox.replies(ENGLISH, ASKED)
        assert "6000106" in shown(reply)
        assert len(sandbox.replies(ENGLISH, EDITED)) == 1
