"""What many ask at the same time is asked once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, literal, select

from bot.storage.coalesce import Coalescer
from bot.storage.database import Database


async def test_what_is_asked_at_once_is_one_transaction(database: Database) -> None:
    """A transaction for each would cost more than all the rest of an answer."""
    groups: list[Sequence[int]] = []

    def double(connection: Connection, asked: Sequence[int]) -> list[int]:
        groups.append(asked)
        return [connection.execute(select(literal(each * 2))).scalar_one() for each in asked]

    together = Coalescer(database, double)
    assert await asyncio.gather(*(together.ask(each) for each in range(5))) == [0, 2, 4, 6, 8]
    assert await together.ask(9) == 18
    assert groups == [[0, 1, 2, 3, 4], [9]]


async def test_one_that_fails_does_not_take_the_others_along(database: Database) -> None:
    """They have nothing to do with each other but the moment."""

    def invert(connection: Connection, asked: Sequence[int]) -> list[int]:
        return [12 // each for each in asked]

    together = Coalescer(database, invert)
    answers = await asyncio.gather(*(together.ask(each) for each in (3, 0, 4)), return_exceptions=True)
    assert (answers[0], answers[2]) == (4, 3)
    assert isinstance(answers[1], ZeroDivisionError)


async def test_who_no_longer_waits_holds_up_nobody(database: Database) -> None:
    """An attempt may be cancelled at any moment."""
    together: Coalescer[int, int] = Coalescer(database, lambda _, asked: asked)
    leaving = asyncio.create_task(together.ask(1))
    staying = asyncio.create_task(together.ask(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == 2
    with pytest.raises(asyncio.CancelledError):
        await leaving
