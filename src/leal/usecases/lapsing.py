"""Points that expire, and warnings before they do.

Lots with a day of their own are found by it, every time. What goes by inactivity, or dates from
before expiry was switched on, ends at the beginning of a day: all who have points are gone over
once a local day, and again when another version of the program came into force.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from leal.domain import lapsing
from leal.domain.change import Change, begin
from leal.domain.dates import local_day
from leal.domain.lapsing import Standing
from leal.domain.scene import Scene
from leal.storage import due, jobs
from leal.storage.customers import Loaded, Wanted
from leal.storage.due import Ending, Key
from leal.usecases.batches import BATCH, BEGINNING, Tally
from leal.usecases.desk import Ask, Desk, change, known, scene_now

_EXPIRY, _NOTICES = "expiry", "notices"
_TRIES = 5
_ALWAYS = datetime(9999, 1, 1, tzinfo=UTC)


async def lapse_all(desk: Desk, program_id: int) -> int:
    """Lets lapse what is due; returns for how many customers. Raises WorkFailed."""
    scene = await scene_now(desk, Ask(program_id=program_id))
    work = _Work(desk=desk, scene=scene, tally=Tally())
    first = lapsing.first_lapse_at(scene.program)
    if first is not None and first <= scene.now:
        await _lapse_lots(work)
        await _daily(work, _EXPIRY, _lapse_undated)
    elif lapsing.by_inactivity(scene.program):
        await _daily(work, _EXPIRY, _lapse_idle)
    return work.tally.outcome()


async def warn_all(desk: Desk, program_id: int) -> int:
    """Warns, once for each ending, whose points end within the notice period; returns how many.

    Raises WorkFailed.
    """
    scene = await scene_now(desk, Ask(program_id=program_id))
    work = _Work(desk=desk, scene=scene, tally=Tally())
    if lapsing.by_date(scene.program):
        await _warn_by_date(work)
    elif lapsing.by_inactivity(scene.program):
        await _daily(work, _NOTICES, _warn_idle)
    return work.tally.outcome()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """A run: with what, at which moment, and what it has done."""

    desk: Desk
    scene: Scene
    tally: Tally

    @property
    def program_id(self) -> int:
        return self.scene.published.id


GoOver = Callable[[_Work, int], Awaitable[int | None]]
"""Goes over the next customers behind an id; answers the last one's, None at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """A going over of all customers: for which day and version, and how far it has come.

    `after` None: it is finished.
    """

    day: date
    version: int
    after: int | None


async def _daily(work: _Work, kind: str, go_over: GoOver) -> None:
    """Goes over all customers unless that was done today; continues where it was cut short."""
    desk, scene, tally, program_id = work.desk, work.scene, work.tally, work.program_id
    day = local_day(scene.now, scene.program.primary_site.zone)
    found = await jobs.find_cursor(desk.database, program_id, kind, shape=_Round)
    after: int | None = 0
    if found is not None and (found.day, found.version) == (day, scene.published.version):
        after = found.after
    while after is not None:
        failures = tally.failures
        after = await go_over(work, after)
        if tally.failures > failures:
            return  # again from here in the next round
        position = _Round(day=day, version=scene.published.version, after=after)
        await jobs.save_cursor(desk.database, program_id, kind, position=position)


async def _lapse_lots(work: _Work) -> None:
    desk, scene, program_id, after = work.desk, work.scene, work.program_id, BEGINNING
    while batch := await due.list_lots(
        desk.database, program_id, until=scene.now, after=after, limit=BATCH
    ):
        customer_ids = dict.fromkeys(each.customer_id for each in batch)
        await work.tally.each(customer_ids, lambda found: _take_up(desk, program_id, found))
        after = batch[-1].key
    await due.remove_empty_lots(desk.database, program_id, until=scene.now, limit=10 * BATCH)


async def _lapse_undated(work: _Work, after: int) -> int | None:
    desk, program_id = work.desk, work.program_id
    found = await due.list_undated(desk.database, program_id, after=after, limit=BATCH)
    await work.tally.each(found, lambda customer_id: _take_up(desk, program_id, customer_id))
    return found[-1] if len(found) == BATCH else None


async def _take_up(desk: Desk, program_id: int, customer_id: int) -> int:
    """Whoever takes up a customer's lots lets lapse what is overdue."""

    def decide(loaded: Loaded, _scene: Scene) -> Change:
        return begin(known(loaded))

    wanted = Wanted(customer_id=customer_id, lots=True)
    await change(desk, Ask(program_id=program_id), wanted, decide=decide)
    return 1


