"""Logs are read within the time limit of an attempt."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from bot.errors import RetryLater
from bot.policy.triage_pool import TriagePool
from bot.slack import log_reader
from bot.slack.log_reader import LogReader


async def test_a_job_that_finds_all_turns_taken_is_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two slow uploads must not use up the attempts of everybody else's logs."""
    monkeypatch.setattr(log_reader, "_TURN_TIMEOUT_S", 0.01)
    reader = LogReader(cast(TriagePool, None))  # nothing is read here
    async with reader._turn(), reader._turn():
        with pytest.raises(RetryLater):
            async with reader._turn():
                pytest.fail("a third at once")
    async with asyncio.timeout(1), reader._turn():
        pass
