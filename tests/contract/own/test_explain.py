"""Why a customer has the points they have: whole answers, and the way through the pages."""

from decimal import Decimal
from typing import Any

import pytest

from leal.domain.orders import (
    CancellationStatus,
    OrderItem,
    OrderReport,
    PaymentStatus,
)
from leal.usecases import orders
from leal.usecases.orders import Buyer
from tests.contract.conftest import NewWorld
from tests.contract.own.asker import EXPLAIN, Asker
from tests.jobs.shops import ask, buy, give, join, refund, shop, take
from tests.programs import Document, put
from tests.worlds import World


def report(world: World, order: str, **of: Any) -> None:
    """A paid order of Ann's, told of as a shop tells."""
    of.setdefault("payment_status", PaymentStatus.PAID)
    said, buyer = OrderReport(**of), Buyer(merchant_id="ann", email="ann@lion.example")
    world.run(orders.create(world.desk, ask(world), order, buyer=buyer, report=said))


def visit_shop(world: World) -> None:
    """Ann opens the shop."""
    path = "/headless/2025-06/1/customers/ann/sessions?channel=web"
    body = {
        "customer": {"email": "ann@lion.example"},
        "session": {"page_url": "https://lion.example/"},
    }
    assert world.post(path, body).status == 200


def test_an_order_is_explained_step_by_step(asker: Asker) -> None:
    """Of 110 paid for goods 100 earn 5 each, and 27 came back: 75 5/11 dollars, 377 points."""
    world = asker.world
    report(
        world,
        "A-1",
        total=Decimal(120),
        total_shipping=Decimal(10),
        total_tax=Decimal(8),
        gift_card=Decimal(2),
    )
    refund(world, "A-1", amount=27)
    found = asker.explained()
    assert [entry["moved"] for entry in found["entries"]] == [
        {"approved": 0, "pending": -123, "spent": 0},
        {"approved": 0, "pending": 500, "spent": 0},
    ]
    (order,) = found["orders"]
    (award,) = order["awards"]
    assert (order["merchant_id"], order["currency"]) == ("A-1", "usd")
    assert (order["paid_by"], order["program_version"], order["not_fired"]) == ("enrolled", 1, [])
    approve_at = found["entries"][0]["history"]["approve_at"]
    assert award == {
        "rule": {"id": 1, "kind": "purchase", "title": "Buy"},
        "gross": "120.00",
        "shipping": "10.00",
        "tax": "8.00",
        "gift_card": "2.00",
        "base": "100.00",
        "refunded": "27.00",
        "refund_share": "270/11",
        "net": "830/11",
        "nothing": None,
        "points_per": "currency_unit",
        "rate": "5",
        "goods": [],
        "exact": "4150/11",
        "rounding": "floor",
        "points": 377,
        "approve_at": approve_at,
        "expires_at": None,
    }
    assert approve_at == "2025-06-24T12:00:00.000Z"


def test_an_entry_tells_all_that_it_came_of(asker: Asker) -> None:
    buy(asker.world, "A-1", total=20, who="ann")
    (entry,) = asker.explained()["entries"]
    order_id = entry["order"]["id"]
    assert entry == {
        "id": entry["id"],
        "created_at": "2025-06-10T12:00:00.000Z",
        "resource": "activity",
        "cause": "order state 1",
        "moved": {"approved": 0, "pending": 100, "spent": 0},
        "lots": [],
        "history": {
            "id": entry["history"]["id"],
            "kind": "earned_points_from_rule",
            "state": "pending",
            "happened_at": "2025-06-10T12:00:00.000Z",
            "points": 100,
            "title": "Buy",
            "reason": None,
            "source": "order:1:A-1:1",
            "approve_at": "2025-06-24T12:00:00.000Z",
            "expires_at": None,
            "program_version": 1,
        },
        "rule": {"id": 1, "kind": "purchase", "title": "Buy"},
        "limit": None,
        "order": {"id": order_id, "merchant_id": "A-1"},
        "claimed_reward": None,
    }


