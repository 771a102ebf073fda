"""What days bring: memberships end, birthdays come, segments are worked out, members counted."""

from dataclasses import dataclass
from datetime import date, timedelta

from leal.domain.birthdays import birthday_zone, celebrate, days_of
from leal.domain.change import Change, begin
from leal.domain.dates import local_day
from leal.domain.scene import Scene
from leal.storage import calendar, jobs
from leal.storage.customers import Loaded, Wanted
from leal.usecases.batches import BATCH, BEGINNING, Tally
from leal.usecases.desk import Ask, Desk, change, known, scene_now

CATCHES_UP_DAYS = 7
"""Birthdays that no worker saw come are made up for as long."""

LEAST_BUYERS = 100
"""With fewer buyers, fifths of them say nothing."""

_BIRTHDAYS, _SEGMENTS, _MEMBERS = "birthdays", "segments", "members"
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """Through which day a kind of work is done."""

    day: date


async def end_memberships(desk: Desk, program_id: int) -> int:
    """Works off memberships that have ended; returns of how many customers. Raises WorkFailed."""
    scene = await scene_now(desk, Ask(program_id=program_id))
    tally, after = Tally(), BEGINNING
    if scene.program.tiers is None:
        return 0

    async def end(customer_id: int) -> int:
        # whoever takes up a customer works off what has ended
        wanted = Wanted(customer_id=customer_id)
        await change(desk, Ask(program_id=program_id), wanted, decide=_nothing_more)
        return 1

    while batch := await calendar.list_ended_memberships(
        desk.database, program_id, until=scene.now, after=after, limit=BATCH
    ):
        await tally.each((each.customer_id for each in batch), end)
        after = batch[-1].key
    return tally.outcome()


async def celebrate_birthdays(desk: Desk, program_id: int) -> int:
    """Rewards the birthdays of each day that has begun; returns how many. Raises WorkFailed.

    Days that no worker saw are made up for, as far back as CATCHES_UP_DAYS.
    """
    scene = await scene_now(desk, Ask(program_id=program_id))
    today = local_day(scene.now, birthday_zone(scene.program))
    done = await jobs.find_cursor(desk.database, program_id, _BIRTHDAYS, shape=_Done)
    oldest = today - timedelta(days=CATCHES_UP_DAYS - 1) if done else today
    day = max(oldest, done.day + timedelta(days=1)) if done else oldest
    tally = Tally()
    while day <= today:
        await _celebrate(desk, program_id, day, tally=tally)
        if not tally.failures:
            # one customer who fails holds up nobody else, and is tried again
            await jobs.save_cursor(desk.database, program_id, _BIRTHDAYS, position=_Done(day=day))
        day += timedelta(days=1)
    return tally.outcome()


async def place_in_segments(desk: Desk, program_id: int) -> int:
    """Works out everybody's segment once a week; returns how many customers moved."""
    scene = await scene_now(desk, Ask(program_id=program_id))
    today = local_day(scene.now, scene.program.primary_site.zone)
    done = await jobs.find_cursor(desk.database, program_id, _SEGMENTS, shape=_Done)
    if done is not None and today < done.day + _WEEK:
        return 0
    segmented = await calendar.place_in_segments(
        desk.database, program_id, least_buyers=LEAST_BUYERS, now=scene.now
    )
    await jobs.save_cursor(desk.database, program_id, _SEGMENTS, position=_Done(day=today))
    return segmented.moved


async def count_members(desk: Desk, program_id: int) -> int:
    """Counts the members of the day that has just ended; returns 1 when it did."""
    scene = await scene_now(desk, Ask(program_id=program_id))
    yesterday = local_day(scene.now, scene.program.primary_site.zone) - timedelta(days=1)
    done = await jobs.find_cursor(desk.database, program_id, _MEMBERS, shape=_Done)
    if done is not None and done.day >= yesterday:
        return 0
    await calendar.count_members(desk.database, program_id, yesterday)
    await jobs.save_cursor(desk.database, program_id, _MEMBERS, position=_Done(day=yesterday))
    return 1


async def _celebrate(desk: Desk, program_id: int, day: date, *, tally: Tally) -> None:
    async def celebrated(customer_id: int) -> int:
        def decide(loaded: Loaded, scene: Scene) -> Change:
            return celebrate(known(loaded), scene, day)

        wanted = Wanted(customer_id=customer_id)
        outcome = await change(desk, Ask(program_id=program_id), wanted, decide=decide)
        return 0 if outcome.change is None or outcome.change.is_empty else 1

    after = 0
    while found := await calendar.list_born(
        desk.database, program_id, days_of(day), after=after, limit=BATCH
    ):
        await tally.each(found, celebrated)
        after = found[-1]


def _nothing_more(loaded: Loaded, _scene: Scene) -> Change:
    return begin(known(loaded))
