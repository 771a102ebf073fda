"""The time of a program: everybody's, or in a sandbox one that can be moved on to see what comes.

Time is moved a day at a stretch, and what became due is worked off in between, so that a year
passes as a year would: what is approved in March can be spent, or expire, in April.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from leal.domain.problems import Problem
from leal.storage import clocks
from leal.usecases.desk import Desk
from leal.usecases.due import Kind, run_until_nothing_is_due

LONGEST = timedelta(days=10 * 366)
"""So far time can be moved at once."""

_STRETCH = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class NotASandbox(Problem):
    """The program's time is everybody's and cannot be moved."""

    def __init__(self, program_id: int) -> None:
        super().__init__(
            f"program {program_id} is no sandbox, and its time cannot be moved: make a sandbox"
            " with `leal program apply FILE --new --sandbox`"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramClock:
    """A program's time, and how far it is ahead of ours."""

    now: datetime
    sandbox: bool
    ahead: timedelta


def read_distance(text: str) -> timedelta:
    """How far to move time on, from a number and its unit such as 90s, 12h or 15d.

    Raises ValueError, whose message says what would be right.
    """
    found = re.fullmatch(r"([0-9]{1,9})([smhdw])", text)
    distance = timedelta(0)
    if found is not None:
        distance = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if not timedelta(0) < distance <= LONGEST:
        msg = (
            "give a number and s, m, h, d or w, such as 15d; time moves only forward, and at most "
            f"{LONGEST.days} days at once"
        )
        raise ValueError(msg)
    return distance


async def show(desk: Desk, program_id: int) -> ProgramClock:
    """The program's time. Raises Missing."""
    clock = await clocks.load(desk.database, program_id)
    return ProgramClock(now=desk.clock() + clock.ahead, sandbox=clock.sandbox, ahead=clock.ahead)


def unwatched(_now: datetime) -> None:
    """Progress nobody looks at."""


async def advance(
    desk: Desk,
    program_id: int,
    by: timedelta,
    *,
    progress: Callable[[datetime], None] = unwatched,
) -> Mapping[Kind, int]:
    """Moves a sandbox's time on and works off what became due; returns how much of each kind.

    `by` is a positive number of whole seconds, at most LONGEST. Days that were worked off stay so
    whatever happens later; a request that has one effect goes on where it was cut short. Raises
    NotASandbox, Missing, WorkFailed.
    """
    if not timedelta(0) < by <= LONGEST:
        msg = f"time can be moved on by up to {LONGEST.days} days, not by {by}"
        raise ValueError(msg)
    clock = await clocks.load(desk.database, program_id)
    if not clock.sandbox:
        raise NotASandbox(program_id)
    until = clock.ahead // _SECOND + by // _SECOND if desk.reserved is None else desk.reserved
    async with desk.outside(reserved=until) as free:
        return await _advance(free, program_id, until * _SECOND - clock.ahead, progress=progress)


async def _advance(
    desk: Desk, program_id: int, by: timedelta, *, progress: Callable[[datetime], None]
) -> Mapping[Kind, int]:
    done = dict.fromkeys(Kind, 0)
    while by > timedelta(0):
        stretch = min(by, _STRETCH)
        if not await clocks.advance(desk.database, program_id, stretch):
            raise NotASandbox(program_id)
        by -= stretch
        await desk.programs.current(program_id)
        for kind, count in (await run_until_nothing_is_due(desk, program_id)).items():
            done[kind] += count
        progress(desk.now(program_id))
    return done
