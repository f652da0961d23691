"""Provide an open inbox."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.storage.database import Database
from tests.inbox.workbench import Workbench


@pytest.fixture
async def bench(database: Database) -> AsyncIterator[Workbench]:
    """Return an open inbox."""
    bench = Workbench(database)
    await bench.open()
    yield bench
    await bench.inbox.close(grace_s=0.0)
