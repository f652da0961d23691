"""Jobs as values: how they are told apart and written down."""

from __future__ import annotations

import pytest

from bot.inbox import ASKED_KINDS, UNASKED_KINDS, JobKind
from bot.storage.database import Database
from bot.storage.inbox_rows import InboxRows, NewInboxRow
from tests.inbox.bench import Workbench, job


@pytest.mark.parametrize(
    ("kind", "trigger_ts", "stored"),
    [(JobKind.MESSAGE, "", "message"), (JobKind.CHANGED, "2.0", "changed:2.0"), (JobKind.REPORT, "7.1", "report:7.1")],
)
def test_the_stored_kind_stays_as_it_was(kind: JobKind, trigger_ts: str, stored: str) -> None:
    """Rows of running databases and the metadata of posted replies contain it."""
    made = job("1.0", kind=kind, trigger_ts=trigger_ts)
    assert made.stored_kind == stored
    assert made.key == ("T1", "C1", "1.0", stored)


@pytest.mark.parametrize(
    ("stored", "kind", "trigger_ts"),
    [
        ("message", JobKind.MESSAGE, ""),
        ("changed:1700000000.000200", JobKind.CHANGED, "1700000000.000200"),
        ("thread:5.5", JobKind.THREAD, "5.5"),
        ("page_oncall:5.5", JobKind.UNKNOWN, "5.5"),
    ],
)
async def test_a_stored_kind_is_read_back(database: Database, stored: str, kind: JobKind, trigger_ts: str) -> None:
    """Also one that a later version recorded: it must not keep other jobs from their work."""
    row = NewInboxRow(("T1", "C1", "1.0", stored), "U1", "1.0", (), {}, None, 5.0, None)
    await InboxRows(database).write([row], [])
    bench = Workbench(database)
    await bench.open()
    await bench.until(lambda: bench.begun != [])
    assert (bench.begun[0].kind, bench.begun[0].trigger_ts) == (kind, trigger_ts)
    await bench.inbox.close(grace_s=0.0)


def test_no_kind_is_both_asked_and_unasked() -> None:
    """The two groups decide differently who gets a notice of a failure."""
    assert not ASKED_KINDS & UNASKED_KINDS
