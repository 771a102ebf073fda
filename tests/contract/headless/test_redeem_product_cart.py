"""Redeem a free product for a cart: what the shop has to put there, its stock and its limits."""

from typing import Any

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.offers import FIVE, MUG, SHOWN_MUG
from tests.contract.headless.redeeming import (
    ALL_POINTS,
    Member,
    at,
    is_sound,
    joins,
    number_of,
    passes,
    rewards_program,
    row,
    shown_claim,
)
from tests.contract.headless.worlds import Shop
from tests.programs import Document

KIND = "product_cart"
BARE = {name: value for name, value in SHOWN_MUG.items() if name != "variants"}


@pytest.fixture
def shop(new_world: NewWorld) -> Shop:
    """Three red mugs and no end of others; two for a cart."""
    return Shop(new_world(rewards_program()))


def redemption(shop: Shop, claimed: Any, *, left: object = 2, **parts: object) -> Any:
    """A red mug that waits in a cart."""
    mark = claimed["redeemable"]["cart_line_identifier"]
    return {
        "id": mark,
        "claimed_reward_id": claimed["id"],
        "expires_at": at(shop.world.now, hours=1),
        "product": {**BARE, "variant": {"id": "501", "title": "Red", "inventory_count": left}},
        "quantity": 1,
        "cart_id": "cart-1",
        "cart_line": {
            "kind": "shopify",
            "merchandise_id": "gid://shopify/ProductVariant/501",
            "product_id": "gid://shopify/Product/500",
            "quantity": 1,
            "attributes": [{"key": "__lion_sfp_id", "value": mark}],
        },
        "current_cart_state": None,
        **parts,
    }


def stock(member: Member) -> list[Any]:
    """How many are left of the variants, as each document tells it."""
    shop = member.shop
    whole = shop.call("customers.getCustomer", member.merchant_id).json
    told = (
        next(each for each in rewards if each["id"] == number_of(KIND))
        for rewards in (
            whole["customer"]["available_rewards"],
            whole["configuration"]["rewards"],
            shop.configuration()["rewards"],
        )
    )
    left = [
        [variant["inventory_count"] for variant in each["properties"]["product"]["variants"]]
        for each in told
    ]
    assert left[0] == left[1] == left[2]
    return left[0]


def test_its_life_in_an_order(shop: Shop) -> None:
    ann = joins(shop, "ann")
    body = ann.redeems(KIND)
    claimed, mark = body["claimed_reward"], body["active_cart_redemption"]["id"]
    waiting = redemption(shop, claimed)
    assert (len(mark), set(mark) - set("0123456789abcdef")) == (8, set())
    assert body["active_cart_redemption"] == waiting
    redeemable = {
        "kind": KIND,
        "usage_status": "not_used",
        "used_at": None,
        "cart_line_identifier": mark,
        "quantity": 1,
        "product": waiting["product"],
        "active_cart_redemption": waiting,
    }
    shown = shown_claim(shop, claimed["id"], KIND, redeemable)
    assert claimed == {**shown, "auto_refund_at": at(shop.world.now, hours=1)}
    assert body["customer"]["active_cart_redemptions"] == [waiting]
    assert ann.points == (ALL_POINTS - 100, 100)
    assert ann.history_of(claimed["id"]) == [row(shop, claimed["id"], KIND)]

    ann.orders("1", claimed_reward_ids=[claimed["id"]])
    used = {
        **redeemable,
        "usage_status": "used",
        "used_at": at(shop.world.now),
        "active_cart_redemption": None,
    }
    assert ann.claim(claimed["id"])["redeemable"] == used
    assert ann.document["active_cart_redemptions"] == []
    shop.world.later(hours=1)
    passes(shop)
    assert ann.claim(claimed["id"])["state"] == "approved"

    ann.is_refunded("1")
    assert ann.claim(claimed["id"])["state"] == "void"
    assert ann.points == (ALL_POINTS, 0)
    assert stock(ann) == [3, None]
    assert is_sound(shop)


def test_after_an_hour_it_goes_back(shop: Shop) -> None:
    ann = joins(shop, "ann")
    claimed = ann.redeems(KIND)["claimed_reward"]
    assert stock(ann) == [2, None]
    shop.world.later(minutes=59)
    assert passes(shop) == 0
    assert ann.document["active_cart_redemptions"] == [
        claimed["redeemable"]["active_cart_redemption"]
    ]
    shop.world.later(minutes=1)
    assert ann.document["active_cart_redemptions"] == []
    assert passes(shop) == 1
    assert ann.claim(claimed["id"])["state"] == "void"
    assert [each["state"] for each in ann.history_of(claimed["id"])] == ["void"]
    assert (ann.points, stock(ann)) == ((ALL_POINTS, 0), [3, None])
    assert is_sound(shop)


