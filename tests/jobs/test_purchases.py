"""What was bought as a guest is credited on joining: within the days the program says, once."""

from datetime import timedelta

from leal.usecases.approvals import approve_all
from leal.usecases.crediting import credit_all
from tests.jobs.conftest import NewWorld
from tests.jobs.shops import (
    balance,
    buy,
    everything,
    found,
    is_clean,
    join,
    refund,
    rows,
    shop,
    until_settled,
)
from tests.programs import Document, put
from tests.worlds import World

_EMAIL = "ann@lion.example"


def _shop(days: int | None = 30) -> Document:
    goods = {
        "id": 2,
        "kind": "product_purchase",
        "title": "Tea",
        "points": 500,
        "products": ["tea"],
    }
    document = shop(points={"historic_purchases_days": days} if days else {})
    put("rules.1", goods)(document)
    return document


def _credit(world: World) -> int:
    until_settled(world)
    return world.run(credit_all(world.desk, world.tenant.program_id))


def _guest_buys(world: World, order: str, total: int) -> None:
    buy(world, order, total=total, who=None, email=_EMAIL)


def test_a_guests_purchases_become_points_on_joining(new_world: NewWorld) -> None:
    world = new_world(_shop())
    _guest_buys(world, "too-old", total=100)
    world.later(days=20)
    _guest_buys(world, "approved-by-now", total=10)
    world.later(days=15)
    _guest_buys(world, "recent", total=20)
    world.later(days=1)
    join(world, "ann")
    assert balance(world, "ann") == (0, 0)
    assert _credit(world) == 2
    assert balance(world, "ann") == (50, 100)
    assert sorted(rows(world, "ann")) == [
        ("earned_points_from_rule", "approved", 50),
        ("earned_points_from_rule", "pending", 100),
    ]
    world.later(days=13)
    world.run(approve_all(world.desk, world.tenant.program_id))
    assert balance(world, "ann") == (150, 0)
    owners = "SELECT merchant_id, customer_id FROM orders ORDER BY order_id"
    linked = {r["merchant_id"]: r["customer_id"] for r in world.run(world.database.rows(owners))}
    assert linked == {"too-old": None, "approved-by-now": 1, "recent": 1}
    assert is_clean(world)


def test_a_second_run_changes_nothing(new_world: NewWorld) -> None:
    """Even when the place in the events was lost."""
    world = new_world(_shop())
    _guest_buys(world, "1", total=10)
    _guest_buys(world, "2", total=30)
    refund(world, "2", amount=30)
    world.later(days=1)
    join(world, "ann")
    assert _credit(world) == 2
    before = everything(world)
    assert _credit(world) == 0
    world.run(world.database.execute("DELETE FROM job_cursors"))
    assert _credit(world) == 0
    assert everything(world) == before


def test_refunds_made_as_a_guest_count_and_later_ones_too(new_world: NewWorld) -> None:
    world = new_world(_shop())
    _guest_buys(world, "1", total=100)
    refund(world, "1", amount=40)
    world.later(days=1)
    join(world, "ann")
    _credit(world)
    assert balance(world, "ann") == (0, 300)
    refund(world, "1", amount=10)
    assert balance(world, "ann") == (0, 250)
    assert is_clean(world)


def test_a_known_guests_purchases_are_credited_by_the_purchase_rule_alone(
    new_world: NewWorld,
) -> None:
    document = _shop()
    put("enrolment.mode", "manual")(document)
    world = new_world(document)
    join(world, "ann")
    tea = {"product_id": "tea", "quantity": 1, "price": 10}
    buy(world, "1", total=10, who="ann")
    world.run(
        world.database.execute(
            "UPDATE orders SET line_items = json_build_array($1::json)", str(tea).replace("'", '"')
        )
    )
    world.later(days=1)
    assert world.post("/headless/2025-06/1/customers/ann/enroll?channel=web").status == 200
    assert _credit(world) == 1
    assert balance(world, "ann") == (0, 50)


def test_nothing_is_credited_where_the_program_does_not_say_so(new_world: NewWorld) -> None:
    world = new_world(_shop(days=None))
    _guest_buys(world, "1", total=10)
    world.later(days=1)
    join(world, "ann")
    assert _credit(world) == 0
    assert found(world, "ann").account.history == ()


def test_members_orders_are_left_alone(new_world: NewWorld) -> None:
    world = new_world(_shop())
    join(world, "ann")
    world.later(hours=1)
    buy(world, "1", total=10, who="ann")
    before = everything(world)
    assert _credit(world) == 0
    assert everything(world) == before
    assert world.now - timedelta(days=1) < world.now
