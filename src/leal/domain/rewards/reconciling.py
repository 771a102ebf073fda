"""Free products in carts: what a shopper's cart says about those they claimed.

When a session starts with a cart, every free product that waits in this cart is compared with it:
gone from the cart, its points come back; the cart no longer meets what the reward asks for, points
come back and the line has to leave; expired, the line has to leave (contract: Initialize Session).
"""

from dataclasses import replace

from leal.domain.carts import Cart, CartAction, RemovalReason
from leal.domain.change import Change
from leal.domain.claims import ClaimedReward, find_claim
from leal.domain.rewards.carts import ProductCartReward
from leal.domain.rewards.ending import refund_if_due, void
from leal.domain.rewards.redeemability import cart_shortfall, falls_short
from leal.domain.rewards.terms import RewardKind
from leal.domain.scene import Scene


def reconcile(change: Change, scene: Scene, cart: Cart) -> Change:
    """Settles the free products of a cart; an empty cart has none, so all are given back.

    `account.held` must hold those that wait, and those that the cart's lines name.
    """
    actions: list[CartAction] = []
    for claim in change.account.held:
        if claim.kind != RewardKind.PRODUCT_CART or claim.redemption_id is None:
            continue
        line = cart.line_of(claim.redemption_id)
        if claim.waits_in_cart(scene.now):
            if cart.id not in (None, claim.cart_id):
                continue
            reason = None if line is None else _unmet(claim, scene, cart)
            if line is None or reason is not None:
                change = void(change, scene, claim)
        else:
            reason = RemovalReason.EXPIRED if _is_gone(change, scene, claim) else None
            change = refund_if_due(change, scene, claim)
        if line is not None and reason is not None:
            actions.append(CartAction(reason=reason, line=line))
    return replace(change, cart_actions=tuple(actions))


def redemptions_in(cart: Cart) -> tuple[str, ...]:
    """The redemptions that a cart's lines name."""
    return tuple(line.redemption_id for line in cart.lines if line.redemption_id)


def requirements_of(claim: ClaimedReward, scene: Scene) -> ProductCartReward | None:
    """The reward that a free product is of, if the program still has it."""
    reward = scene.program.reward(claim.reward_id)
    return reward if isinstance(reward, ProductCartReward) else None


def _unmet(claim: ClaimedReward, scene: Scene, cart: Cart) -> RemovalReason | None:
    reward = requirements_of(claim, scene)
    if reward is None:
        return None
    short = cart_shortfall(reward.cart_requirements, cart, scene.site.currency)
    return RemovalReason.REQUIREMENTS_NOT_MET if falls_short(short) else None


def _is_gone(change: Change, scene: Scene, claim: ClaimedReward) -> bool:
    """Whether the product of a line is not free any more: given back, or about to be."""
    found = find_claim(change.account.held, claim.id) or claim
    overdue = found.auto_refund_at is not None and found.auto_refund_at <= scene.now
    return found.is_over or (overdue and found.is_unused)
