"""Redeem a discount on a running subscription: the code's whole life, and who has none."""

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.offers import FIVE
from tests.contract.headless.redeeming import joins, lives, rewards_program
from tests.contract.headless.subscriptions import Nobody
from tests.contract.headless.worlds import Shop, only_site

KIND = "active_subscription_discount_voucher"


def test_its_life(new_world: NewWorld) -> None:
    shop = Shop(new_world(rewards_program()))
    terms = {"discount_type": "fixed", "discount": FIVE, "recurring_cycle_limit": 3}
    lives(joins(shop, "ann"), KIND, terms)


def test_without_a_service_for_subscriptions(new_world: NewWorld) -> None:
    shop = Shop(new_world(only_site(rewards_program(), subscription_provider=None)))
    ann = joins(shop, "ann")
    assert ann.can_redeem(KIND) == {"state": "unknown"}
    answer = ann.asks(KIND)
    assert (answer.status, answer.code) == (422, "no_subscription_integration_configured")


@pytest.mark.parametrize("extra", [{}, {"shipping_address": {"kind": "recharge", "id": 7}}])
def test_what_another_kind_takes_is_ignored(new_world: NewWorld, extra: dict[str, object]) -> None:
    shop = Shop(new_world(rewards_program()))
    joins(shop, "ann").redeems(KIND, **extra)


def test_it_may_wait_for_a_subscription(new_world: NewWorld) -> None:
    """The contract knows no refusal for who has none, unlike for products."""
    shop = Shop(new_world(rewards_program()))
    Nobody.subscribes(shop)
    joins(shop, "ann").redeems(KIND)