async def _lapse_idle(work: _Work, after: int) -> int | None:
    desk, program_id = work.desk, work.program_id
    found = await due.list_holders(desk.database, program_id, after=after, limit=BATCH)
    idle = [each.customer_id for each in found if _is_over(work.scene, each)]
    await work.tally.each(idle, lambda customer_id: _lapse_whole(desk, program_id, customer_id))
    return found[-1].customer_id if len(found) == BATCH else None


class _Overtaken(Exception):  # noqa: N818 - said to ourselves: look again
    """The customer changed after their standing was read."""


async def _lapse_whole(desk: Desk, program_id: int, customer_id: int) -> int:
    """Ends a customer's whole balance, if it is still due when it comes to it."""
    for _ in range(_TRIES):
        standing = await due.find_standing(
            desk.database, program_id, customer_id, rows_until=_ALWAYS
        )
        if standing is None:
            return 0
        try:
            outcome = await change(
                desk,
                Ask(program_id=program_id),
                Wanted(customer_id=customer_id, lots=True),
                decide=_ended(standing),
            )
        except _Overtaken:
            continue
        return 0 if outcome.change is None or outcome.change.is_empty else 1
    return 0  # busy, so hardly idle


def _ended(standing: Standing) -> Callable[[Loaded, Scene], Change]:
    def decide(loaded: Loaded, scene: Scene) -> Change:
        account = known(loaded)
        if account.customer.version != standing.version:
            raise _Overtaken
        lots = account.lots if _is_over(scene, standing) else ()
        return lapsing.lapse(begin(account), scene, lots=lots, rows=standing.rows)

    return decide


def _is_over(scene: Scene, standing: Standing) -> bool:
    end = lapsing.idle_lapses_at(scene.program, standing)
    return end is not None and end <= scene.now


async def _warn_idle(work: _Work, after: int) -> int | None:
    desk, scene = work.desk, work.scene
    found = await due.list_holders(desk.database, work.program_id, after=after, limit=BATCH)
    until = scene.now + lapsing.notice_period(scene.program)
    endings = []
    for standing in found:
        end = lapsing.idle_lapses_at(scene.program, standing)
        if end is not None and scene.now < end <= until:
            key = Key(at=end, id=standing.customer_id)
            endings.append(Ending(key=key, customer_id=key.id, points=standing.points_approved))
    await work.tally.each(endings, lambda ending: _warn(desk, scene, ending))
    return found[-1].customer_id if len(found) == BATCH else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """Through which ending everybody was warned, in a round that began on `day`."""

    day: date
    version: int
    through: datetime


async def _warn_by_date(work: _Work) -> None:
    """Warns of endings that came into the period; once a day of all in it, for later points."""
    desk, scene, program_id = work.desk, work.scene, work.program_id
    first = lapsing.first_lapse_at(scene.program)
    if first is None:
        return
    until = scene.now + lapsing.notice_period(scene.program)
    position = _Told(
        day=local_day(scene.now, scene.program.primary_site.zone),
        version=scene.published.version,
        through=until,
    )
    told = await jobs.find_cursor(desk.database, program_id, _NOTICES, shape=_Told)
    same = told is not None and (told.day, told.version) == (position.day, position.version)
    since = max(scene.now, told.through) if told is not None and same else scene.now
    while endings := await due.list_endings(
        desk.database, program_id, first=first, since=since, until=until, limit=BATCH
    ):
        await work.tally.each(endings, lambda ending: _warn(desk, scene, ending))
        if work.tally.failures:
            return
    await jobs.save_cursor(desk.database, program_id, _NOTICES, position=position)


async def _warn(desk: Desk, scene: Scene, ending: Ending) -> int:
    told = await due.notice(
        desk.database,
        scene.published.id,
        ending,
        topic=lapsing.APPROACHING,
        payload={
            "expire_points_at": ending.key.at,
            "points_to_expire": ending.points,
        },
        now=scene.now,
    )
    return 1 if told else 0
