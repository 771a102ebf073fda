"""Initialize Session: how a cart is read, and what it means for free products."""

from typing import Any

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.offers import MUG
from tests.contract.headless.worlds import SESSION, Shop, email_of, program
from tests.programs import Document


def money(amount: object, currency: str = "USD") -> Document:
    return {"amount": amount, "currency_code": currency}


def line(amount: str = "10.00", quantity: object = 1, **parts: object) -> Document:
    return {
        "id": "gid://shopify/CartLine/1",
        "quantity": quantity,
        "cost": {"total_amount": money(amount), "amount_per_quantity": money(amount)},
        "merchandise": {"id": "gid://shopify/ProductVariant/1"},
        "attributes": [],
        **parts,
    }


def cart(total: object, *lines: Document, **parts: object) -> Document:
    return {
        "kind": "shopify",
        "id": "gid://shopify/Cart/1?key=abc",
        "cost": {"total_amount": money(total)},
        "lines": list(lines),
        **parts,
    }


FREE: dict[str, Any] = {"attributes": [{"key": "__lion_sfp_id", "value": "19fdf4cb"}]}
OTHER: dict[str, Any] = {
    "attributes": [{"key": "__lion_sfp_id", "value": None}, {"key": "gift", "value": "yes"}]
}
NEEDS_20_AND_2: Document = {"minimum_cart_total": 20, "minimum_line_item_count": 2}


@pytest.fixture(scope="module")
def carts(shared_world: NewWorld) -> Shop:
    """A free mug for 10 points, of which joining gives 50."""
    return Shop(shared_world(mugs(NEEDS_20_AND_2)))


def mugs(asked: Document, **parts: object) -> Document:
    mug = {"id": 1, "kind": "product_cart", "title": "Mug", "cost": 10, "product": MUG,
           "cart_requirements": asked, **parts}  # fmt: skip
    join = {"id": 1, "kind": "join_program", "title": "J", "points": 50}
    return program(rules=join, rewards=mug)


def can_redeem(customer: Any) -> Any:
    return customer["available_rewards"][0]["context"]["can_redeem"]


def lacks(amount: Document | None, quantity: int | None) -> Document:
    met: Document = {"state": "requirement_met"}
    short: Document = {"state": "requirement_not_met"}
    return {
        "state": "cart_requirements_not_met",
        "cart_requirements_detail": {
            "minimum_cart_total": {**short, "additional_amount_required": amount}
            if amount
            else met,
            "minimum_line_item_quantity": {**short, "additional_quantity_required": quantity}
            if quantity
            else met,
        },
    }


@pytest.mark.parametrize(
    ("sent", "state"),
    [
        ({"kind": "empty"}, lacks({"amount": 20, "formatted": "$20"}, 2)),
        (cart("0.0"), lacks({"amount": 20, "formatted": "$20"}, 2)),
        (cart("10.10", line("10.10")), lacks({"amount": 9.9, "formatted": "$9.90"}, 1)),
        (cart("20.00", line("20.00")), lacks(None, 1)),
        (cart("19.99", line("19.99", 2)), lacks({"amount": 0.01, "formatted": "$0.01"}, None)),
        (cart("20.00", line("20.00", 2)), {"state": "redeemable"}),
        (cart("20.00", line(), line(**OTHER)), {"state": "redeemable"}),
        (cart(20, line("20", 2.0)), {"state": "redeemable"}),
        (cart("20.00", line("5.00"), line("15.00", **FREE)),
         lacks({"amount": 15, "formatted": "$15"}, 1)),
        (cart("20.00", line("20.00", 2), line("0.0", 5, **FREE)), {"state": "redeemable"}),
    ],
)  # fmt: skip
def test_the_cart_decides_about_free_products(carts: Shop, sent: Document, state: Document) -> None:
    whole = carts.visit("1", cart=sent)
    assert can_redeem(whole["customer"]) == state
    assert whole["requested_cart_actions"] == []


def test_without_a_cart_nobody_knows(carts: Shop) -> None:
    assert can_redeem(carts.visit("1")["customer"]) == {"state": "unknown"}
    assert can_redeem(carts.customer("1")) == {"state": "unknown"}


