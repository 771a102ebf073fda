"""Redeem a discount on a collection: the code's whole life."""

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.offers import FIVE, TEN_PERCENT
from tests.contract.headless.redeeming import at, joins, lives, rewards_program
from tests.contract.headless.worlds import Shop

KIND = "collection_discount_voucher"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ({}, {"discount_type": "percentage", "discount": TEN_PERCENT, "minimum_spend": None}),
        (
            {"discount": {"amount": 5}, "minimum_spend": 5},
            {"discount_type": "fixed", "discount": FIVE, "minimum_spend": FIVE},
        ),
    ],
)
def test_its_life(
    new_world: NewWorld, written: dict[str, object], shown: dict[str, object]
) -> None:
    shop = Shop(new_world(rewards_program(collection_discount_voucher=written)))
    terms = {
        "collection": {"id": "77", "title": "Mugs", "url": None},
        "expires_at": at(shop.world.now, days=30),
        "used_at": None,
        **shown,
    }
    lives(joins(shop, "ann"), KIND, terms)
