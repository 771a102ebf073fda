"""Keeping events no longer than the operator wants, and never shorter than somebody needs them."""

from typing import Final

from leal.storage import event_horizons
from leal.usecases import announcements, crediting
from leal.usecases.desk import Desk

FOLLOWERS: Final = (crediting.CURSOR, announcements.CURSOR)
"""Kinds of work that follow the log of events, each behind a cursor of its own."""

_BATCH = 2_000
_BATCHES_IN_A_RUN = 20


async def clear_events(desk: Desk, program_id: int) -> int:
    """Removes events that were kept for long enough; returns how many.

    A batch is one short statement, and a run ends after some of them: the next goes on.
    """
    if desk.events_kept is None:
        return 0
    await desk.programs.current(program_id)  # a sandbox's clock may have been moved on
    before, cleared = desk.now(program_id) - desk.events_kept, 0
    for _ in range(_BATCHES_IN_A_RUN):
        until = await event_horizons.find_end(
            desk.database, program_id, followers=FOLLOWERS, before=before, limit=_BATCH
        )
        if until is None:
            break
        cleared += await event_horizons.clear(desk.database, program_id, until=until, before=before)
    return cleared
