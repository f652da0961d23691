"""Read logs within the time limit of an attempt, and tell the codes of files from those of the text."""

from __future__ import annotations

import asyncio
from io import BytesIO

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.errors import RetryLater
from bot.policy.noise_rules import Sighting
from bot.slack import log_reader
from bot.slack.log_reader import LogReader, sightings_in_files
from bot.triage.cascades import open_cascades
from bot.triage.reader import LogFile, ReadLimits


@pytest.fixture
def reader(catalogue: Catalogue) -> LogReader:
    return LogReader(catalogue, open_cascades(), ReadLimits())


async def test_a_job_that_finds_all_turns_taken_is_retried(reader: LogReader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two slow uploads must not use up the attempts of everybody else's logs."""
    monkeypatch.setattr(log_reader, "_TURN_TIMEOUT_S", 0.01)
    async with reader._turn(), reader._turn():
        with pytest.raises(RetryLater):
            async with reader._turn():
                pytest.fail("a third at once")
    async with asyncio.timeout(1), reader._turn():
        pass


@pytest.mark.parametrize(("has_text", "codes"), [(False, [6000106, 6009999]), (True, [6009999])])
async def test_codes_in_files_count_as_the_authors_own(reader: LogReader, has_text: bool, codes: list[int]) -> None:
    """An attached log is explained by the same rules; the message's own text was judged before."""
    logs = [
        LogFile("", lambda: BytesIO(b"login failed, errorCode: 6000106\n")),
        LogFile("zim.log", lambda: BytesIO(b"login failed, errorCode: 6009999\n")),
    ]
    digest = await reader.triage(logs)
    assert sightings_in_files(digest, has_text=has_text) == tuple(Sighting(code, False, "") for code in codes)
