"""What an operator sees of an installation from the outside: points, work that waits, webhooks.

The figures are the database's, so they are the same whichever process is asked, and stay right when
processes come and go. They are looked up when somebody asks, at most every few seconds.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from leal.domain.problems import DatabaseAway
from leal.storage import figures
from leal.storage.db import Database
from leal.storage.figures import ProgramFigures, QueueFigures, WorkFigures
from leal.storage.programs import list_programs

FRESH_SECONDS: Final = 5.0
"""Figures are looked up again when they are older than this."""

PATIENCE_SECONDS: Final = 8.0
"""Whoever asks waits so long for new ones: a scrape is given up after ten seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All figures of one moment: `at` by the wall clock, `loaded_at` in monotonic seconds."""

    at: datetime
    loaded_at: float
    programs: tuple[ProgramFigures, ...]
    work: tuple[WorkFigures, ...]
    queue: QueueFigures


class FigureBook:
    """Looks figures up, once for all who ask at about the same time."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], datetime],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        self._seconds = seconds
        self._last: Figures | None = None
        self._looking: asyncio.Task[Figures] | None = None

    async def fresh(self) -> Figures | None:
        """Figures that are a few seconds old at most; None when the database does not give them.

        Older ones are never given instead: another process may have shown newer ones already, and
        counters that go back look like a restart.
        """
        last = self._last
        if last is not None and self.age_seconds(last) <= FRESH_SECONDS:
            return last
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await asyncio.shield(self._looking)
        except (DatabaseAway, TimeoutError):
            return None

    def age_seconds(self, found: Figures) -> float:
        """How long ago figures were looked up."""
        return self._seconds() - found.loaded_at

    async def _look(self) -> Figures:
        at, loaded_at = self._clock(), self._seconds()
        programs: list[ProgramFigures] = []
        for program in await list_programs(self._database):
            found = await figures.find_program(self._database, program.program_id, clock=at)
            if found is not None:
                programs.append(found)
        self._last = Figures(
            at=at,
            loaded_at=loaded_at,
            programs=tuple(programs),
            work=await figures.list_work(self._database),
            queue=await figures.load_queue(self._database),
        )
        return self._last
