"""Test what remains of people's words in the database and the log."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from bot import log
from bot.sandbox.http_server import Sandbox
from tests.scenarios.conftest import ANN, BEN, ENGLISH, Start
from tests.scenarios.logs import LOG, file, the_answer
from tests.scenarios.reading import choose, dialog_of, dismiss, settled

WORD = "quetzalcoatl"


def files_of(folder: Path) -> bytes:
    """Return the content of the database's files."""
    return b"".join(path.read_bytes() for path in folder.glob("bot.db*"))


async def test_no_text_is_stored_or_logged(
    workspace: Sandbox, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What people paste is theirs; backups and logs are copied to other places."""
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    log.configure("debug")
    slack = workspace
    async with start():
        message = await slack.say(ENGLISH, ANN, f"{WORD} login failed, error 6000106")
        await dismiss(slack, await the_answer(slack, message, ENGLISH), "not_a_code", ANN)
        await slack.say(ENGLISH, ANN, f"@zimerr {WORD} 6000354")
        await slack.say("D0ANN", ANN, f"{WORD} expired")
        await slack.command(ENGLISH, BEN, f"{WORD} 6000121")
        await slack.command(ENGLISH, BEN, "triage")
        pasted = {"pasted": f"{WORD}\n{LOG[:2000]}", "audience": "everybody"}
        await slack.submit(await dialog_of(slack, BEN), BEN, pasted)
        upload = await slack.say(ENGLISH, ANN, f"{WORD} again", files=[file(content=LOG.replace("\n", f" {WORD}\n"))])
        triage = await the_answer(slack, upload, ENGLISH)
        await slack.click(triage, "triage_take", ANN)
        await choose(slack, triage, "triage_language", ANN)
        await slack.edit(ENGLISH, message["ts"], f"{WORD} login failed, error 6000107")
        slack.faults.refused("chat.postMessage", "msg_too_long")
        await slack.say(ENGLISH, ANN, f"@zimerr {WORD} 6000281")
        await slack.until(lambda: "msg_too_long" in written.getvalue())
        slack.faults.clear()
        await settled(slack, ENGLISH, ANN)
        stored = files_of(tmp_path)
    assert WORD in str(slack.messages(ENGLISH))
    assert b"6000106" in stored
    assert WORD.encode() not in stored
    assert "msg_too_long" in written.getvalue()
    assert WORD not in written.getvalue()
