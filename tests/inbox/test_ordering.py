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


def test_a_lane_starts_even_if_the_one_that_waited_before_it_was_removed() -> None:
    """A job that lost its lease gives its turn away, or the rest of the channel would wait for ever."""
    order = LaneOrder(9, 1)
    running, lost, waiting = added(order, job("1.0"), job("2.0"), job("3.0"))
    assert [order.next_batch(), order.next_batch()] == [[running], []]
    assert order.remove_from(lost) == [lost]
    order.finish([running])
    assert order.next_batch() == [waiting]


def test_the_lanes_of_a_channel_take_turns() -> None:
    """A busy thread must not keep the other threads of its channel waiting."""
    order = LaneOrder(9, 1)
    first, second, other, another = added(
        order,
        job("1.0", kind=JobKind.ASKED),
        job("1.1", thread="1.0", kind=JobKind.ASKED),
        job("2.0"),
        job("3.0"),
    )
    for batch in ([first], [other], [another], [second]):
        assert order.next_batch() == batch
        assert order.next_batch() == []
        order.finish(batch)


def test_a_job_is_removed_together_with_those_behind_it() -> None:
    """They must not overtake it."""
    order = LaneOrder(9, 9)
    first, second, third = added(order, *(job(f"1.{n}", thread="1.0", kind=JobKind.ASKED) for n in range(3)))
    assert order.next_batch() == [first]
    assert order.remove_from(second) == [second, third]
    order.finish([first])
    assert order.next_batch() == []


def test_a_whole_lane_can_be_removed() -> None:
    """It waits in the database while its first job is retried."""
    order = LaneOrder(9, 9)
    first, second, third = added(order, *(job(f"1.{n}", thread="1.0", kind=JobKind.ASKED) for n in range(3)))
    assert order.next_batch() == [first]
    order.finish([first])
    assert order.remove_lane(first.lane) == [second, third]
    assert order.next_batch() == []
    assert order.remove_lane(first.lane) == []