@pytest.mark.parametrize(
    ("asked", "parts", "state"),
    [
        ({}, {}, {"state": "redeemable"}),
        (
            {"minimum_line_item_count": 2},
            {},
            {
                "state": "cart_requirements_not_met",
                "cart_requirements_detail": {
                    "minimum_cart_total": {"state": "no_requirement"},
                    "minimum_line_item_quantity": {
                        "state": "requirement_not_met",
                        "additional_quantity_required": 1,
                    },
                },
            },
        ),
        (
            NEEDS_20_AND_2,
            {"cost": 60},
            {"state": "insufficient_points", "additional_points_required": 10},
        ),
        (
            {},
            {"product": {"id": "1", "variants": [{"id": "2", "inventory_count": 0}]}, "cost": 60},
            {"state": "out_of_stock"},
        ),
        (
            {},
            {"product": {"id": "1", "variants": [{"id": "2", "inventory_count": 0}, {"id": "3"}]}},
            {"state": "redeemable"},
        ),
    ],
    ids=["nothing asked", "only lines", "too dear", "sold out", "one variant left"],
)
def test_other_reasons_come_before_the_cart(
    new_world: NewWorld, asked: Document, parts: Document, state: Document
) -> None:
    shop = Shop(new_world(mugs(asked, **parts)))
    assert can_redeem(shop.visit("1", cart=cart("5.00", line("5.00")))["customer"]) == state


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ("cart", "cart"),
        ([], "cart"),
        (True, "cart"),
        ({}, "cart.kind"),
        ({"kind": "magento"}, "cart.kind"),
        ({"kind": "shopify"}, "cart.id"),
        (cart("1", id=5), "cart.id"),
        (cart("1", id=""), "cart.id"),
        (cart("1", cost=None), "cart.cost"),
        (cart("1", cost={}), "cart.cost.total_amount"),
        (cart(None), "cart.cost.total_amount.amount"),
        (cart("ten"), "cart.cost.total_amount.amount"),
        (cart("NaN"), "cart.cost.total_amount.amount"),
        (cart("Infinity"), "cart.cost.total_amount.amount"),
        (cart("1e5"), "cart.cost.total_amount.amount"),
        (cart("-1"), "cart.cost.total_amount.amount"),
        (cart("\u0661"), "cart.cost.total_amount.amount"),
        (cart("9" * 30), "cart.cost.total_amount.amount"),
        (cart(total=True), "cart.cost.total_amount.amount"),
        (cart("1", cost={"total_amount": {"amount": "1"}}), "cart.cost.total_amount.currency_code"),
        (cart("1", lines={}), "cart.lines"),
        (cart("1", lines=[5]), "cart.lines.0"),
        (cart("1", line(quantity="1")), "cart.lines.0.quantity"),
        (cart("1", line(quantity=-1)), "cart.lines.0.quantity"),
        (cart("1", line(quantity=1.5)), "cart.lines.0.quantity"),
        (cart("1", line(quantity=True)), "cart.lines.0.quantity"),
        (cart("1", line(quantity=2**53)), "cart.lines.0.quantity"),
        (cart("1", line(), line(id=None)), "cart.lines.1.id"),
        (cart("1", line(cost={})), "cart.lines.0.cost.total_amount"),
        (cart("1", line(merchandise={})), "cart.lines.0.merchandise.id"),
        (cart("1", line(attributes="x")), "cart.lines.0.attributes"),
        (cart("1", line(attributes=[{"value": "x"}])), "cart.lines.0.attributes.0.key"),
        (
            cart("1", line(attributes=[{"key": "__lion_sfp_id", "value": 5}])),
            "cart.lines.0.attributes.0.value",
        ),
    ],
)
def test_a_bad_cart_is_refused_before_anything_happens(
    carts: Shop, sent: object, field: str
) -> None:
    before = carts.everything()
    answer = carts.call(SESSION, "bad", json={"customer": {"email": "b@example.com"}, "cart": sent})
    assert answer.status == 400
    assert field in answer.json["error"]["details"], answer.json
    assert carts.everything() == before


def test_no_cart_may_be_said_with_null(carts: Shop) -> None:
    assert carts.visit("1", cart=None)["requested_cart_actions"] == []


def test_unknown_fields_are_ignored(carts: Shop) -> None:
    sent = cart("20.00", line("20.00", 2, discount=5), note="hi")
    body = {
        "customer": {"email": email_of("1"), "phone": "1"},
        "cart": sent,
        "session": {"page_url": "https://lion.example/", "ip": "::1"},
        "extra": [],
    }
    answer = carts.call(SESSION, "1", json=body)
    assert answer.status == 200
    assert can_redeem(answer.json["customer"]) == {"state": "redeemable"}
