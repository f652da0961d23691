"""Test that concurrent items are processed together, and fail alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from bot.storage.batching import Batcher


class Doubler:
    """A process that doubles numbers and remembers its batches."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.batches: list[list[int]] = []

    async def __call__(self, items: Sequence[int]) -> list[int]:
        """Double *items*; fail as long as there are failures, and always on 13."""
        if self.failures:
            raise self.failures.pop()
        self.batches.append(list(items))
        if 13 in items:
            raise ValueError("13")
        return [2 * item for item in items]


async def test_items_submitted_at_once_form_one_batch() -> None:
    """A transaction for each would cost more than all the rest of an answer."""
    process = Doubler()
    batcher = Batcher(process)
    assert await asyncio.gather(*(batcher.submit(number) for number in range(5))) == [0, 2, 4, 6, 8]
    assert await batcher.submit(9) == 18
    assert process.batches == [[0, 1, 2, 3, 4], [9]]


async def test_a_batch_is_limited() -> None:
    """A transaction must not grow without limit."""
    process = Doubler()
    batcher = Batcher(process, max_items=2)
    assert await asyncio.gather(*(batcher.submit(number) for number in range(5))) == [0, 2, 4, 6, 8]
    assert process.batches == [[0, 1], [2, 3], [4]]


async def test_a_bad_item_fails_alone() -> None:
    """The items of a batch have nothing in common but the moment."""
    results: list[tuple[int, int | None]] = []
    batcher = Batcher(Doubler())

    async def submit(number: int) -> int:
        return await batcher.submit(number, lambda result: results.append((number, result)))

    answers = await asyncio.gather(*(submit(number) for number in (3, 13, 4)), return_exceptions=True)
    assert (answers[0], answers[2]) == (6, 8)
    assert isinstance(answers[1], ValueError)
    assert results == [(3, 6), (13, None), (4, 8)]


async def test_a_cancelled_caller_does_not_stop_its_item_or_the_others() -> None:
    """A row that is committed must be worked on, even if the request that brought it has ended."""
    batcher = Batcher(Doubler())
    done: list[int | None] = []
    leaving = asyncio.create_task(batcher.submit(1, done.append))
    staying = asyncio.create_task(batcher.submit(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == 4
    assert done == [2]
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_a_short_absence_of_the_database_goes_unnoticed() -> None:
    """A restart takes a second, and Slack waits three."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    batcher = Batcher(Doubler(OSError("gone"), OSError("gone")), sleep=sleep)
    assert await batcher.submit(1) == 2
    assert pauses == [0.05, 0.1]


async def test_a_longer_absence_is_an_error_for_callers_only() -> None:
    """Slack delivers an event again; an outcome would be lost, so it is written when the database is back."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    batcher = Batcher(Doubler(*[OSError("gone")] * 12), sleep=sleep)
    written = asyncio.Event()
    batcher.submit_later(1, lambda _: written.set())
    with pytest.raises(OSError, match="gone"):
        await batcher.submit(2)
    await asyncio.wait_for(written.wait(), timeout=5)
    assert sum(pauses[:5]) < 3.0


async def test_a_bad_item_without_a_caller_does_not_hold_up_the_others() -> None:
    """It is tried again and again, after a pause."""

    async def sleep(_: float) -> None:
        await asyncio.sleep(0)

    process = Doubler()
    batcher = Batcher(process, sleep=sleep)
    written: list[int | None] = []
    for number in (1, 13, 2):
        batcher.submit_later(number, written.append)
    assert await batcher.submit(3) == 6
    assert written == [2, 4]
    await batcher.flush(timeout_s=0.01)
    assert process.batches[-1] == [13]


async def test_no_caller_waits_for_a_batcher_that_was_stopped() -> None:
    """A request that never ends would delay the end of the process by a minute."""

    async def hang(_: Sequence[int]) -> list[int]:
        await asyncio.Event().wait()
        return []

    batcher = Batcher(hang, max_items=1)
    callers = [asyncio.create_task(batcher.submit(number)) for number in (1, 2)]
    await asyncio.sleep(0)
    await batcher.flush(timeout_s=0.01)
    async with asyncio.timeout(5):
        results = await asyncio.gather(*callers, return_exceptions=True)
    assert [type(result) for result in results] == [TimeoutError, TimeoutError]


async def test_an_item_without_a_caller_is_processed_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the next item of a caller, or alone after a moment."""
    process = Doubler()
    batcher = Batcher(process)
    batcher.submit_later(1, lambda _: None)
    assert await batcher.submit(2) == 4
    monkeypatch.setattr("bot.storage.batching._LINGER_S", 0.0)
    written = asyncio.Event()
    batcher.submit_later(3, lambda _: written.set())
    await asyncio.wait_for(written.wait(), timeout=5)
    assert process.batches == [[1, 2], [3]]
