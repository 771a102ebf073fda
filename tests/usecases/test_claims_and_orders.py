"""Claims as orders use them: codes in any case, orders that share one, sites, currencies, updates.

Each test was seen to fail before what it promises was built.
"""

from dataclasses import replace
from decimal import Decimal

import pytest

from leal.domain.claims import ClaimState, UsageStatus
from leal.domain.orders import OrderReport, PaymentStatus, RefundStatus
from leal.domain.refusals import RewardAlreadyUsed
from tests.programs import put, second_site
from tests.usecases.test_rewards import PAID, Shop, shelf, shop

__all__ = ["shop"]


def naming(code: str | None, amount: int | None = None) -> OrderReport:
    told = (code or "", None if amount is None else Decimal(amount))
    return replace(PAID, discount_codes=(told,))


NAMING_NONE = replace(PAID, discount_codes=())


@pytest.mark.parametrize("fold", [str, str.upper, str.lower, str.swapcase])
def test_a_code_is_known_whatever_its_case(shop: Shop, fold: type[str]) -> None:
    document = shelf()
    put("codes.prefix", "Lion-")(document)
    shop.world.publish(document)
    shop.gives(500)
    claim = shop.claims(1)
    shop.tells(naming(fold(claim.code or "")))
    assert shop.shown(claim).usage_status is UsageStatus.USED


def test_the_order_that_came_second_has_used_it_when_the_first_lets_go(shop: Shop) -> None:
    shop.gives(500)
    claim = shop.claims(1)
    for name in ("1", "2"):
        shop.tells(naming(claim.code), name)
    shop.tells(NAMING_NONE)
    assert shop.shown(claim).usage_status is UsageStatus.USED
    with pytest.raises(RewardAlreadyUsed):
        shop.refunds(claim)
    shop.tells(NAMING_NONE, "2")
    assert shop.shown(claim).usage_status is UsageStatus.NOT_USED
    assert shop.is_sound()


def test_a_refund_of_the_first_order_leaves_it_to_the_second(shop: Shop) -> None:
    shop.gives(500)
    claim = shop.claims(1)
    for name in ("1", "2"):
        shop.tells(naming(claim.code), name)
    given_back = replace(naming(claim.code), refund_status=RefundStatus.REFUNDED)
    shop.tells(given_back)
    assert (shop.shown(claim).state, shop.ann.customer.points_approved) == (ClaimState.APPROVED, 0)
    shop.tells(given_back, "2")
    assert (shop.shown(claim).state, shop.ann.customer.points_approved) == (ClaimState.VOID, 500)
    assert shop.is_sound()


def test_what_an_order_takes_off_a_card_follows_its_latest_state(shop: Shop) -> None:
    shop.gives(300)
    card = shop.claims(2)
    for amount, left in ((2, 800), (8, 200), (8, 200), (1, 900)):
        shop.tells(naming(card.code, amount))
        assert shop.shown(card).balance_minor == left
    assert shop.is_sound()


def test_a_card_pays_only_in_its_own_currency(shop: Shop) -> None:
    document = shelf()
    put("sites.0.primary", value=True)(document)
    second_site({"currency": "jpy", "primary": False})(document)
    shop.world.publish(document)
    shop.gives(300)
    card = shop.claims(2)
    report = OrderReport(
        payment_status=PaymentStatus.PAID,
        total=Decimal(500),
        discount_codes=((card.code or "", Decimal(500)),),
    )
    shop.tells(report, site=2)
    assert shop.shown(card).balance_minor == 1000


def test_points_without_a_day_come_back_for_the_notice_period(shop: Shop) -> None:
    """They were earned before expiry was switched on, and its first date has passed since."""
    shop.gives(500)
    claim = shop.claims(1)
    document = shelf()
    expiry = {"mode": "date_earned", "months": 1, "enabled_on": "2025-06-10", "notice_days": 10}
    put("expiry", expiry)(document)
    shop.world.publish(document)
    shop.world.later(days=29, hours=12)
    shop.refunds(claim)
    assert shop.ann.customer.points_approved == 500
    shop.world.later(days=9)
    assert shop.ann.customer.points_approved == 500
    shop.world.later(days=2)
    assert shop.ann.customer.points_approved == 0
