"""What is changed is told in the same save, and what was not saved is not told.

Seen to fail: with the event left out where an award grows, and for who leaves all segments.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import asyncpg
import pytest

from leal.domain.customers import Lot
from leal.domain.orders import OrderItem, OrderReport, PaymentStatus
from leal.domain.points import remove_by_hand
from leal.storage import customers
from leal.storage.customers import Wanted
from leal.usecases import due, orders, points
from leal.usecases.desk import scene_now
from leal.usecases.due import Kind
from leal.usecases.orders import Buyer
from tests.jobs.shops import ask, buy, join
from tests.programs import Document, lion_rewards, put
from tests.worlds import World, world_on

EARNED = "program_events/customer.points_earned"
COMPLETED = "program_events/customer.rule_completed"


def program() -> Document:
    """The shop of 5 points a dollar at once, and a mug for whoever buys tea."""
    document = lion_rewards()
    rules = [
        {"id": 1, "kind": "purchase", "title": "Buy", "points": 5, "approval_days": 0},
        {"id": 2, "kind": "product_purchase", "title": "Tea", "products": ["tea"], "reward": 1},
    ]
    put("rules", rules)(document)
    return document


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with world_on(database_url, program()) as made:
        join(made, "ann")
        made.later(hours=1)
        yield made


def told(world: World) -> list[tuple[str, str]]:
    """Topics and payloads of all events since joining, in order."""
    rows = world.run(
        world.database.rows(
            "SELECT topic, payload::text FROM events WHERE event_id > ("
            "SELECT max(event_id) FROM events WHERE topic = $1) ORDER BY event_id",
            "program_events/customer.enrolled",
        )
    )
    return [(row["topic"], row["payload"]) for row in rows]


def reports(world: World, order: str, **said: object) -> None:
    report = OrderReport(**said)  # type: ignore[arg-type] # each test says what it tells
    buyer = Buyer(merchant_id="ann", email=None)
    world.run(orders.create(world.desk, ask(world), order, buyer=buyer, report=report))


def test_points_that_an_order_gains_later_are_earned_too(world: World) -> None:
    buy(world, "1", total=10, who="ann")
    world.later(hours=1)
    buy(world, "1", total=25, who="ann")
    assert [each for each in told(world) if each[0] == EARNED] == [
        (EARNED, '{"points":50}'),
        (EARNED, '{"points":75}'),
    ]


def test_a_rule_that_gives_a_reward_for_an_order_tells_of_the_row_it_wrote(world: World) -> None:
    tea = OrderItem(product_id="tea", price=Decimal(10))
    reports(world, "1", total=Decimal(10), payment_status=PaymentStatus.PAID, line_items=(tea,))
    rows = world.run(
        world.database.rows(
            "SELECT e.payload ->> 'rule_id' AS rule, h.kind, h.claimed_reward_id FROM events e"
            " LEFT JOIN history h USING (program_id, history_id) WHERE topic = $1 ORDER BY 1",
            COMPLETED,
        )
    )
    assert [tuple(row) for row in rows] == [("1", None, None), ("2", "received_reward", 1)]


def test_an_order_that_changes_nothing_of_its_customer_tells_nothing_of_them(world: World) -> None:
    reports(world, "1", total=Decimal(10))
    assert told(world) == []
    assert world.run(world.database.value("SELECT count(*) FROM orders")) == 1


def test_every_save_that_changes_a_customer_tells_of_it(world: World) -> None:
    world.call("PATCH", "/v2/customers/ann", json={"customer": {"birthday": "1990-02-03"}})
    assert [topic for topic, _ in told(world)] == ["customers/update"]
    world.run(points.remove(world.desk, ask(world), "ann", points=1, reason=None))
    assert [topic for topic, _ in told(world)] == ["customers/update"] * 2


def test_who_leaves_all_segments_is_told_of(world: World) -> None:
    world.run(world.database.execute("UPDATE customers SET insights_segment = 'Loyal'"))
    assert world.run(due.run(world.desk, Kind.SEGMENTS, 1)) == 1
    assert [topic for topic, _ in told(world)] == ["customers/update"]


def test_what_is_not_saved_is_not_told(world: World) -> None:
    """Each fails after its events could have been written: too late, or in the middle."""

    async def fails() -> tuple[bool, str]:
        scene = await scene_now(world.desk, ask(world))
        loaded = await customers.load(world.database, 1, Wanted(merchant_id="ann", lots=True))
        assert loaded.account is not None
        rich = replace(loaded.account.customer, points_approved=5)
        lots = (Lot(expires_at=scene.now, remaining=5),)
        broken = remove_by_hand(
            replace(loaded.account, customer=rich, lots=lots), scene, points=5, reason=None
        )
        late = remove_by_hand(loaded.account, scene, points=5, reason=None)
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as error:
            await customers.save(world.database, 1, broken)
        await points.add(world.desk, ask(world), "ann", points=7, reason=None)
        return await customers.save(world.database, 1, late) is None, str(error.value)

    assert world.run(fails()) == (True, "points taken from a lot that does not exist")
    assert told(world) == [(EARNED, '{"points":7}')]
