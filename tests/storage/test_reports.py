"""Reports equal the ledger's sums, whatever was added up when; no points are in two days or none.

Planted bugs these catch: days of UTC instead of the primary site's, sums that are added again, ids
passed over that a slower save still brings, no lock on the end of the sums, removals counted as
earnings.
"""

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leal.storage import reports as stored
from leal.storage.db import Database
from leal.usecases import due, reports
from leal.usecases.reports import COLUMNS, Period, Report
from leal.usecases.verification import verify
from tests.databases import DatabaseServer, with_database
from tests.jobs.shops import buy, found, give, join, refund, shop, take
from tests.programs import Document, put
from tests.worlds import World, world_on

ZONE = "Australia/Lord_Howe"
FIRST = datetime(2025, 3, 28, tzinfo=UTC)
MOVES = {
    "activity": (-50, 50),
    "adjustment": (-50, 50),
    "claimed_reward": (-50, 50),
    "expiry": (-50, -1),
}
POST = """
INSERT INTO transactions (program_id, customer_id, history_id, resource, cause, points_approved,
    points_pending, points_spent, lots, created_at, settles, recorded_at)
VALUES ($1, 1, $2, $3, 'test', $4, $5, 0, '[]', $6, '1', now() - interval '1 hour')
"""


@dataclass(frozen=True)
class Post:
    """An entry of the ledger; `at` in minutes, and some of its points pending."""

    resource: str
    approved: int
    pending: int
    at: int

    @property
    def moment(self) -> datetime:
        return FIRST + timedelta(minutes=self.at)


def posts() -> st.SearchStrategy[Post | None]:
    """Entries over three weeks, in which a clock is set back by half an hour; None: add up."""
    minutes = st.integers(0, 20 * 24 * 60)
    kinds = [
        st.builds(
            Post,
            resource=st.just(resource),
            approved=st.integers(least, most),
            pending=st.just(0) if resource == "expiry" else st.integers(-9, 9),
            at=minutes,
        )
        for resource, (least, most) in MOVES.items()
    ]
    return st.one_of(*kinds, st.none())


def document(zone: str = ZONE) -> Document:
    made = shop()
    put("sites.0.timezone", zone)(made)
    return made


@contextmanager
def opened(server: DatabaseServer) -> Iterator[World]:
    with server.fresh() as url, world_on(url, document()) as world:
        yield world


@pytest.fixture(scope="module")
def world(database_server: DatabaseServer) -> Iterator[World]:
    with opened(database_server) as made:
        yield made


@pytest.fixture
def own_world(database_server: DatabaseServer) -> Iterator[World]:
    with opened(database_server) as made:
        yield made


def post(world: World, program_id: int, number: int, entry: Post) -> None:
    moved = (entry.resource, entry.approved, entry.pending, entry.moment)
    world.run(world.database.execute(POST, program_id, number, *moved))


def reported(world: World, program_id: int, first: date, last: date) -> Report:
    period = Period(first=first, last=last)
    return world.run(reports.report_points(world.desk, program_id, period=period))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=st.lists(posts(), max_size=25), cut=st.integers(0, 6))
def test_a_report_is_the_ledger_s_sums(world: World, entries: list[Post | None], cut: int) -> None:
    program_id = world.add_program(document()).program_id
    booked: list[Post] = []
    for number, entry in enumerate(entries):
        if entry is None:
            world.run(reports.add_up(world.desk, program_id))
        else:
            post(world, program_id, number + 1, entry)
            booked.append(entry)
    first, last = date(2025, 3, 28) + timedelta(days=cut), date(2025, 4, 12)
    report = reported(world, program_id, first, last)
    assert [each.day for each in report.days] == [
        first + timedelta(days=number) for number in range((last - first).days + 1)
    ]
    for row in report.days:
        on_day = [each for each in booked if _day(each) == row.day]
        before = [each for each in booked if _day(each) < row.day]
        assert {name: getattr(row, name) for name in COLUMNS} == _expected(on_day, before)
    within = [each for each in booked if first <= _day(each) <= last]
    before = [each for each in booked if _day(each) < first]
    totals = {name: getattr(report.totals, name) for name in COLUMNS}
    assert totals == _expected(within, before)


def _day(entry: Post) -> date:
    return entry.moment.astimezone(ZoneInfo(ZONE)).date()


def _expected(entries: list[Post], before: list[Post]) -> dict[str, int]:
    def of(resources: tuple[str, ...], sign: int) -> int:
        moved = [each.approved + each.pending for each in entries if each.resource in resources]
        return sum(abs(points) for points in moved if points * sign > 0)

    start = sum(each.approved + each.pending for each in before)
    change = sum(each.approved + each.pending for each in entries)
    return {
        "outstanding_start": start,
        "earned": of(("activity", "adjustment"), 1),
        "earned_reversed": of(("activity", "adjustment"), -1),
        "redeemed": of(("claimed_reward",), -1),
        "redeemed_reimbursed": of(("claimed_reward",), 1),
        "expired": of(("expiry",), -1),
        "outstanding_end": start + change,
        "difference": change,
    }


