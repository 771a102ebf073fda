"""Redeem a discount on the cart: the code's whole life."""

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.offers import FIVE
from tests.contract.headless.redeeming import at, joins, lives, rewards_program
from tests.contract.headless.worlds import Shop, only_site

KIND = "cart_discount_voucher"


@pytest.fixture
def shop(new_world: NewWorld) -> Shop:
    return Shop(new_world(rewards_program(cart_discount_voucher={"minimum_spend": 5})))


def test_its_life(shop: Shop) -> None:
    terms = {
        "discount_type": "fixed",
        "discount": FIVE,
        "minimum_spend": FIVE,
        "applies_to_order_type": "all",
        "recurring_cycle_limit": None,
        "supports_active_subscriptions": True,
        "expires_at": at(shop.world.now, days=30),
        "used_at": None,
    }
    lives(joins(shop, "ann"), KIND, terms)


def test_two_redemptions_are_two_claims(shop: Shop) -> None:
    ann = joins(shop, "ann")
    first, second = ann.redeems(KIND), ann.redeems(KIND)
    assert first["voucher_code"] != second["voucher_code"]
    assert [each["id"] for each in ann.document["claimed_rewards"]] == [
        second["claimed_reward"]["id"],
        first["claimed_reward"]["id"],
    ]


def test_what_was_promised_stays_when_the_reward_is_gone(shop: Shop) -> None:
    ann = joins(shop, "ann")
    claimed = ann.redeems(KIND)["claimed_reward"]
    rewards = rewards_program(cart_discount_voucher={"minimum_spend": 5})["rewards"]
    assert isinstance(rewards, list)
    left = [each for each in rewards if each["kind"] != KIND]
    shop.world.publish({**rewards_program(), "rewards": left})
    assert ann.claim(claimed["id"]) == claimed
    assert ann.asks(KIND).status == 404


def test_in_the_language_and_money_of_the_site(new_world: NewWorld) -> None:
    document = rewards_program(
        cart_discount_voucher={
            "discount": {"amount": 1500},
            "title": {"en": "Off", "de": "Rabatt"},
        },
        gift_card={"initial_balance": 10},
    )
    shop = Shop(new_world(only_site(document, currency="jpy", languages=["en", "de"])))
    ann = joins(shop, "ann")
    how = {"query": "channel=web&language=de"}
    claimed = ann.asks(KIND, how=how).json["claimed_reward"]
    assert claimed["title"] == "Rabatt"
    assert claimed["redeemable"]["discount"]["amount"] == 1500
    assert ann.document["claimed_rewards"][0]["title"] == "Off"
