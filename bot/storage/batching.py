"""Group commit: what waits to be written to the inbox is written together, in one transaction after the other.

One commit costs as much for one row as for a hundred, so the rows a second grow with the load.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from bot.storage.inbox_rows import NewInboxRow, RecordedJobs, SettledJob

Write = Callable[[Sequence[NewInboxRow], Sequence[SettledJob]], Awaitable[RecordedJobs]]
Then = Callable[[int | None, tuple[int, ...]], None]  # the new row's id, or None; what else is open in its lane
UNREACHABLE = (SQLAlchemyError, OSError)
_PASSING = (OperationalError, InterfaceError, OSError)  # it is away, or busy
_MOST = 500  # rows in one transaction
# Slack wants its acknowledgement within 3 s: a database that restarts faster than this goes unnoticed.
_PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.8)
_CROWD, _GATHER_S = 2, 0.004  # with more rows than this in a group, wait so long for the next
_LINGER_S = 0.05  # what nobody waits for is written along with what somebody does, or after this


@dataclass(frozen=True, slots=True)
class _Waiting:
    row: NewInboxRow
    then: Then
    is_new: asyncio.Future[bool]


class InboxWriter:
    """Writes to the inbox by *write*, of which one call runs at a time."""

    def __init__(self, write: Write, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._write = write
        self._sleep = sleep
        self._new: list[_Waiting] = []
        self._settled: list[tuple[SettledJob, Callable[[], None]]] = []
        self._task: asyncio.Task[None] | None = None
        self._linger: asyncio.TimerHandle | None = None

    async def record(self, row: NewInboxRow, then: Then) -> bool:
        """Return, once it is safe, whether *row* was new; raises what the database raises.

        *then* is called in any case, right after the commit, even if the caller has gone away.
        """
        is_new: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._new.append(_Waiting(row, then, is_new))
        self._start()
        return await is_new

    def settle(self, settled: SettledJob, then: Callable[[], None]) -> None:
        """Write *settled* soon, however often the database fails, and call *then*."""
        self._settled.append((settled, then))
        if not self._is_writing() and self._linger is None:
            self._linger = asyncio.get_running_loop().call_later(_LINGER_S, self._start)

    async def flush(self, within_s: float) -> None:
        """Wait until all is written, at most so long."""
        self._start()
        task = self._task
        if task:
            await asyncio.wait({task}, timeout=within_s)
            task.cancel()

    def _is_writing(self) -> bool:
        return self._task is not None and not self._task.done()

    def _start(self) -> None:
        if self._linger:
            self._linger.cancel()
            self._linger = None
        if not self._is_writing():
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while self._new or self._settled:
            new, self._new = self._new[:_MOST], self._new[_MOST:]
            settled, self._settled = self._settled[:_MOST], self._settled[_MOST:]
            await self._commit(new, settled)
            if len(new) > _CROWD:
                # Under load, larger groups are worth a little wait: a commit costs more than its rows.
                await asyncio.sleep(_GATHER_S)
        self._task = None

    async def _commit(self, new: list[_Waiting], settled: list[tuple[SettledJob, Callable[[], None]]]) -> None:
        rows = list({waiting.row.key: waiting.row for waiting in reversed(new)}.values())[::-1]
        try:
            recorded = await self._patiently(rows, [each for each, _ in settled])
        except Exception as error:  # whatever it is, those who wait must hear of it
            self._settled = settled + self._settled
            await self._fail(new, error)
            return
        ids = dict(recorded.ids)
        for waiting in new:
            # The first of several about the same thing is the new one.
            id_ = ids.pop(waiting.row.key, None)
            waiting.then(id_, recorded.open.get(waiting.row.lane, ()))
            if not waiting.is_new.done():
                waiting.is_new.set_result(id_ is not None)
        for _, then in settled:
            then()

    async def _patiently(self, rows: list[NewInboxRow], settled: list[SettledJob]) -> RecordedJobs:
        for pause_s in _PAUSES_S:
            try:
                return await self._write(rows, settled)
            except _PASSING:
                await self._sleep(pause_s)
        return await self._write(rows, settled)

    async def _fail(self, new: list[_Waiting], error: Exception) -> None:
        """Tell those who wait. Where the database is there but refuses, one row may be to blame: try each by itself."""
        is_there = not isinstance(error, _PASSING)
        for waiting in new:
            if len(new) > 1 and is_there:
                await self._commit([waiting], [])
                continue
            waiting.then(None, ())
            if not waiting.is_new.done():
                waiting.is_new.set_exception(error)
        if not new:
            await self._sleep(_PAUSES_S[-1])