def test_a_shop_s_days_are_in_their_columns(own_world: World) -> None:
    """Earned and part refunded, given and taken, approved (which moves nothing), expired."""
    world, program_id = own_world, own_world.tenant.program_id
    changed = document("UTC")
    expiry = {"mode": "date_earned", "months": 1, "enabled_on": "2020-01-01", "notice_days": 0}
    put("expiry", expiry)(changed)
    world.publish(changed)
    join(world, "ann")
    join(world, "bob")
    buy(world, "1", total=100, who="ann")
    give(world, "bob", 40)
    world.later(days=1)
    refund(world, "1", amount=20)
    take(world, "bob", 15)
    world.run(reports.add_up(world.desk, program_id))
    world.later(days=32)
    world.run(due.run_until_nothing_is_due(world.desk, program_id))
    start = date(2025, 6, 10)
    report = reported(world, program_id, start, start + timedelta(days=33))
    moving = [
        each for each in report.days if any((each.earned, each.earned_reversed, each.expired))
    ]
    assert [
        (each.day.day, each.earned, each.earned_reversed, each.expired, each.outstanding_end)
        for each in moving
    ] == [(10, 540, 0, 0, 540), (11, 0, 115, 0, 425), (13, 0, 0, 425, 0)]
    balances = [found(world, name).account.customer for name in ("ann", "bob")]
    outstanding = sum(each.points_approved + each.points_pending for each in balances)
    assert report.days[-1].outstanding_end == report.totals.outstanding_end == outstanding


def test_adding_up_again_or_twice_at_once_adds_nothing(own_world: World) -> None:
    world, program_id = own_world, own_world.tenant.program_id
    post(world, program_id, 1, Post("activity", 1, 0, 300))
    assert world.run(reports.add_up(world.desk, program_id)) == 1
    for number in range(2, 30):
        post(world, program_id, number, Post("activity", number, 0, number * 300))

    async def beside_another() -> int:
        """The other has begun, and ends only after this one came."""
        starts = tuple(FIRST + timedelta(days=number) for number in range(20))
        days = stored.Days(first=FIRST.date(), starts=starts)
        async with world.database.transaction() as other:
            after = await stored.lock_end(other, program_id)
            adding = asyncio.create_task(reports.add_up(world.desk, program_id))
            await asyncio.sleep(0.5)
            stretch = await stored.find_stretch(other, program_id, after=after, limit=100)
            assert stretch is not None
            await stored.save_stretch(other, program_id, after=after, stretch=stretch, days=days)
        return await adding

    assert world.run(beside_another()) == 0
    kept = "SELECT json_agg(d ORDER BY day)::text FROM points_daily d"
    before = world.run(world.database.value(kept))
    assert world.run(reports.add_up(world.desk, program_id)) == 0
    assert world.run(world.database.value(kept)) == before
    days = reported(world, program_id, date(2025, 3, 28), date(2025, 4, 10)).days
    assert days[-1].outstanding_end == math.comb(30, 2)


def test_a_slower_save_with_a_smaller_id_is_not_passed_over(own_world: World) -> None:
    """Its id is drawn before, and its row seen after, those of a save that was quicker."""
    world, program_id = own_world, own_world.tenant.program_id
    fresh = POST.replace("now() - interval '1 hour'", "clock_timestamp()")
    moment = FIRST + timedelta(hours=1)

    async def overtake() -> int:
        async with world.database.transaction() as slow:
            await slow.execute(fresh, program_id, 1, "activity", 100, 0, moment)
            await world.database.execute(fresh, program_id, 2, "activity", 5, 0, moment)
            return await reports.add_up(world.desk, program_id)

    assert world.run(overtake()) == 0
    report = reported(world, program_id, date(2025, 3, 28), date(2025, 3, 28))
    assert report.totals.earned == 105


@pytest.mark.parametrize(("minutes", "added"), [(8, 2), (10, 0)])
def test_nothing_is_added_up_beside_a_transaction_that_does_not_end(
    database_server: DatabaseServer, minutes: int, added: int
) -> None:
    """Nobody waits ten minutes here: the database's view of who runs is one of the test's own."""

    async def pretend(database: Database) -> None:
        name = await database.value("SELECT current_database()")
        await database.execute(f"ALTER DATABASE {name} SET search_path = public, pg_catalog")
        await database.execute(
            "CREATE VIEW pg_stat_activity AS SELECT current_database() AS datname,"
            " '7'::xid AS backend_xid,"
            f" clock_timestamp() - interval '{minutes} minutes' AS xact_start"
        )

    with database_server.fresh() as url:
        with_database(url, pretend)
        with world_on(url, document()) as world:
            program_id = world.tenant.program_id
            for number in (1, 2):
                post(world, program_id, number, Post("activity", 5, 0, 60))
            assert world.run(reports.add_up(world.desk, program_id)) == added


def test_a_new_zone_counts_from_then_on_and_loses_nothing(own_world: World) -> None:
    world, program_id = own_world, own_world.tenant.program_id
    late = Post("activity", 7, 0, 23 * 60)  # the 29th on Lord Howe, the 28th in UTC
    post(world, program_id, 1, late)
    world.run(reports.add_up(world.desk, program_id))
    world.publish(document("UTC"))
    post(world, program_id, 2, late)
    report = reported(world, program_id, date(2025, 3, 28), date(2025, 3, 29))
    assert [each.earned for each in report.days] == [7, 7]
    assert report.timezone == "UTC"


def test_programs_have_sums_of_their_own(own_world: World) -> None:
    world, program_id = own_world, own_world.tenant.program_id
    other = world.add_program(document()).program_id
    post(world, other, 1, Post("activity", 7, 0, 60))
    world.run(reports.add_up(world.desk, program_id))
    world.run(reports.add_up(world.desk, other))
    assert reported(world, program_id, date(2025, 3, 1), date(2025, 4, 1)).totals.earned == 0
    assert reported(world, other, date(2025, 3, 1), date(2025, 4, 1)).totals.earned == 7


def test_reports_leave_clean_books(own_world: World) -> None:
    world, program_id = own_world, own_world.tenant.program_id
    join(world, "ann")
    buy(world, "1", total=100, who="ann")
    world.run(reports.add_up(world.desk, program_id))
    assert world.run(verify(world.database)).is_clean