def test_points_by_hand_name_their_lots(new_world: NewWorld) -> None:
    expiry = {"mode": "date_earned", "months": 12, "enabled_on": "2020-01-01"}
    asker = Asker(new_world(shop(expiry=expiry)))
    join(asker.world, "ann")
    give(asker.world, "ann", 50)
    asker.world.later(days=1)
    give(asker.world, "ann", 10)
    take(asker.world, "ann", 55)
    taken, *_ = asker.explained()["entries"]
    assert (taken["resource"], taken["cause"], taken["rule"]) == ("adjustment", "removed", None)
    assert taken["lots"] == [
        {"expires_at": "2026-06-10T00:00:00.000Z", "points": -50},
        {"expires_at": "2026-06-11T00:00:00.000Z", "points": -5},
    ]


def test_a_page_of_entries_leads_to_the_older_ones(asker: Asker) -> None:
    for points in range(1, 8):
        give(asker.world, "ann", points)
    seen: list[int] = []
    query = "limit=3"
    while query:
        found = asker.explained(query)
        seen += [entry["moved"]["approved"] for entry in found["entries"]]
        cursor = found["cursor"]["next"]
        query = f"limit=3&cursor={cursor}" if cursor else ""
    assert seen == [7, 6, 5, 4, 3, 2, 1]


def test_one_order_is_explained_alone_and_its_cursor_stays_with_it(asker: Asker) -> None:
    world = asker.world
    buy(world, "A-1", total=20, who="ann")
    buy(world, "A-2", total=40, who="ann")
    refund(world, "A-1", amount=5)
    first = asker.explained("order=A-1&limit=1")
    second = asker.explained(f"limit=1&cursor={first['cursor']['next']}")
    pages = [*first["entries"], *second["entries"]]
    assert [each["moved"]["pending"] for each in pages] == [-25, 100]
    assert [each["merchant_id"] for each in second["orders"]] == ["A-1"]
    assert second["cursor"] == {"next": None}
    assert [each["merchant_id"] for each in asker.explained()["orders"]] == ["A-2", "A-1"]


def test_shopify_names_an_order_in_two_ways(asker: Asker) -> None:
    buy(asker.world, "5001", total=20, who="ann")
    found = asker.explained("order=gid%3A%2F%2Fshopify%2FOrder%2F5001")
    assert [each["merchant_id"] for each in found["orders"]] == ["5001"]


def _goods() -> list[Document]:
    def rule(rule_id: int, title: str, product: str, **of: object) -> Document:
        kind = {"id": rule_id, "kind": "product_purchase", "title": title}
        return {**kind, "products": [product], "points": 30, **of}

    return [
        {"id": 1, "kind": "purchase", "title": "Buy", "points": 5},
        rule(2, "Tea", "tea", limit={"count": 1, "interval": "month"}),
        rule(3, "Jam", "jam"),
        rule(4, "Soap", "tea", enabled=False),
    ]


def test_rules_that_gave_nothing_say_why(new_world: NewWorld) -> None:
    asker = Asker(new_world(shop(rules=_goods())))
    join(asker.world, "ann")
    tea = OrderItem(product_id="tea", quantity=1, price=Decimal(10))
    for name in ("A-1", "A-2"):
        report(asker.world, name, total=Decimal(10), line_items=(tea,))

    def why(order: str) -> dict[str, str]:
        (found,) = asker.explained(f"order={order}")["orders"]
        return {each["rule"]["title"]: each["why"]["code"] for each in found["not_fired"]}

    assert why("A-1") == {"Jam": "not_in_order", "Soap": "disabled"}
    assert why("A-2") == {"Tea": "limit_reached", "Jam": "not_in_order", "Soap": "disabled"}
    limits = [
        (entry["rule"]["title"], entry["limit"])
        for entry in asker.explained("order=A-1")["entries"]
    ]
    assert limits == [
        ("Tea", {"allowed": 1, "interval": "month", "number": 1}),
        ("Buy", None),
    ]


