"""Requests with an idempotency key: run once, and answered from what was kept ever after.

The lock of a key lasts as long as a transaction, so one request at a time runs with it; others are
told so at once. The unique key of the table is what counts in the end: of two runs that did not see
one another, the second to commit finds the first one's answer and is undone.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import uuid4

from leal.domain.problems import Busy, DatabaseAway, KeyInUse, KeyReused
from leal.storage import idempotency as stored
from leal.storage.idempotency import Answer, Found, RequestKey
from leal.storage.on_connection import GaveWay
from leal.usecases.desk import Desk
from leal.usecases.once import Once, Overtaken

KEPT_FOR: Final = timedelta(days=30)
"""So long, in real time, the answer to a request is told again."""

_TRIES = 3
_GIVE_WAY_SECONDS = 0.1
_BATCH = 2_000

Run = Callable[[Desk], Awaitable[Answer]]
"""Serves a request at a desk whose every statement belongs to one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An answer, and whether it is one that was kept."""

    answer: Answer
    kept: bool


async def answer_once(desk: Desk, asked: RequestKey, run: Run) -> Told:
    """Runs a request unless it was run before; either way its one answer.

    What `run` raises undoes what it did, and is not kept. It may be called again when the database
    gave its transaction up in favour of another. Raises KeyInUse, KeyReused, Busy.
    """
    for _ in range(_TRIES):
        try:
            return await _try(desk, asked, run)
        except GaveWay:
            # let the other go first: it still has to wake up and take what was given up
            await asyncio.sleep(_GIVE_WAY_SECONDS)
        except Overtaken:
            continue
    raise Busy


async def forget_all(desk: Desk, program_id: int) -> int:
    """Forgets answers that were kept for long enough; returns how many."""
    forgotten, before = 0, desk.clock() - KEPT_FOR
    while some := await stored.forget(desk.database, program_id, before=before, limit=_BATCH):
        forgotten += some
        if some < _BATCH:
            break
    return forgotten


async def _try(desk: Desk, asked: RequestKey, run: Run) -> Told:
    run_id = uuid4()
    async with desk.database.bound() as bound:
        begun = await stored.begin(bound, asked, run_id=run_id, now=desk.clock())
        if begun.answer is not None:
            return Told(answer=begun.answer, kept=True)
        if begun.found is Found.BUSY:
            raise KeyInUse
        if begun.found is Found.OTHER:
            raise KeyReused
        once = Once(
            asked=asked,
            run_id=run_id,
            bound=bound,
            database=desk.database,
            programs=desk.programs,
            reserved=begun.reserved,
            is_noted=begun.found is Found.RESUMED,
        )
        return Told(answer=await _run(desk, once, run), kept=False)


async def _run(desk: Desk, once: Once, run: Run) -> Answer:
    seen = desk.programs.through(once.bound)
    try:
        answer = await run(replace(desk, database=once.bound, programs=seen, once=once))
        await once.finish(answer, now=desk.clock())
    except Exception:
        with suppress(DatabaseAway):
            await once.give_up(now=desk.clock())
        raise
    seen.parsed.share()
    return answer
