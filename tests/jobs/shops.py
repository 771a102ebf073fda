"""A shop over time: members with orders and points, and all that the database knows of them."""

import time
from decimal import Decimal

from leal.domain.orders import OrderReport, PaymentStatus
from leal.usecases import customers, orders, points
from leal.usecases.desk import Ask, Outcome
from leal.usecases.orders import Buyer
from leal.usecases.verification import verify
from tests.programs import Document, lion_rewards, put
from tests.worlds import World

TABLES = (
    "customers",
    "history",
    "transactions",
    "lots",
    "counters",
    "progress",
    "claimed_rewards",
    "events",
    "orders",
    "expiry_notices",
)


def shop(**changes: object) -> Document:
    """The lion's program with an order rule of 5 points a dollar and nothing for visits."""
    document = lion_rewards()
    put("rules", [_purchase()])(document)
    document.pop("tiers")
    document.pop("rewards")
    document.pop("referrals")
    for path, value in changes.items():
        put(path.replace("__", "."), value)(document)
    return document


def _purchase() -> Document:
    return {"id": 1, "kind": "purchase", "title": "Buy", "points": 5, "approval_days": 14}


def ask(world: World) -> Ask:
    return Ask(program_id=world.tenant.program_id)


def join(world: World, name: str) -> None:
    path = f"/headless/2025-06/1/customers/{name}/sessions?channel=pos"
    body = {"customer": {"email": f"{name}@lion.example"}, "session": {}}
    assert world.post(path, body).status == 200


def buy(world: World, order: str, *, total: int, who: str | None, email: str | None = None) -> None:
    """An order paid in full, by a member or by a guest's address."""
    report = OrderReport(total=Decimal(total), payment_status=PaymentStatus.PAID)
    buyer = Buyer(merchant_id=who, email=email)
    world.run(orders.create(world.desk, ask(world), order, buyer=buyer, report=report))


def refund(world: World, order: str, *, amount: int) -> None:
    report = OrderReport(refund=Decimal(amount))
    world.run(orders.update(world.desk, ask(world), order, report=report))


def give(world: World, name: str, amount: int) -> None:
    world.run(points.add(world.desk, ask(world), name, points=amount, reason=None))


def take(world: World, name: str, amount: int) -> None:
    world.run(points.remove(world.desk, ask(world), name, points=amount, reason=None))


def found(world: World, name: str) -> Outcome:
    return world.run(customers.get(world.desk, ask(world), name))


def balance(world: World, name: str) -> tuple[int, int]:
    """Approved and pending."""
    customer = found(world, name).account.customer
    return customer.points_approved, customer.points_pending


def rows(world: World, name: str) -> list[tuple[str, str | None, int | None]]:
    """Kind, state and points of the customer's history, the newest first."""
    return [(row.kind, row.state, row.points) for row in found(world, name).account.history]


def everything(world: World) -> dict[str, list[str]]:
    """Every row of every table of the program's customers, for comparing before and after."""
    return {
        table: [
            row["line"]
            for row in world.run(
                world.database.rows(f"SELECT t::text AS line FROM {table} t ORDER BY 1")  # noqa: S608 - our own names
            )
        ]
        for table in TABLES
    }


def events(world: World, topic: str) -> list[str]:
    """The payloads of a topic's events, in order."""
    return [
        row["payload"]
        for row in world.run(
            world.database.rows(
                "SELECT payload::text FROM events WHERE topic = $1 ORDER BY event_id", topic
            )
        )
    ]


def until_settled(world: World) -> None:
    """Waits for transactions of others on the same server, behind which events are held back."""
    unsettled = (
        "SELECT count(*) FROM events WHERE settles > pg_snapshot_xmin(pg_current_snapshot())"
    )
    give_up_at = time.monotonic() + 20
    while world.run(world.database.value(unsettled)):
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


def is_clean(world: World) -> bool:
    """Whether `leal verify` finds nothing."""
    return world.run(verify(world.database)).is_clean
