"""A sandbox's time can be moved on, and brings what it would have brought; nobody else's can."""

import secrets
from datetime import timedelta

import pytest

from leal.integrations.fulfilment import UnreachableFulfilment
from leal.usecases import clock
from leal.usecases.clock import LONGEST, NotASandbox
from leal.usecases.desk import Desk
from leal.usecases.due import Kind
from leal.usecases.programs import Programs, Publisher
from tests.jobs.conftest import NewWorld
from tests.jobs.shops import balance, buy, give, is_clean, join, shop
from tests.programs import Document
from tests.worlds import START, World

_TWO_DAYS = timedelta(days=2)


def _sandbox(new_world: NewWorld, document: Document) -> World:
    """A world whose first program became a sandbox before anybody looked."""
    world = new_world(document)
    world.run(world.database.execute("UPDATE programs SET sandbox = true"))
    return world


def _history(world: World) -> list[tuple[str, int]]:
    shown = world.get("/headless/2025-06/1/customers/ann?channel=web").json["customer"]["history"]
    return [(each["date"][:10], each["points"]) for each in shown]


def _advance(world: World, **by: float) -> dict[Kind, int]:
    """What was done on the way, but for counting members, which every day brings."""
    moved = clock.advance(world.desk, world.tenant.program_id, timedelta(**by))
    done = world.run(moved).items()
    return {kind: count for kind, count in done if count and kind is not Kind.MEMBERS}


def test_time_brings_approval_warning_and_expiry_in_their_order(new_world: NewWorld) -> None:
    expiry = {"mode": "last_change", "months": 2, "enabled_on": "2025-01-01", "notice_days": 10}
    world = _sandbox(new_world, shop(expiry=expiry))
    join(world, "ann")
    buy(world, "1", total=10, who="ann")
    assert _advance(world, days=13, hours=23) == {}
    assert _advance(world, hours=1) == {Kind.APPROVALS: 1}
    assert balance(world, "ann") == (50, 0)
    assert _advance(world, days=120) == {Kind.NOTICES: 1, Kind.EXPIRY: 1}
    assert balance(world, "ann") == (0, 0)
    assert [when for when, _ in _history(world)] == ["2025-08-24", "2025-06-10"]
    assert is_clean(world)


def test_production_refuses(new_world: NewWorld) -> None:
    world = new_world(shop())
    with pytest.raises(NotASandbox, match="--new --sandbox"):
        _advance(world, days=1)
    assert world.run(clock.show(world.desk, world.tenant.program_id)).now == START


@pytest.mark.parametrize("by", [timedelta(0), -_TWO_DAYS, LONGEST + _TWO_DAYS])
def test_time_moves_only_forward_and_not_for_ever(new_world: NewWorld, by: timedelta) -> None:
    world = _sandbox(new_world, shop())
    with pytest.raises(ValueError, match="can be moved on by up to"):
        world.run(clock.advance(world.desk, world.tenant.program_id, by))


def test_another_process_notices_at_once(new_world: NewWorld) -> None:
    """A second desk, which saw the program before its time moved."""
    world = _sandbox(new_world, shop())
    join(world, "ann")
    other = Desk(
        database=world.database,
        programs=Programs(world.database),
        clock=world.desk.clock,
        entropy=world.desk.entropy,
        consent=world.consent,
        subscriptions={},
        voucher_stores={},
        fulfilment=UnreachableFulfilment(),
        public_url=world.desk.public_url,
    )
    there, world.desk = world.desk, other
    give(world, "ann", 1)
    world.desk = there
    _advance(world, days=3)
    world.desk = other
    give(world, "ann", 2)
    assert _history(world) == [("2025-06-13", 2), ("2025-06-10", 1)]
    assert other.now(world.tenant.program_id) == START + timedelta(days=3)


def test_reading_a_customer_of_a_sandbox_stays_one_statement(new_world: NewWorld) -> None:
    world = _sandbox(new_world, shop())
    join(world, "ann")
    _advance(world, days=3)
    world.get("/headless/2025-06/1/customers/ann?channel=web")
    world.statements.clear()
    assert world.get("/headless/2025-06/1/customers/ann?channel=web").status == 200
    assert len(world.statements) == 1


def test_other_programs_keep_their_time(new_world: NewWorld) -> None:
    world = _sandbox(new_world, shop())
    other = world.add_program(shop())
    _advance(world, days=3)
    ahead = [
        world.run(clock.show(world.desk, each)).ahead
        for each in (world.tenant.program_id, other.program_id)
    ]
    assert ahead == [timedelta(days=3), timedelta(0)]


def test_a_sandbox_is_made_with_its_program(new_world: NewWorld) -> None:
    world = new_world(shop())
    publisher = Publisher(world.database, world.sealer, fresh=secrets.token_hex)
    made = world.run(publisher.create(shop(), author="test", now=START, sandbox=True))
    assert world.run(clock.show(world.desk, made.published.id)).sandbox
    assert not world.run(clock.show(world.desk, world.tenant.program_id)).sandbox
