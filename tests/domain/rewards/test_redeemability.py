"""One decision: a GET says `redeemable` exactly when the POST that follows succeeds.

Planted bugs these have caught: stock left out of the GET; the cart left out of it; the least
discount priced as a whole unit.
"""

from hypothesis import event, given, settings

from leal.domain.refusals import Refusal
from leal.domain.rewards.redeemability import (
    CartRequirementsNotMet,
    Redeemability,
    Redeemable,
    Unknown,
    is_offered,
    redeemability,
)
from leal.domain.rewards.redeeming import Redemption, claim_of, redeem
from leal.domain.rewards.terms import RewardKind
from tests.domain.rewards.offers import Case, cases


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


@settings(max_examples=400)
@given(cases())
def test_redeemable_is_what_can_be_redeemed(case: Case) -> None:
    """A cart's contents are looked at later, so where they alone decide it can be redeemed."""
    says = shown(case)
    event(f"{case.reward.KIND}: {type(says).__name__}")
    open_ways: tuple[type, ...] = (Redeemable,)
    if case.reward.KIND is RewardKind.PRODUCT_CART:
        open_ways = (Redeemable, Unknown, CartRequirementsNotMet)
    possible = any(succeeds(case, wanted) for wanted in case.choices)
    assert isinstance(says, open_ways) is possible, says


@given(cases())
def test_unknown_is_said_only_where_the_cart_would_tell(case: Case) -> None:
    says = shown(case)
    if isinstance(says, Unknown):
        assert case.cart is None
    if isinstance(says, Unknown | CartRequirementsNotMet):
        assert case.reward.KIND is RewardKind.PRODUCT_CART
