"""What many ask of the database at the same time, asked at once: one transaction, and each statement once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from sqlalchemy import Connection

from bot.storage.database import Database

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")
_MOST = 100


class Coalescer(Generic[Asked, Answered]):
    """Has *work* answer what is asked in one round of the event loop, and while it works, together.

    *work* gives an answer to each in order. Where it fails, it is called again for each by itself.
    """

    def __init__(self, database: Database, work: Callable[[Connection, Sequence[Asked]], Sequence[Answered]]) -> None:
        self._database = database
        self._work = work
        self._waiting: list[tuple[Asked, asyncio.Future[Answered]]] = []
        self._working: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked) -> Answered:
        """The answer; raises what the database raises."""
        answer: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._working is None:
            self._working = asyncio.create_task(self._work_off())
        return await answer

    async def _work_off(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            await self._answer(group)
        self._working = None

    async def _answer(self, group: Sequence[tuple[Asked, asyncio.Future[Answered]]]) -> None:
        try:
            asked = [each for each, _ in group]
            answers = await self._database.run(lambda connection: self._work(connection, asked))
        except Exception as error:  # whoever asked gets it
            if len(group) > 1:
                for each in group:
                    await self._answer([each])
            elif not group[0][1].done():
                group[0][1].set_exception(error)
            return
        for (_, waiting), answer in zip(group, answers, strict=True):
            if not waiting.done():  # nobody waits for it any more
                waiting.set_result(answer)
