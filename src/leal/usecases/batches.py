"""Working on many customers: some at the same moment, and one's failure is not the others'."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from typing import TypeVar

from leal.domain.problems import Busy, DatabaseAway
from leal.storage.due import Key

_T = TypeVar("_T")

BATCH = 500
"""So many things are looked up at a time."""

AT_ONCE = 8
"""So many customers are worked on at the same moment."""

BEGINNING = Key(at=datetime(1, 1, 2, tzinfo=UTC), id=-(2**63))
"""Before every key of a list."""


class WorkFailed(Exception):  # noqa: N818 - said of some of it; the rest was done
    """Some customers could not be worked on; the others were. The message tells of the first."""

    def __init__(self, tally: "Tally") -> None:
        super().__init__(f"{tally.failures} customer(s) failed, the first with {tally.first}")
        self.done = tally.done


@dataclass(slots=True)
class Tally:
    """What a run has done so far, and what failed."""

    at_once: int = AT_ONCE
    done: int = 0
    failures: int = 0
    first: str = ""

    async def each(self, items: Iterable[_T], work: Callable[[_T], Awaitable[int]]) -> None:
        """Does `work` for every item, `at_once` at the same moment; it says how much it has done.

        Failures are counted and the rest goes on; without the database nothing goes on, and
        DatabaseAway is raised.
        """
        waiting = iter(items)

        async def one_after_another() -> None:
            for item in waiting:
                try:
                    count = await work(item)
                except DatabaseAway as error:
                    if not isinstance(error, Busy):
                        raise
                    self._failed(item, error)
                except Exception as error:  # noqa: BLE001 - whatever is wrong with one customer
                    self._failed(item, error)
                else:
                    self.done += count  # not before: others add meanwhile

        tasks = [asyncio.create_task(one_after_another()) for _ in range(self.at_once)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _failed(self, item: object, error: Exception) -> None:
        self.failures += 1
        self.first = self.first or f"{described(error)}{_named(item)}"

    def outcome(self) -> int:
        """How much was done. Raises WorkFailed when something failed."""
        if self.failures:
            raise WorkFailed(self)
        return self.done


def described(error: BaseException) -> str:
    """An exception by its kind and place, for what is kept: messages may quote personal data."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


def _named(item: object) -> str:
    """What was worked on, by our own numbers for it."""
    if isinstance(item, int):
        return f" ({item})"
    members = item.__slots__ if hasattr(item, "__slots__") else ()
    numbers = {name: getattr(item, name) for name in members if name.endswith("_id")}
    told = [f"{name}={number}" for name, number in numbers.items() if isinstance(number, int)]
    return f" ({', '.join(told)})" if told else ""
