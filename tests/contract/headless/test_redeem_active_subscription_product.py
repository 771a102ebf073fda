"""Redeem a product for the next delivery of a subscription: from the delivery to its end."""

from typing import Any

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.offers import MUG, SHOWN_MUG
from tests.contract.headless.redeeming import (
    ALL_POINTS,
    at,
    expires,
    is_sound,
    joins,
    rewards_program,
    row,
    shown_claim,
)
from tests.contract.headless.subscriptions import Nobody
from tests.contract.headless.worlds import Shop, only_site

KIND = "active_subscription_product"


@pytest.fixture
def shop(new_world: NewWorld) -> Shop:
    return Shop(new_world(rewards_program()))


def redeemable(shop: Shop, claimed: Any, left: int) -> Any:
    details = claimed["redeemable"]["subscription_details"]
    assert details["address_id"] > 0
    assert details["onetime_id"] > 0
    return {
        "kind": KIND,
        "usage_status": "not_used",
        "quantity": 1,
        "product": {
            **{name: value for name, value in SHOWN_MUG.items() if name != "variants"},
            "variant": {"id": "501", "title": "Red", "inventory_count": left},
        },
        "subscription_details": {
            "kind": "recharge",
            "address_id": details["address_id"],
            "onetime_id": details["onetime_id"],
            "next_subscription_scheduled_at": at(shop.world.now, days=30),
        },
    }


def test_its_life(shop: Shop) -> None:
    ann = joins(shop, "ann")
    body = ann.redeems(KIND)
    assert body.keys() == {"claimed_reward", "customer"}
    claimed = body["claimed_reward"]
    shown = redeemable(shop, claimed, 2)
    assert claimed == shown_claim(shop, claimed["id"], KIND, shown)
    assert ann.points == (ALL_POINTS - 100, 100)
    assert ann.history_of(claimed["id"]) == [row(shop, claimed["id"], KIND)]

    ann.orders("1", claimed_reward_ids=[claimed["id"]])
    used = {**shown, "usage_status": "used"}
    assert ann.claim(claimed["id"]) == {**claimed, "redeemable": used}
    ann.is_refunded("1")
    back = {**used, "product": {**used["product"], "variant": {"id": "501", "title": "Red",
            "inventory_count": 3}}}  # fmt: skip
    assert ann.claim(claimed["id"]) == {**claimed, "redeemable": back, "state": "void"}
    assert ann.points == (ALL_POINTS, 0)

    expires(ann, ann.redeems(KIND)["claimed_reward"])
    assert is_sound(shop)


def test_the_address_is_the_shoppers_choice(shop: Shop) -> None:
    ann = joins(shop, "ann")
    claimed = ann.redeems(KIND, shipping_address={"kind": "recharge", "id": 7})["claimed_reward"]
    assert claimed["redeemable"]["subscription_details"]["address_id"] == 7


def test_without_a_subscription(shop: Shop) -> None:
    service = Nobody.subscribes(shop)
    ann = joins(shop, "ann")
    answer = ann.asks(KIND, shipping_address={"kind": "recharge", "id": 7})
    assert (answer.status, answer.code) == (422, "no_active_subscriptions")
    assert ann.points == (ALL_POINTS, 0)
    assert service.asked == [("ann", 7)]


def test_without_a_service_for_subscriptions(new_world: NewWorld) -> None:
    shop = Shop(new_world(only_site(rewards_program(), subscription_provider=None)))
    ann = joins(shop, "ann")
    assert ann.can_redeem(KIND) == {"state": "unknown"}
    answer = ann.asks(KIND)
    assert (answer.status, answer.code) == (422, "no_subscription_integration_configured")


@pytest.mark.parametrize("variant_id", ["503", "500", "Red", "gid://shopify/Product/501", "5O1"])
def test_a_variant_the_product_lacks(shop: Shop, variant_id: str) -> None:
    answer = joins(shop, "ann").asks(KIND, variant_id=variant_id)
    assert (answer.status, answer.code) == (422, "invalid_variant_id")


@pytest.mark.parametrize("spelt", ["501", "gid://shopify/ProductVariant/501"])
@pytest.mark.parametrize("written", ["501", "gid://shopify/ProductVariant/501"])
def test_variants_by_number_and_by_shopifys_long_id(
    new_world: NewWorld, written: str, spelt: str
) -> None:
    """Planted bug: compared letter by letter, two of these four are refused."""
    mug = {**MUG, "variants": [{"id": written, "title": "Red", "inventory_count": 1}]}
    shop = Shop(new_world(rewards_program(active_subscription_product={"product": mug})))
    ann = joins(shop, "ann")
    product = ann.redeems(KIND, variant_id=spelt)["claimed_reward"]["redeemable"]["product"]
    assert product["variant"] == {"id": written, "title": "Red", "inventory_count": 0}
    answer = ann.asks(KIND, variant_id=spelt)
    assert (answer.status, answer.code) == (422, "reward_out_of_stock")
    assert ann.can_redeem(KIND) == {"state": "out_of_stock"}
