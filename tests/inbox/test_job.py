"""Test jobs as values."""

from __future__ import annotations

import pytest

from bot.inbox import ASKED_KINDS, UNASKED_KINDS, JobKind
from tests.inbox.workbench import job


@pytest.mark.parametrize(
    ("kind", "trigger_ts", "stored"),
    [(JobKind.MESSAGE, "", "message"), (JobKind.CHANGED, "2.0", "changed:2.0"), (JobKind.REPORT, "7.1", "report:7.1")],
)
def test_the_stored_kind_does_not_change(kind: JobKind, trigger_ts: str, stored: str) -> None:
    """Rows of running databases and the metadata of posted replies contain it."""
    made = job("1.0", kind=kind, trigger_ts=trigger_ts)
    assert made.stored_kind == stored
    assert made.key == ("T1", "C1", "1.0", stored)


def test_no_kind_is_both_asked_and_unasked() -> None:
    """The groups decide who gets a notice of a failure."""
    assert not ASKED_KINDS & UNASKED_KINDS
