"""GET /v2/orders: whole rows, in pages that miss nothing."""

from typing import Any

import pytest

from tests.contract.admin.till import LIST, STANDING, UPDATE, Till, order
from tests.contract.conftest import NewWorld
from tests.programs import lion_rewards


@pytest.fixture(scope="module")
def till(shared_world: NewWorld) -> Till:
    """Five orders, an hour apart; the second was changed last, the last is nobody's."""
    opened = Till(shared_world(lion_rewards()))
    opened.signup("1001")
    for name in range(1, 5):
        opened.world.later(hours=1)
        opened.order(
            name, total=f"{name}0.00", total_tax="1.5", total_discounts=2, number=f"#{name}"
        )
    opened.world.later(hours=1)
    opened.call(
        "orders.createOrder", json={**order(5), "customer_id": None, "customer_email": None}
    )
    opened.world.later(hours=1)
    opened.call(UPDATE, "2", json=STANDING | {"refund_status": "refunded"})
    opened.settle("orders")
    return opened


def names(answer: Any) -> list[str]:
    return [row["merchant_id"] for row in answer.json["orders"]]


def test_a_row_is_whole(till: Till) -> None:
    row = till.call(LIST).json["orders"][-2]
    assert row == {
        "id": 2,
        "merchant_id": "2",
        "merchant_number": "#2",
        "total": "20.00",
        "total_tax": "1.50",
        "total_shipping": "5.00",
        "total_discounts": "2.00",
        "total_paid": "20.00",
        "total_refunded": "20.00",
        "payment_status": "paid",
        "fulfillment_status": "not_fulfilled",
        "refund_status": "refunded",
        "cancellation_status": "not_cancelled",
        "metadata": {},
        "created_at": "2025-06-10T14:00:00.000Z",
        "updated_at": "2025-06-10T18:00:00.000Z",
        "customer": {
            "id": 1,
            "merchant_id": "1001",
            "email": "1001@example.com",
            **{key: till.customer()[key] for key in ("points_pending", "points_approved")},
            "points_spent": 0,
        },
    }


def test_nobody_s_order_has_no_customer(till: Till) -> None:
    assert till.call(LIST).json["orders"][0]["customer"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "54321"),
        ("limit=2", "54"),
        ("limit=2&page=2", "32"),
        ("page=9", ""),
        ("since_id=0", "12345"),
        ("since_id=3", "45"),
        ("created_at_min=2025-06-10T15:00:00Z", "543"),
        ("created_at_max=2025-06-10T15:00:00Z", "21"),
        ("updated_at_min=2025-06-10T17:30:00%2B00:00", "2"),
        ("updated_at_max=2025-06-10T14:30:00Z", "1"),
        ("per_page=1&status=any", "54321"),
    ],
)
def test_which_rows(till: Till, query: str, found: str) -> None:
    assert names(till.call(LIST, query=query)) == list(found)


@pytest.mark.parametrize(
    "start", ["limit=2", "limit=2&since_id=0", "limit=2&updated_at_min=2025-01-01"]
)
def test_following_the_cursor_meets_every_row_once_and_back(till: Till, start: str) -> None:
    answers = [till.call(LIST, query=start)]
    while (cursor := answers[-1].json["cursor"]["next"]) is not None:
        answers.append(till.call(LIST, query=f"cursor={cursor}&limit=2&since_id=4"))
        assert f"cursor={cursor}" in answers[-2].headers["link"]
    met = [name for answer in answers for name in names(answer)]
    assert sorted(met) == list("12345")
    back = till.call(LIST, query=f"cursor={answers[-1].json['cursor']['prev']}&limit=2")
    assert names(back) == names(answers[-2])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=%D9%A1", "limit"),
        ("limit=1&limit=2", "limit"),
        ("since_id=-1", "since_id"),
        ("since_id=9223372036854775808", "since_id"),
        ("page=0", "page"),
        ("page=1000001", "page"),
        ("created_at_min=1990-W19-4", "created_at_min"),
        ("updated_at_max=tomorrow", "updated_at_max"),
        ("cursor=abc", "cursor"),
    ],
)
def test_bad_queries(till: Till, query: str, field: str) -> None:
    answer = till.call(LIST, query=query)
    assert (answer.status, set(answer.json["error"]["details"])) == (400, {field})


def test_a_cursor_of_another_list_is_none(till: Till) -> None:
    till.signup("1002")
    cursor = till.world.get("/v2/customers?limit=1&page=1").json["cursor"]["next"]
    assert till.call(LIST, query=f"cursor={cursor}").status == 400


def test_a_page_is_one_statement(till: Till) -> None:
    till.call(LIST)
    before = len(till.world.statements)
    till.call(LIST, query="limit=3")
    assert len(till.world.statements) == before + 1
