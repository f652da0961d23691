"""Test in which order the jobs in memory start."""

from __future__ import annotations

from bot.inbox import Job, JobKind
from bot.inbox.ordering import LaneOrder
from tests.inbox.workbench import job


def added(order: LaneOrder, *jobs: Job) -> list[Job]:
    """Add jobs and return them."""
    for each in jobs:
        order.add(each)
    return list(jobs)


def test_lanes_run_side_by_side_and_the_jobs_of_a_lane_one_by_one() -> None:
    """The second answer of a thread often makes sense only after the first."""
    order = LaneOrder(9, 9)
    first, second, other = added(
        order, job("1.0", kind=JobKind.ASKED), job("1.1", thread="1.0", kind=JobKind.ASKED), job("2.0")
    )
    assert [order.next_batch(), order.next_batch(), order.next_batch()] == [[first], [other], []]
    order.finish([first])
    assert [order.next_batch(), order.next_batch()] == [[second], []]


def test_messages_that_wait_in_a_lane_start_together() -> None:
    """A burst gets one answer; a job of another kind, or one that may be answered, is worked on alone."""
    order = LaneOrder(9, 9)
    jobs = added(
        order, *(job(f"1.{n}", thread="1.0", kind=JobKind.LOG if n == 2 else JobKind.MESSAGE) for n in range(4))
    )
    for batch in (jobs[:2], jobs[2:3], jobs[3:]):
        assert order.next_batch() == batch
        order.finish(batch)


def test_running_lanes_are_limited_in_total_and_per_channel() -> None:
    """One busy channel must not use up all of them, and waits for its own lanes only."""
    order = LaneOrder(2, 1)
    here, here_too, there, elsewhere = added(
        order, job("1.0"), job("2.0"), job("3.0", channel="C2"), job("4.0", channel="C3")
    )
    assert [order.next_batch(), order.next_batch(), order.next_batch()] == [[here], [there], []]
    order.finish([there])
    assert [order.next_batch(), order.next_batch()] == [[elsewhere], []]
    order.finish([here])
    assert order.next_batch() == [here_too]


def test_jobs_behind_a_batch_can_be_removed() -> None:
    """They wait in the database while the first is retried."""
    order = LaneOrder(9, 9)
    first, second, third = added(order, *(job(f"1.{n}", thread="1.0", kind=JobKind.ASKED) for n in range(3)))
    assert order.next_batch() == [first]
    assert order.remove_behind([first]) == [second, third]
    order.finish([first])
    assert order.next_batch() == []