def test_completions_are_counted_within_the_interval_of_their_time(new_world: NewWorld) -> None:
    """The rule is allowed more often later; each award tells what held when it was given."""
    visit = {"id": 2, "kind": "pageview", "title": "Visit", "points": 3}
    document = shop()
    put("rules.1", {**visit, "limit": {"count": 2, "interval": "day"}})(document)
    world = new_world(document)
    asker = Asker(world)
    for hours in (1, 1, 24, 0):
        visit_shop(world)
        world.later(hours=hours)
    put("rules.1", {**visit, "limit": {"count": 9}})(document)
    world.publish(document)
    visit_shop(world)
    told = [
        (entry["limit"]["number"], entry["limit"]["allowed"], entry["history"]["program_version"])
        for entry in asker.explained()["entries"]
    ]
    assert told == [(4, 9, 2), (1, 2, 1), (2, 2, 1), (1, 2, 1)]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"payment_status": PaymentStatus.NOT_PAID}, "not_paid"),
        ({"cancellation_status": CancellationStatus.CANCELLED}, "cancelled"),
    ],
)
def test_an_order_that_was_promised_nothing_says_why(
    asker: Asker, said: dict[str, object], code: str
) -> None:
    report(asker.world, "A-1", total=Decimal(10), **said)
    found = asker.explained("order=A-1")
    (order,) = found["orders"]
    assert found["entries"] == []
    assert order["unpromised"]["code"] == code
    assert [(each["rule"]["id"], each["why"]["code"]) for each in order["not_fired"]] == [(1, code)]


def test_goods_with_modifiers_show_the_rate_of_each(new_world: NewWorld) -> None:
    modifiers = [{"products": ["tea"], "multiplier": 2}, {"products": ["jam"], "rate": 1}]
    asker = Asker(new_world(shop(points={"modifiers": modifiers})))
    join(asker.world, "ann")
    items = tuple(
        OrderItem(product_id=name, quantity=1, price=Decimal(10)) for name in ("tea", "jam", "soap")
    )
    report(asker.world, "A-1", total=Decimal(30), line_items=items)
    (order,) = asker.explained()["orders"]
    (award,) = order["awards"]
    assert [(each["product_id"], each["modifier"], each["rate"]) for each in award["goods"]] == [
        ("tea", 1, "10"),
        ("jam", 2, "1"),
        ("soap", None, "5"),
    ]
    assert (award["rate"], award["points"]) == ("16/3", 160)


@pytest.mark.parametrize(
    ("merchant_id", "query", "code"),
    [
        ("nobody", "", "customer_not_found"),
        ("ann", "order=A-9", "order_not_found"),
        ("ann", "order=B-1", "order_not_found"),
    ],
)
def test_what_is_not_there_is_missing(
    asker: Asker, merchant_id: str, query: str, code: str
) -> None:
    """B-1 is another customer's order: that it exists is not told."""
    join(asker.world, "bob")
    buy(asker.world, "B-1", total=10, who="bob")
    answer = asker.call(EXPLAIN, merchant_id, query=query)
    assert (answer.status, answer.code) == (404, code)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=%D9%A1", "limit"),
        ("limit=1&limit=2", "limit"),
        ("cursor=abc", "cursor"),
        ("cursor=eyJiZWZvcmUiOi0xfQ", "cursor"),
        ("cursor=eyJiZWZvcmUiOjEsIm9yZGVyIjoiXHUwMDAwIn0", "cursor"),
        ("order=%00", "order"),
        ("order=gid%3A%2F%2Fshopify%2FCustomer%2F1", "order"),
    ],
)
def test_malformed_questions_name_what_is_wrong(asker: Asker, query: str, field: str) -> None:
    answer = asker.call(EXPLAIN, query=query)
    assert answer.status == 400
    assert list(answer.json["error"]["details"]) == [field]


def test_explaining_reads_in_a_few_statements_however_many_entries(asker: Asker) -> None:
    for points in range(1, 30):
        give(asker.world, "ann", points)
    asker.explained("limit=1")
    asker.world.statements.clear()
    asker.explained("limit=30")
    assert len(asker.world.statements) == 1
