"""Redeem free shipping: the code's whole life."""

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.redeeming import at, joins, lives, rewards_program
from tests.contract.headless.worlds import Shop

KIND = "free_shipping_voucher"
DEAR = {"amount": 9.9, "formatted": "$9.90"}


@pytest.mark.parametrize(("written", "shown"), [({}, None), ({"max_shipping": "9.90"}, DEAR)])
def test_its_life(new_world: NewWorld, written: dict[str, object], shown: object) -> None:
    shop = Shop(new_world(rewards_program(free_shipping_voucher=written)))
    terms = {
        "max_shipping": shown,
        "expires_at": at(shop.world.now, days=30),
        "used_at": None,
    }
    lives(joins(shop, "ann"), KIND, terms)
