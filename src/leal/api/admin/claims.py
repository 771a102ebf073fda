"""Claimed rewards as the Admin API shows them, each with the reward it is of."""

from leal.api.admin.reward_views import number, reward_of_claim, title_of
from leal.api.admin.values import Json, Showing, instant, optional_instant
from leal.domain.claims import ClaimedReward, ClaimState, UsageStatus
from leal.domain.dates import local_day
from leal.domain.money import from_minor
from leal.domain.rewards.terms import RewardKind

__all__ = ("claimed_reward", "just_claimed", "state_of_claim", "title_of")

GIFT_CARD_CHARACTERS = 4
"""How much of a gift card's code is shown once it was handed over."""


def claimed_reward(claim: ClaimedReward, showing: Showing) -> Json:
    """One claim with its reward, and with what the customer got of it."""
    refunds = optional_instant(claim.auto_refund_at)
    session = claim.session
    return {
        "id": claim.id,
        "claimed_at": instant(claim.claimed_at),
        "point_cost": claim.points_cost,
        "redeemable": _redeemable(claim, showing),
        "reward": reward_of_claim(claim, showing),
        "state": state_of_claim(claim),
        "session": session and {"kind": session.kind, "token": session.token},
        "auto_refund_at": refunds,
        "expires_at": refunds,
    }


def just_claimed(claim: ClaimedReward, showing: Showing) -> Json:
    """A claim as it is answered to who made it: the one time a gift card's whole code is shown."""
    shown = claimed_reward(claim, showing)
    if claim.kind == RewardKind.GIFT_CARD:
        shown["redeemable"] = {**_redeemable(claim, showing), "code": claim.code}
    return shown


def state_of_claim(claim: ClaimedReward) -> str:
    """One of the contract's two states: void when it gives the customer nothing any more."""
    return "void" if claim.state in (ClaimState.VOID, ClaimState.DECLINED) else "approved"


def _redeemable(claim: ClaimedReward, showing: Showing) -> Json:
    terms, zone = claim.terms, showing.program.primary_site.zone
    expires_on = claim.expires_at and local_day(claim.expires_at, zone).isoformat()
    match RewardKind(claim.kind):
        case RewardKind.GIFT_CARD:
            return {
                "redeemable_type": "gift_card",
                "last_characters": claim.code and claim.code[-GIFT_CARD_CHARACTERS:],
                "initial_value": _units(terms.initial_balance_minor, terms.currency),
                "balance": _units(claim.balance_minor, terms.currency),
                "currency": terms.currency,
                "expires_on": expires_on,
            }
        case RewardKind.PRODUCT_CART | RewardKind.ACTIVE_SUBSCRIPTION_PRODUCT:
            product = terms.product
            return {
                "redeemable_type": "product",
                "product": product and {"id": product.id, "variant_id": product.variant_id},
                "used_at": optional_instant(claim.used_at),
                "shopify_cart_line_item_context": claim.redemption_id or "",
                "expires_on": expires_on,
            }
        case RewardKind.CUSTOM if claim.fulfilment is not None:
            return {
                "redeemable_type": "fulfilment",
                "fulfilled": claim.fulfilled_at is not None,
                "fulfilled_at": optional_instant(claim.fulfilled_at),
                "expires_on": None,
            }
        case _:
            return {
                "redeemable_type": "voucher",
                "code": claim.code,
                "discount_amount": _units(terms.discount_minor, terms.currency),
                "usage_count": 0 if claim.usage_status is UsageStatus.NOT_USED else 1,
                "usage_limit": 1,
                "expires_on": expires_on,
            }


def _units(minor: int | None, currency: str) -> int | float | None:
    return None if minor is None else number(from_minor(minor, currency))
