"""Free products claimed for a customer: into a cart, through an order's lines, and back."""

from typing import Any

import pytest

from tests.contract.admin.counter import CART, CLAIM, MUG, REFUND, Counter, rewards_shop
from tests.contract.admin.office import fits
from tests.contract.conftest import NewWorld

NOW = "2025-06-10T12:00:00.000Z"


@pytest.fixture
def counter(new_world: NewWorld) -> Counter:
    """Member 1001 has 1000 points."""
    opened = Counter(new_world(rewards_shop()))
    opened.joins(points=1000)
    return opened


def test_a_free_product_goes_into_a_cart_and_is_used_by_the_order_with_its_line(
    counter: Counter,
) -> None:
    claim = counter.claims(MUG, variant_id="red", session=CART)
    mark = claim["redeemable"]["shopify_cart_line_item_context"]
    assert len(mark) == 8
    assert claim["redeemable"] == {
        "redeemable_type": "product",
        "product": {"id": "mug", "variant_id": "red"},
        "used_at": None,
        "shopify_cart_line_item_context": mark,
        "expires_on": None,
    }
    assert claim["session"] == CART
    assert claim["auto_refund_at"] == claim["expires_at"] == "2025-06-10T13:00:00.000Z"
    empty = counter.call(CLAIM, json={"reward_id": MUG, "variant_id": "red", "session": CART})
    assert (empty.status, empty.code) == (422, "reward_out_of_stock")
    counter.orders(
        line_items=[{"product_id": "mug", "properties": [{"name": "__lion_sfp_id", "value": mark}]}]
    )
    counter.settle()
    used = counter.shown(claim)
    assert (used["redeemable"]["used_at"], used["state"]) == (NOW, "approved")
    answer = counter.call(REFUND, claimed_reward_id=claim["id"])
    assert (answer.status, answer.code) == (422, "reward_already_used")


def test_the_cart_of_a_claim_is_the_one_a_shopper_sends(counter: Counter) -> None:
    """The product is not in their cart when a session starts, so its points come back."""
    counter.claims(MUG, variant_id="blue", session=CART)
    money = {"amount": "0.00", "currency_code": "USD"}
    for name, balance in (("c2", (800, 200)), ("c1", (1000, 0))):
        cart = {
            "kind": "shopify",
            "id": f"gid://shopify/Cart/{name}?key=k2",
            "cost": {"total_amount": money},
            "lines": [],
        }
        path = "/headless/2025-06/1/customers/1001/sessions?channel=web"
        body = {"customer": {"email": "1001@example.com"}, "cart": cart}
        assert counter.world.post(path, body).status == 200
        assert counter.balance() == balance


@pytest.mark.parametrize(
    "line",
    [
        {"properties": [{"name": "__lion_sfp_id", "value": "MARK"}]},
        {"properties": {"__lion_sfp_id": "MARK"}},
        {
            "attributes": [
                {"key": "color", "value": None},
                {"key": "__lion_sfp_id", "value": "MARK"},
            ]
        },
        {"attributes": {"__lion_sfp_id": "MARK"}, "properties": []},
        {"properties": ["odd", {"name": 5}], "attributes": {"__lion_sfp_id": "MARK"}},
    ],
)
def test_lines_carry_their_mark_in_many_ways(counter: Counter, line: Any) -> None:
    claim = counter.claims(MUG, variant_id="blue", session=CART)
    mark = claim["redeemable"]["shopify_cart_line_item_context"]
    written = {"product_id": "mug", **_marked(line, mark)}
    counter.orders(line_items=[{"product_id": "other"}, written])
    counter.settle()
    assert counter.shown(claim)["redeemable"]["used_at"] == NOW


def _marked(part: Any, mark: str) -> Any:
    match part:
        case dict():
            return {key: _marked(value, mark) for key, value in part.items()}
        case list():
            return [_marked(each, mark) for each in part]
        case _:
            return mark if part == "MARK" else part


@pytest.mark.parametrize("line", [{"properties": "x"}, {"attributes": 5}])
def test_properties_of_other_kinds_are_refused(counter: Counter, line: Any) -> None:
    body = {
        "merchant_id": "9",
        "customer_id": "1001",
        "total": 1,
        "total_shipping": 0,
        "payment_status": "paid",
        "line_items": [{"product_id": "mug", **line}],
    }
    answer = counter.world.post("/v2/orders", body)
    assert answer.status == 400
    assert list(answer.json["error"]["details"]) == [f"line_items.0.{next(iter(line))}"]
    assert not fits("orders.createOrder", body)