def test_stock_is_told_everywhere_and_never_runs_below_nothing(shop: Shop) -> None:
    """Planted bug: kept with the version alone, the first encoding is served for ever."""
    people = [joins(shop, name) for name in ("ann", "bob", "cleo", "dan")]
    for left, member in zip((3, 2, 1), people, strict=False):
        assert stock(member) == [left, None]
        claimed = member.redeems(KIND)["claimed_reward"]
        assert claimed["redeemable"]["product"]["variant"]["inventory_count"] == left - 1
    dan = people[-1]
    assert stock(dan) == [0, None]
    answer = dan.asks(KIND)
    assert (answer.status, answer.code) == (422, "reward_out_of_stock")
    assert dan.can_redeem(KIND) == {"state": "unknown"}, "the other variant is not counted"
    dan.redeems(KIND, variant_id="502")
    assert stock(dan) == [0, None]


def test_the_last_of_all_variants(new_world: NewWorld) -> None:
    mug = {**MUG, "variants": [{"id": "501", "inventory_count": 1}]}
    shop = Shop(new_world(rewards_program(product_cart={"product": mug})))
    joins(shop, "ann").redeems(KIND)
    assert joins(shop, "bob").can_redeem(KIND) == {"state": "out_of_stock"}


def test_a_cart_takes_only_so_many(shop: Shop) -> None:
    ann = joins(shop, "ann")
    first = ann.redeems(KIND)["claimed_reward"]
    ann.redeems(KIND, cart_id="cart-1?key=abc", variant_id="502")
    answer = ann.asks(KIND, cart_id="cart-1?key=another")
    assert (answer.status, answer.code) == (422, "max_cart_redemptions_reached")
    assert answer.json["error"]["limit"] == 2
    ann.redeems(KIND, cart_id="cart-2")
    assert len(ann.document["active_cart_redemptions"]) == 3
    assert ann.returns(first["id"]).status == 201
    ann.redeems(KIND)


def test_the_order_is_that_of_redeeming(shop: Shop) -> None:
    ann = joins(shop, "ann")
    marks = [ann.redeems(KIND, variant_id="502")["active_cart_redemption"]["id"] for _ in "12"]
    assert [each["id"] for each in ann.document["active_cart_redemptions"]] == marks


@pytest.mark.parametrize(
    ("variant_id", "known"),
    [
        ("501", True),
        ("gid://shopify/ProductVariant/501", True),
        ("503", False),
        ("500", False),
        ("Red", False),
        ("gid://shopify/Product/501", False),
        ("\uff15\uff10\uff11", False),
        (" 501", False),
    ],
)
def test_variants(shop: Shop, variant_id: str, known: object) -> None:
    answer = joins(shop, "ann").asks(KIND, variant_id=variant_id)
    if known:
        assert answer.json["active_cart_redemption"]["product"]["variant"]["id"] == "501"
    else:
        assert (answer.status, answer.code) == (422, "invalid_variant_id")


def test_ids_that_are_not_shopifys_stay_as_they_are(new_world: NewWorld) -> None:
    mug: Document = {"id": "sku/1", "variants": [{"id": "mug-red"}]}
    shop = Shop(new_world(rewards_program(product_cart={"product": mug})))
    body = joins(shop, "ann").redeems(KIND, variant_id="mug-red")
    line = body["active_cart_redemption"]["cart_line"]
    assert (line["merchandise_id"], line["product_id"]) == ("mug-red", "sku/1")


def test_it_may_wait_for_ever(new_world: NewWorld) -> None:
    """The contract asks for a moment all the same."""
    forever = {"auto_refund_minutes": None, "expires_after_days": None}
    shop = Shop(new_world(rewards_program(product_cart=forever)))
    body = joins(shop, "ann").redeems(KIND)
    assert body["claimed_reward"]["auto_refund_at"] is None
    assert body["active_cart_redemption"]["expires_at"] == "9999-12-31T00:00:00Z"


def test_what_a_cart_must_hold_does_not_matter_yet(shop: Shop) -> None:
    """It is looked at when a session starts with the cart."""
    ann = joins(shop, "ann")
    ann.redeems(KIND)
    asked = ann.document["available_rewards"][number_of(KIND) - 1]["properties"]
    assert asked["cart_requirements"] == {"minimum_cart_total": FIVE, "minimum_line_item_count": 2}


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"variant_id": None}, "variant_id"),
        ({"variant_id": ""}, "variant_id"),
        ({"variant_id": 501}, "variant_id"),
        ({"variant_id": "x" * 256}, "variant_id"),
        ({"variant_id": "a\nb"}, "variant_id"),
        ({"cart_id": None}, "cart_id"),
        ({"cart_id": ""}, "cart_id"),
        ({"cart_id": "?key=abc"}, "cart_id"),
        ({"cart_id": 1}, "cart_id"),
        ({"cart_id": ["cart-1"]}, "cart_id"),
        ({"cart_id": "x" * 1025}, "cart_id"),
    ],
)
def test_what_is_malformed(shop: Shop, sent: Document, field: str) -> None:
    ann = joins(shop, "ann")
    answer = ann.asks(KIND, **sent)
    assert answer.status == 400
    assert list(answer.json["error"]["details"]) == [field]
    assert ann.points == (ALL_POINTS, 0)
