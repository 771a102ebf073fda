"""One decision: a GET says `redeemable` exactly when the POST that follows succeeds.

Planted bugs these have caught: stock left out of the GET; the cart left out of it; the least
discount priced as a whole unit.
"""

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from leal.domain.refusals import Refusal
from leal.domain.rewards.carts import ProductCartReward
from leal.domain.rewards.redeemability import (
    CartRequirementsNotMet,
    Redeemability,
    Redeemable,
    Unknown,
    is_offered,
    redeemability,
)
from leal.domain.rewards.redeeming import Redemption, claim_of, redeem
from tests.domain.rewards.offers import KINDS, Case, cases

_OPEN = (Redeemable, Unknown, CartRequirementsNotMet)
"""What a GET says of a reward that can be redeemed; only free products know the last two."""


def shown(case: Case) -> Redeemability | None:
    """What a GET says, None for a reward that it does not list."""
    variant = case.reward.variant_for(None)
    if not is_offered(case.reward, variant, case.scene):
        return None
    return redeemability(
        case.reward, variant, account=case.account, scene=case.scene, cart=case.cart
    )


def succeeds(case: Case, wanted: Redemption) -> bool:
    """Whether a POST does; the claim is paid for with exactly the points it costs."""
    try:
        change = redeem(case.account, case.scene, wanted)
    except Refusal:
        return False
    spent = case.account.customer.points_approved - change.customer.points_approved
    assert spent == claim_of(change).points_cost
    assert change.customer.points_approved >= 0
    return True


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_redeemable_is_what_can_be_redeemed(kind: str, data: st.DataObject) -> None:
    case = data.draw(cases(kind))
    says = shown(case)
    event(type(says).__name__)
    possible = any(succeeds(case, wanted) for wanted in case.choices)
    assert isinstance(says, _OPEN) is possible, says
    if kind != "product_cart":
        assert not isinstance(says, Unknown | CartRequirementsNotMet)


@settings(max_examples=400)
@given(cases("product_cart"))
def test_what_only_the_cart_decides_can_be_redeemed(case: Case) -> None:
    """Nobody knows the cart without one, and what it holds is looked at later than the POST."""
    says = shown(case)
    event(type(says).__name__)
    if isinstance(says, Unknown):
        assert case.cart is None
    possible = any(succeeds(case, wanted) for wanted in case.choices)
    assert isinstance(says, _OPEN) is possible, says
    assert isinstance(says, CartRequirementsNotMet) is (possible and lacks(case))


def lacks(case: Case) -> bool:
    """Whether the cart that was sent holds less than the reward asks for."""
    assert isinstance(case.reward, ProductCartReward)
    asked, cart = case.reward.cart_requirements, case.cart
    if cart is None:
        return False
    short = cart.paid_total_minor < 100 * (asked.minimum_cart_total or 0)
    return short or cart.paid_quantity < (asked.minimum_line_item_count or 0)
