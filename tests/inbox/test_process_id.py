"""Who holds a lease, and whether it is still there."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bot.inbox.process_id import is_gone, new_owner


def process(pid: int) -> str:
    """The owner that a process of this machine would be."""
    machine, _, _ = new_owner().rsplit(":", 2)
    return f"{machine}:{pid}:0a1b2c3d"


def test_a_process_that_ended_is_gone() -> None:
    """After a crash, the next one need not wait for the leases."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert is_gone(process(ended.pid), new_owner(), is_shared=True)


def test_a_process_that_runs_is_not_gone() -> None:
    """Its work would be done twice."""
    assert not is_gone(process(os.getppid()), new_owner(), is_shared=True)
    me = new_owner()
    assert not is_gone(me, me, is_shared=True)


def test_the_process_before_in_a_container_had_the_same_number() -> None:
    """Each container counts from 1."""
    assert is_gone(process(os.getpid()), new_owner(), is_shared=True)


@pytest.mark.parametrize(("is_shared", "gone"), [(True, False), (False, True)])
def test_of_another_machine_nothing_is_known(is_shared: bool, gone: bool) -> None:
    """But only one machine at a time uses a database that is a file."""
    assert is_gone("elsewhere/4026531836:1:0a1b2c3d", new_owner(), is_shared=is_shared) is gone


@pytest.mark.parametrize("owner", ["", "one", "a:b:c"])
def test_a_name_that_says_nothing_is_left_alone(owner: str) -> None:
    """An older version may have named itself otherwise."""
    assert not is_gone(owner, new_owner(), is_shared=True)
