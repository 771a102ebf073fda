"""Redeem a discount of one's choice, leal's addition: its price, its bounds and its whole life."""

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.redeeming import (
    ALL_POINTS,
    at,
    joins,
    lives,
    number_of,
    rewards_program,
)
from tests.contract.headless.worlds import Shop, only_site

KIND = "cart_variable_discount_voucher"


@pytest.fixture(scope="module")
def shop(shared_world: NewWorld) -> Shop:
    """From $1 to $5, for 100 points a dollar."""
    return Shop(shared_world(rewards_program()))


def test_its_life(new_world: NewWorld) -> None:
    shop = Shop(new_world(rewards_program()))
    terms = {
        "discount": {"amount": 1, "formatted": "$1"},
        "applies_to_order_type": "all",
        "expires_at": at(shop.world.now, days=30),
        "used_at": None,
    }
    lives(joins(shop, "ann"), KIND, terms, auto_refund_at=at(shop.world.now, days=1))


@pytest.mark.parametrize(
    ("amount", "shown", "points"),
    [
        (1, {"amount": 1, "formatted": "$1"}, 100),
        (1.0, {"amount": 1, "formatted": "$1"}, 100),
        (2.5, {"amount": 2.5, "formatted": "$2.50"}, 250),
        (2.01, {"amount": 2.01, "formatted": "$2.01"}, 201),
        (5, {"amount": 5, "formatted": "$5"}, 500),
    ],
)
def test_it_costs_what_it_takes_off(shop: Shop, amount: float, shown: object, points: int) -> None:
    ann = joins(shop, f"costs-{amount!r}")
    claimed = ann.redeems(KIND, discount_amount=amount)["claimed_reward"]
    assert claimed["source"] == {"kind": "points_redemption", "points_cost": points}
    assert claimed["redeemable"]["discount"] == shown
    assert ann.points == (ALL_POINTS - points, points)


@pytest.mark.parametrize("amount", [0, 0.99, 5.01, 6, 1e9, 9_007_199_254_740_993])
def test_beyond_its_bounds(shop: Shop, amount: float) -> None:
    ann = joins(shop, "bounds")
    answer = ann.asks(KIND, discount_amount=amount)
    assert (answer.status, answer.code) == (422, "invalid_discount_amount")
    error = answer.json["error"]
    assert (error["minimum"], error["maximum"]) == (1, 5)
    assert ann.points == (ALL_POINTS, 0)


@pytest.mark.parametrize("amount", [-1, 1.005, 1e-9, "5", "5.00", True, None, [5], {}])
def test_no_amount_of_money(shop: Shop, amount: object) -> None:
    answer = joins(shop, "no-money").asks(KIND, discount_amount=amount)
    assert answer.status == 400
    assert list(answer.json["error"]["details"]) == ["discount_amount"]


def test_parts_of_a_point_are_rounded_up(new_world: NewWorld) -> None:
    shop = Shop(new_world(rewards_program(cart_variable_discount_voucher={"points_per_unit": 3})))
    claimed = joins(shop, "ann").redeems(KIND, discount_amount=1.34)["claimed_reward"]
    assert claimed["source"]["points_cost"] == 5


def test_in_whole_yen(new_world: NewWorld) -> None:
    document = rewards_program(
        cart_variable_discount_voucher={
            "points_per_unit": 1,
            "minimum_discount": 100,
            "maximum_discount": 500,
        },
        gift_card={"initial_balance": 10},
    )
    shop = Shop(new_world(only_site(document, currency="jpy")))
    ann = joins(shop, "ann")
    answer = ann.asks(KIND, discount_amount=100.5)
    assert answer.json["error"]["details"] == {
        "discount_amount": "Too fine: jpy has 0 decimal digits"
    }
    bounds = ann.asks(KIND, discount_amount=99).json["error"]
    assert (bounds["minimum"], bounds["maximum"]) == (100, 500)
    assert ann.redeems(KIND, discount_amount=500)["claimed_reward"]["source"]["points_cost"] == 500


def test_not_enough_points_for_this_much(new_world: NewWorld) -> None:
    dear = {"points_per_unit": 6_000}
    shop = Shop(new_world(rewards_program(cart_variable_discount_voucher=dear)))
    ann = joins(shop, "ann")
    assert ann.can_redeem(KIND) == {"state": "redeemable"}
    answer = ann.asks(KIND, discount_amount=2)
    assert (answer.status, answer.code) == (422, "insufficient_points")
    ann.redeems(KIND, discount_amount=1.5)
    assert ann.can_redeem(KIND) == {
        "state": "insufficient_points",
        "additional_points_required": 5_000,
    }
    assert ann.document["available_rewards"][number_of(KIND) - 1]["id"] == number_of(KIND)
