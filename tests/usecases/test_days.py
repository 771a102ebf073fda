"""What days bring, against a real database: memberships, birthdays, segments, members."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from leal.domain.customers import Birthday
from leal.domain.enrolment import Visit
from leal.domain.orders import OrderReport, PaymentStatus
from leal.usecases import customers, due, orders, tiers
from leal.usecases.desk import Ask
from leal.usecases.due import Kind
from leal.usecases.orders import Buyer
from leal.usecases.verification import verify
from tests.programs import Document, lion_rewards, put
from tests.worlds import START, World, world_on


def calendar_program() -> Document:
    document = lion_rewards()
    put("rules", [{"id": 1, "kind": "birthday", "title": "Birthday", "points": 100}])(document)
    return document


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with world_on(database_url, calendar_program()) as made:
        yield made


def ask(world: World) -> Ask:
    return Ask(program_id=world.tenant.program_id)


def joins(world: World, name: str) -> None:
    world.run(
        customers.initialize_session(
            world.desk, ask(world), merchant_id=name, visit=Visit(email=f"{name}@lion.example")
        )
    )


def buys(world: World, name: str, order: str, total: int) -> None:
    report = OrderReport(payment_status=PaymentStatus.PAID, total=Decimal(total))
    buyer = Buyer(merchant_id=name, email=f"{name}@lion.example")
    world.run(orders.create(world.desk, ask(world), order, buyer=buyer, report=report))


def tier_of(world: World, name: str) -> int | None:
    account = world.run(customers.get(world.desk, ask(world), name)).account
    return account.customer.tier.tier_id if account.customer.tier else None


def points_of(world: World, name: str) -> int:
    return world.run(customers.get(world.desk, ask(world), name)).account.customer.points_approved


def runs(world: World, kind: Kind) -> int:
    return world.run(due.run(world.desk, kind, world.tenant.program_id))


def is_sound(world: World) -> bool:
    return world.run(verify(world.desk.database)).is_clean


def test_a_membership_that_was_not_earned_again_ends(world: World) -> None:
    joins(world, "ann")
    low = tier_of(world, "ann")
    buys(world, "ann", "1", 500)
    high = tier_of(world, "ann")
    assert high != low
    assert runs(world, Kind.TIERS) == 0
    world.later(days=366)
    assert tier_of(world, "ann") == low, "shown before the job came round"
    assert runs(world, Kind.TIERS) == 1
    assert runs(world, Kind.TIERS) == 0
    assert tier_of(world, "ann") == low
    assert is_sound(world)


def test_a_membership_that_was_earned_again_is_renewed(world: World) -> None:
    joins(world, "ann")
    buys(world, "ann", "1", 500)
    high = tier_of(world, "ann")
    world.later(days=300)
    buys(world, "ann", "2", 500)
    world.later(days=66)
    assert runs(world, Kind.TIERS) == 1
    assert tier_of(world, "ann") == high
    assert runs(world, Kind.TIERS) == 0
    assert is_sound(world)


def test_who_joins_is_placed_by_what_they_bought_as_a_guest(database_url: str) -> None:
    """Where members' windows begin on the day they join, and the order was nobody's until then."""
    document = calendar_program()
    put("points.historic_purchases_days", 30)(document)
    put("tiers.membership", {"mode": "enrollment_anniversary", "windows": 1})(document)
    with world_on(database_url, document) as world:
        joins(world, "bob")
        report = OrderReport(payment_status=PaymentStatus.PAID, total=Decimal(500))
        stranger = Buyer(merchant_id=None, email="ann@lion.example")
        world.run(orders.create(world.desk, ask(world), "1", buyer=stranger, report=report))
        world.later(days=20)
        joins(world, "ann")
        assert tier_of(world, "ann") == tier_of(world, "bob")
        settle = "UPDATE events SET recorded_at = '2000-01-01'"
        world.run(world.database.execute(settle))
        assert runs(world, Kind.PURCHASES) == 1
        assert tier_of(world, "ann") != tier_of(world, "bob")
        world.later(days=700)
        assert runs(world, Kind.TIERS) == 0
        world.later(days=31)
        assert runs(world, Kind.TIERS) == 1
        assert tier_of(world, "ann") == tier_of(world, "bob")
        assert is_sound(world)


def test_a_birthday_is_rewarded_once_and_made_up_for(world: World) -> None:
    joins(world, "ann")
    born = Birthday(month=6, day=20, year=1990)
    world.run(customers.update(world.desk, ask(world), "ann", birthday=born))
    assert runs(world, Kind.BIRTHDAYS) == 0
    world.later(days=12)
    assert runs(world, Kind.BIRTHDAYS) == 1
    assert runs(world, Kind.BIRTHDAYS) == 0
    assert points_of(world, "ann") == 100
    world.later(days=366)
    assert runs(world, Kind.BIRTHDAYS) == 1
    assert points_of(world, "ann") == 200
    assert is_sound(world)


@pytest.mark.parametrize("told", [(6, 20), (12, 30), (1, 1)])
def test_a_birthday_that_was_made_up_for_costs_not_the_next(
    world: World, told: tuple[int, int]
) -> None:
    month, day = told
    joins(world, "ann")
    born = Birthday(month=month, day=day, year=1990)
    world.run(customers.update(world.desk, ask(world), "ann", birthday=born))
    runs(world, Kind.BIRTHDAYS)
    first = datetime(START.year + 1, month, day, tzinfo=UTC)
    world.now = first - timedelta(days=1)
    runs(world, Kind.BIRTHDAYS)
    world.now = first + timedelta(days=5, hours=7)
    assert runs(world, Kind.BIRTHDAYS) == 1
    world.now = datetime(START.year + 2, month, day, tzinfo=UTC) - timedelta(days=1)
    assert runs(world, Kind.BIRTHDAYS) == 0
    world.later(days=1)
    assert runs(world, Kind.BIRTHDAYS) == 1
    assert is_sound(world)


def test_who_was_moved_down_by_hand_is_not_a_violation(world: World) -> None:
    joins(world, "ann")
    low = tier_of(world, "ann")
    buys(world, "ann", "1", 500)
    world.later(days=1)
    world.run(tiers.move(world.desk, ask(world), "ann", tier_id=low))
    assert tier_of(world, "ann") == low
    assert is_sound(world)


def test_a_birthday_told_on_the_day_is_rewarded_next_year(world: World) -> None:
    joins(world, "ann")
    born = Birthday(month=START.month, day=START.day, year=1990)
    world.run(customers.update(world.desk, ask(world), "ann", birthday=born))
    assert runs(world, Kind.BIRTHDAYS) == 0
    world.later(hours=1)
    assert runs(world, Kind.BIRTHDAYS) == 0
    world.now = datetime(START.year + 1, START.month, START.day, 1, tzinfo=UTC)
    assert runs(world, Kind.BIRTHDAYS) == 1


def test_the_29th_of_february_is_kept_on_the_28th(world: World) -> None:
    world.now = datetime(2025, 2, 1, tzinfo=UTC)
    joins(world, "ann")
    born = Birthday(month=2, day=29, year=1992)
    world.run(customers.update(world.desk, ask(world), "ann", birthday=born))
    world.now = datetime(2025, 2, 27, 1, tzinfo=UTC)
    assert runs(world, Kind.BIRTHDAYS) == 0
    world.now = datetime(2025, 2, 28, 1, tzinfo=UTC)
    assert runs(world, Kind.BIRTHDAYS) == 1


def test_segments_are_fifths_of_all_buyers_once_a_week(world: World) -> None:
    for number in range(100):
        name = f"c{number}"
        joins(world, name)
        world.now = START + timedelta(minutes=number)
        buys(world, name, f"{number}a", 10)
        if number >= 80:
            buys(world, name, f"{number}b", 10)
    assert runs(world, Kind.SEGMENTS) == 80
    rows = world.run(
        world.database.rows(
            "SELECT insights_segment AS segment, count(*) FROM customers GROUP BY 1 ORDER BY 1"
        )
    )
    assert {row["segment"]: row["count"] for row in rows} == {
        "At Risk": 40,
        "Loyal": 20,
        "Win Back": 20,
        None: 20,
    }
    assert runs(world, Kind.SEGMENTS) == 0
    world.later(days=7)
    assert runs(world, Kind.SEGMENTS) == 0, "nobody moved"
    assert is_sound(world)


def test_members_are_counted_by_tier_at_the_end_of_a_day(world: World) -> None:
    joins(world, "ann")
    joins(world, "bob")
    buys(world, "bob", "1", 500)
    world.later(days=1)
    assert runs(world, Kind.MEMBERS) == 1
    assert runs(world, Kind.MEMBERS) == 0
    rows = world.run(world.database.rows("SELECT day, members FROM members_daily"))
    assert sorted((row["day"], row["members"]) for row in rows) == [
        (date(2025, 6, 10), 1),
        (date(2025, 6, 10), 1),
    ]
