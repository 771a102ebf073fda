"""Redeem a discount on a product: the code's whole life."""

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.offers import PICTURE, TEN_PERCENT
from tests.contract.headless.redeeming import at, joins, lives, rewards_program
from tests.contract.headless.worlds import Shop

KIND = "product_discount_voucher"


@pytest.mark.parametrize(
    ("written", "variant_id", "discount"),
    [
        ({}, "501", TEN_PERCENT),
        (
            {
                "product": {"id": "500", "image_url": PICTURE},
                "discount": {"percentage": 100},
            },
            None,
            {"percentage": 100, "formatted": "100%"},
        ),
    ],
)
def test_its_life(
    new_world: NewWorld, written: dict[str, object], variant_id: object, discount: object
) -> None:
    shop = Shop(new_world(rewards_program(product_discount_voucher=written)))
    terms = {
        "product": {"id": "500", "variant_id": variant_id, "image_url": PICTURE},
        "discount": discount,
        "expires_at": at(shop.world.now, days=30),
        "used_at": None,
    }
    lives(joins(shop, "ann"), KIND, terms)
