"""Test leases, and how a process finds out whether their owner still runs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bot.inbox.lease import Lease, has_ended, new_owner


def process(pid: int) -> str:
    """Return the owner name of a process of this machine."""
    machine, _, _ = new_owner().rsplit(":", 2)
    return f"{machine}:{pid}:0a1b2c3d"


def test_a_lease_outlives_less_than_the_time_that_it_has_left() -> None:
    """A post is only made under a lease that outlives it."""
    lease = Lease(30.0, lambda: 10.0)
    assert lease.outlives(19.9)
    assert not lease.outlives(20.0)


def test_a_process_that_exited_has_ended() -> None:
    """After a crash, the next process need not wait for the leases to lapse."""
    exited = subprocess.Popen([sys.executable, "-c", ""])
    exited.wait()
    assert has_ended(process(exited.pid), new_owner(), is_shared=True)


def test_a_running_process_has_not_ended() -> None:
    """Its work would be done twice."""
    assert not has_ended(process(os.getppid()), new_owner(), is_shared=True)
    own_name = new_owner()
    assert not has_ended(own_name, own_name, is_shared=True)


def test_the_previous_process_of_a_container_has_ended() -> None:
    """Each container counts its process ids from 1, so it had the same one."""
    assert has_ended(process(os.getpid()), new_owner(), is_shared=True)


@pytest.mark.parametrize(("is_shared", "ended"), [(True, False), (False, True)])
def test_a_process_of_another_machine_has_ended_if_the_database_is_a_file(is_shared: bool, ended: bool) -> None:
    """Only one machine at a time uses such a database; of a shared one, it may still be running."""
    assert has_ended("elsewhere/4026531836:1:0a1b2c3d", new_owner(), is_shared=is_shared) is ended


@pytest.mark.parametrize("owner", ["", "one", "a:b:c"])
def test_an_unknown_form_of_name_is_left_alone(owner: str) -> None:
    """An older version may have named itself differently."""
    assert not has_ended(owner, new_owner(), is_shared=True)
