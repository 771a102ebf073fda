"""Pending points become spendable on their day: once, for everybody, whoever else is at it."""

import asyncio

from leal.usecases.approvals import PARTS, approve_all, approve_due
from leal.usecases.batches import BATCH
from tests.jobs.conftest import NewWorld
from tests.jobs.shops import balance, buy, everything, found, is_clean, join, rows, shop
from tests.worlds import World


def _approve(world: World) -> int:
    return world.run(approve_all(world.desk, world.tenant.program_id))


def _bought(world: World, names: int, orders: int = 1) -> None:
    for number in range(names):
        join(world, f"c{number}")
        for order in range(orders):
            buy(world, f"{number}-{order}", total=10, who=f"c{number}")


def test_points_wait_for_their_day_and_not_longer(new_world: NewWorld) -> None:
    world = new_world(shop())
    _bought(world, names=3)
    world.later(days=14, seconds=-1)
    assert _approve(world) == 0
    assert balance(world, "c0") == (0, 50)
    world.later(seconds=1)
    assert _approve(world) == 3
    assert [balance(world, f"c{number}") for number in range(3)] == [(50, 0)] * 3
    assert rows(world, "c0") == [("earned_points_from_rule", "approved", 50)]
    assert is_clean(world)


def test_a_second_run_changes_nothing(new_world: NewWorld) -> None:
    world = new_world(shop())
    _bought(world, names=2)
    world.later(days=15)
    assert _approve(world) == 2
    before = everything(world)
    assert _approve(world) == 0
    assert everything(world) == before


def test_the_blocked_approve_too(new_world: NewWorld) -> None:
    world = new_world(shop())
    _bought(world, names=1)
    blocked = world.call("PATCH", "/v2/customers/c0", json={"customer": {"blocked": True}})
    assert blocked.status == 200
    world.later(days=15)
    assert _approve(world) == 1
    assert balance(world, "c0") == (50, 0)


def test_more_than_one_load_holds(new_world: NewWorld) -> None:
    world = new_world(shop())
    _bought(world, names=1, orders=230)
    world.later(days=15)
    assert world.run(approve_due(world.desk, world.tenant.program_id, 1)) == 230
    assert balance(world, "c0") == (230 * 50, 0)
    assert is_clean(world)


def test_two_at_once_and_in_parts_approve_each_award_once(new_world: NewWorld) -> None:
    world = new_world(shop())
    _bought(world, names=40, orders=2)
    world.later(days=15)
    parts = [(number, PARTS) for number in range(PARTS)]

    async def both() -> list[int]:
        program_id = world.tenant.program_id
        work = [approve_all(world.desk, program_id, part=part) for part in (*parts, *parts)]
        return await asyncio.gather(*work)

    assert sum(world.run(both())) == 80
    assert {balance(world, f"c{number}") for number in range(40)} == {(100, 0)}
    assert is_clean(world)


def test_what_a_crash_left_is_done_by_the_next_run(new_world: NewWorld) -> None:
    world = new_world(shop())
    _bought(world, names=40)
    world.later(days=15)

    async def cut_short() -> None:
        work = approve_all(world.desk, world.tenant.program_id, at_once=1)
        run = asyncio.create_task(work)
        while not await _some_approved(world):
            pass
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)

    world.run(cut_short())
    left = sum(balance(world, f"c{number}")[1] for number in range(40)) // 50
    assert 0 < left < 40
    assert _approve(world) == left
    assert {balance(world, f"c{number}") for number in range(40)} == {(50, 0)}
    assert is_clean(world)


def test_who_is_changed_meanwhile_is_approved_all_the_same(new_world: NewWorld) -> None:
    """Customers are saved together; one whose version moved on since is done alone."""
    world = new_world(shop())
    _bought(world, names=20)
    world.later(days=15)
    program_id = world.tenant.program_id

    async def interfered() -> int:
        run = asyncio.create_task(approve_all(world.desk, program_id))
        while not run.done():
            await world.database.execute(
                "UPDATE customers SET version = version + 1 WHERE customer_id = 1 + $1",
                len(world.statements) % 20,
            )
        return await run

    assert world.run(interfered()) == 20
    assert {balance(world, f"c{number}") for number in range(20)} == {(50, 0)}
    assert is_clean(world)


def test_one_who_cannot_be_worked_on_holds_up_nobody(new_world: NewWorld) -> None:
    world = new_world(shop())
    _bought(world, names=3)
    world.later(days=15)
    spoil = "UPDATE customers SET points_approved = 9007199254740991 WHERE customer_id = 1"
    world.run(world.database.execute(spoil))
    try:
        _approve(world)
    except Exception as error:  # noqa: BLE001 - looked at below
        said = str(error)
    else:
        said = ""
    assert "1 customer(s) failed" in said
    assert "BalanceOutOfRange" in said
    assert [balance(world, name)[0] for name in ("c1", "c2")] == [50, 50]


async def _some_approved(world: World) -> bool:
    sql = "SELECT count(*) FROM history WHERE state = 'approved'"
    return bool(await world.database.value(sql))


def test_batches_are_walked_to_the_end(new_world: NewWorld) -> None:
    """More due than one batch holds, of one customer and of several."""
    world = new_world(shop())
    join(world, "c0")
    join(world, "c1")
    for number in range(BATCH + 20):
        buy(world, str(number), total=10, who=f"c{number % 2}")
    world.later(days=15)
    assert _approve(world) == BATCH + 20
    assert found(world, "c0").account.customer.points_approved == (BATCH + 20) // 2 * 50
