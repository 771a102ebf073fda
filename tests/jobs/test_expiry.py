"""Points expire on their day, to the day, and are never taken twice; customers are warned once."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from leal.usecases.approvals import approve_all
from leal.usecases.lapsing import lapse_all, warn_all
from tests.jobs.conftest import NewWorld
from tests.jobs.shops import (
    balance,
    buy,
    events,
    everything,
    give,
    is_clean,
    join,
    rows,
    shop,
    take,
)
from tests.programs import Document
from tests.worlds import START, World

_APPROACHING = "program_events/customer.approaching_points_expiration"


def _by_date(enabled_on: str = "2025-01-01", **more: object) -> Document:
    return shop(expiry={"mode": "date_earned", "months": 1, "enabled_on": enabled_on, **more})


def _idle(mode: str, enabled_on: str = "2025-01-01", **more: object) -> Document:
    return shop(expiry={"mode": mode, "months": 2, "enabled_on": enabled_on, **more})


def _lapse(world: World) -> int:
    return world.run(lapse_all(world.desk, world.tenant.program_id))


def _warn(world: World) -> int:
    return world.run(warn_all(world.desk, world.tenant.program_id))


def _at(world: World, year: int, month: int, day: int, *time: int) -> None:
    hour, minute, second = (*time, 0, 0, 0)[:3]
    world.now = datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def test_a_lot_ends_as_its_day_begins(new_world: NewWorld) -> None:
    world = new_world(_by_date())
    join(world, "ann")
    give(world, "ann", 70)
    _at(world, 2025, 6, 11, 12)
    give(world, "ann", 30)
    _at(world, 2025, 7, 9, 23, 59, 59)
    assert _lapse(world) == 0
    _at(world, 2025, 7, 10)
    assert _lapse(world) == 1
    assert balance(world, "ann") == (30, 0)
    assert rows(world, "ann") == [
        ("points_expired", None, -70),
        ("points_added", "approved", 30),
        ("points_added", "expired", 70),
    ]
    assert is_clean(world)


def test_expired_points_are_not_shown_before_the_job_comes_round(new_world: NewWorld) -> None:
    world = new_world(_by_date())
    join(world, "ann")
    give(world, "ann", 70)
    _at(world, 2025, 6, 11, 12)
    give(world, "ann", 30)
    _at(world, 2025, 7, 9, 23, 59, 59)
    assert balance(world, "ann") == (100, 0)
    _at(world, 2025, 7, 10)
    before = everything(world)
    world.statements.clear()
    early = world.get("/headless/2025-06/1/customers/ann?channel=web").json
    assert len(world.statements) == 1
    assert everything(world) == before
    assert early["customer"]["points_approved"] == 30
    assert _lapse(world) == 1
    assert world.get("/headless/2025-06/1/customers/ann?channel=web").json == early
    assert balance(world, "ann") == (30, 0)


def test_what_changes_a_customer_lets_lapse_what_is_over(new_world: NewWorld) -> None:
    """A visit neither takes nor shows points, yet what it answers with is right."""
    world = new_world(_by_date())
    join(world, "ann")
    give(world, "ann", 70)
    _at(world, 2025, 7, 10)
    body = {"customer": {"email": "else@lion.example"}, "session": {}}
    answer = world.post("/headless/2025-06/1/customers/ann/sessions?channel=pos", body).json
    assert answer["customer"]["points_approved"] == 0
    assert _lapse(world) == 0
    assert is_clean(world)


def test_a_second_run_changes_nothing(new_world: NewWorld) -> None:
    world = new_world(_by_date())
    for name in ("ann", "bob"):
        join(world, name)
        give(world, name, 70)
    _at(world, 2025, 7, 11)
    assert _lapse(world) == 2
    before = everything(world)
    assert _lapse(world) == 0
    assert everything(world) == before


def test_what_was_spent_stays_approved_and_only_the_rest_expires(new_world: NewWorld) -> None:
    world = new_world(_by_date())
    join(world, "ann")
    for points in (10, 20, 40):
        give(world, "ann", points)
        world.later(minutes=1)
    take(world, "ann", 25)
    _at(world, 2025, 7, 11)
    assert _lapse(world) == 1
    states = {points: state for kind, state, points in rows(world, "ann") if kind == "points_added"}
    assert states == {40: "expired", 20: "expired", 10: "approved"}
    assert rows(world, "ann")[0] == ("points_expired", None, -45)
    assert is_clean(world)


def test_a_debt_and_an_empty_balance_see_no_expiry(new_world: NewWorld) -> None:
    world = new_world(_by_date())
    for name, taken in (("ann", 50), ("bob", 80)):
        join(world, name)
        give(world, name, 50)
        take(world, name, taken)
    _at(world, 2025, 8, 1)
    before = everything(world)
    assert _lapse(world) == 0
    after = everything(world)
    assert [balance(world, name)[0] for name in ("ann", "bob")] == [0, -30]
    assert {table: lines for table, lines in after.items() if table != "lots"} == {
        table: lines for table, lines in before.items() if table != "lots"
    }
    assert is_clean(world)


def test_pending_points_survive(new_world: NewWorld) -> None:
    world = new_world(_by_date())
    join(world, "ann")
    give(world, "ann", 5)
    _at(world, 2025, 7, 9, 12)
    buy(world, "1", total=10, who="ann")
    _at(world, 2025, 7, 12)
    assert _lapse(world) == 1
    assert balance(world, "ann") == (0, 50)


def test_expired_points_cannot_be_spent_before_the_job_comes_round(new_world: NewWorld) -> None:
    world = new_world(_by_date())
    join(world, "ann")
    give(world, "ann", 100)
    _at(world, 2025, 7, 10)
    take(world, "ann", 1)
    assert balance(world, "ann") == (-1, 0)
    assert [kind for kind, _, _ in rows(world, "ann")] == [
        "points_removed",
        "points_expired",
        "points_added",
    ]
    assert _lapse(world) == 0
    assert is_clean(world)


def test_nothing_ends_before_a_full_period_after_switching_on(new_world: NewWorld) -> None:
    world = new_world(shop())
    join(world, "ann")
    give(world, "ann", 100)
    _at(world, 2025, 9, 1, 12)
    world.publish(_by_date(enabled_on="2025-09-01"))
    give(world, "ann", 7)
    _at(world, 2025, 9, 30, 23, 59)
    assert _lapse(world) == 0
    _at(world, 2025, 10, 1, 0, 1)
    assert _lapse(world) >= 1
    assert balance(world, "ann") == (0, 0)
    assert is_clean(world)


def test_switching_off_saves_everything(new_world: NewWorld) -> None:
    world = new_world(_by_date())
    join(world, "ann")
    give(world, "ann", 100)
    world.publish(shop())
    _at(world, 2026, 7, 10)
    assert _lapse(world) == 0
    take(world, "ann", 1)
    assert balance(world, "ann") == (99, 0)


@pytest.mark.parametrize(("mode", "kept"), [("last_purchase", False), ("last_change", True)])
def test_a_gift_is_a_change_and_no_purchase(new_world: NewWorld, mode: str, *, kept: bool) -> None:
    world = new_world(_idle(mode))
    join(world, "ann")
    give(world, "ann", 100)
    _at(world, 2025, 7, 20)
    give(world, "ann", 10)
    _at(world, 2025, 8, 9, 23, 59)
    assert _lapse(world) == 0
    _at(world, 2025, 8, 10)
    assert _lapse(world) == (0 if kept else 1)
    assert balance(world, "ann") == ((110, 0) if kept else (0, 0))
    assert is_clean(world)


def test_a_purchase_puts_it_off_and_pending_points_survive(new_world: NewWorld) -> None:
    world = new_world(_idle("last_purchase"))
    join(world, "ann")
    give(world, "ann", 100)
    _at(world, 2025, 8, 1)
    buy(world, "1", total=10, who="ann")
    _at(world, 2025, 9, 30, 23, 59)
    assert _lapse(world) == 0
    _at(world, 2025, 10, 1)
    assert _lapse(world) == 1
    assert balance(world, "ann") == (0, 50)
    assert rows(world, "ann")[0] == ("points_expired", None, -100)
    assert _lapse(world) == 0


def test_inactivity_is_gone_over_once_a_day_and_again_for_a_new_version(
    new_world: NewWorld,
) -> None:
    world = new_world(_idle("last_change"))
    join(world, "ann")
    give(world, "ann", 100)
    _at(world, 2025, 8, 9, 1)
    assert _lapse(world) == 0
    world.publish(shop(expiry={"mode": "last_change", "months": 1, "enabled_on": "2025-01-01"}))
    assert _lapse(world) == 1
    give(world, "ann", 5)
    _at(world, 2025, 9, 9, 0, 0)
    assert _lapse(world) == 1
    assert balance(world, "ann") == (0, 0)


def test_a_round_that_was_cut_short_goes_on(new_world: NewWorld) -> None:
    """The cursor of a crashed round: customers behind it are done, those before it were."""
    world = new_world(_idle("last_change"))
    for name in ("ann", "bob"):
        join(world, name)
        give(world, name, 100)
    _at(world, 2025, 8, 11)
    position = json.dumps({"day": "2025-08-11", "version": 1, "after": 1})
    sql = "INSERT INTO job_cursors (program_id, kind, position) VALUES ($1, 'expiry', $2)"
    world.run(world.database.execute(sql, world.tenant.program_id, position))
    assert _lapse(world) == 1
    assert (balance(world, "ann"), balance(world, "bob")) == ((100, 0), (0, 0))


@pytest.mark.parametrize("document", [_by_date(), _idle("last_change")])
def test_two_at_once_take_points_once(new_world: NewWorld, document: Document) -> None:
    world = new_world(document)
    for number in range(20):
        join(world, f"c{number}")
        give(world, f"c{number}", 100)
    world.later(days=90)

    async def twice() -> None:
        work = [lapse_all(world.desk, world.tenant.program_id) for _ in range(2)]
        await asyncio.gather(*work)

    world.run(twice())
    assert {balance(world, f"c{number}") for number in range(20)} == {(0, 0)}
    taken = "SELECT count(*) FROM transactions WHERE resource = 'expiry'"
    assert world.run(world.database.value(taken)) == 20
    assert is_clean(world)


def test_a_late_approval_into_a_lot_that_is_over_expires_too(new_world: NewWorld) -> None:
    """Twice at the same instant: the second expiry is not taken for the first."""
    world = new_world(_by_date())
    join(world, "ann")
    give(world, "ann", 100)
    _at(world, 2025, 7, 12)
    assert _lapse(world) == 1
    refill = (
        "DELETE FROM lots",
        "INSERT INTO lots VALUES (1, 1, '2025-07-10', 40)",
        "UPDATE customers SET points_approved = 40",
    )
    for sql in refill:
        world.run(world.database.execute(sql))
    assert _lapse(world) == 1
    assert balance(world, "ann") == (0, 0)


def test_a_warning_comes_once_for_each_ending(new_world: NewWorld) -> None:
    world = new_world(_by_date(notice_days=7))
    join(world, "ann")
    give(world, "ann", 70)
    _at(world, 2025, 7, 2, 23, 59)
    assert _warn(world) == 0
    _at(world, 2025, 7, 3)
    assert (_warn(world), _warn(world)) == (1, 0)
    world.later(days=1)
    assert _warn(world) == 0
    (payload,) = events(world, _APPROACHING)
    assert json.loads(payload) == {
        "expire_points_at": "2025-07-10T00:00:00Z",
        "points_to_expire": 70,
    }
    assert is_clean(world)


def test_points_that_come_into_the_period_later_are_warned_of_too(new_world: NewWorld) -> None:
    world = new_world(_by_date(notice_days=20))
    join(world, "ann")
    buy(world, "1", total=10, who="ann")
    join(world, "bob")
    give(world, "bob", 1)
    _at(world, 2025, 6, 24, 11)
    assert _warn(world) == 1
    world.later(hours=2)
    world.run(approve_all(world.desk, world.tenant.program_id))
    assert balance(world, "ann") == (50, 0)
    world.later(days=1)
    assert (_warn(world), _warn(world)) == (1, 0)


@pytest.mark.parametrize("mode", ["last_purchase", "last_change"])
def test_the_idle_are_warned_of_their_whole_balance(new_world: NewWorld, mode: str) -> None:
    world = new_world(_idle(mode, notice_days=10))
    join(world, "ann")
    give(world, "ann", 70)
    _at(world, 2025, 7, 30, 12)
    assert _warn(world) == 0
    world.later(days=1)
    assert (_warn(world), _warn(world)) == (1, 0)
    world.later(days=1)
    assert _warn(world) == 0
    (payload,) = events(world, _APPROACHING)
    assert json.loads(payload) == {
        "expire_points_at": "2025-08-10T00:00:00Z",
        "points_to_expire": 70,
    }


def test_those_who_were_there_before_expiry_are_warned_of_its_first_day(
    new_world: NewWorld,
) -> None:
    world = new_world(shop())
    join(world, "ann")
    give(world, "ann", 100)
    world.publish(_by_date(enabled_on="2025-06-10", notice_days=5))
    give(world, "ann", 7)
    _at(world, 2025, 7, 6)
    assert (_warn(world), _warn(world)) == (1, 0)
    (payload,) = events(world, _APPROACHING)
    assert json.loads(payload) == {
        "expire_points_at": "2025-07-10T00:00:00Z",
        "points_to_expire": 107,
    }


def test_empty_lots_that_are_over_are_removed(new_world: NewWorld) -> None:
    world = new_world(_by_date())
    join(world, "ann")
    give(world, "ann", 100)
    world.now = START + timedelta(days=60)
    _lapse(world)
    assert world.run(world.database.value("SELECT count(*) FROM lots")) == 0
    assert is_clean(world)
