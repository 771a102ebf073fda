"""Free products in carts: how a shop puts one there, and how the shopper's cart stands to it."""

from datetime import UTC, datetime

from leal.api.headless.views.showing import Showing
from leal.api.headless.views.values import Idiom, Json, instant, money
from leal.domain.carts import FREE_PRODUCT_KEY, Cart, CartAction, CartLine
from leal.domain.claims import ClaimedProduct, ClaimedReward
from leal.domain.customers import Account
from leal.domain.rewards.carts import CartRequirements
from leal.domain.rewards.goods import GLOBAL_VARIANT
from leal.domain.rewards.reconciling import requirements_of
from leal.domain.rewards.redeemability import (
    CartRequirementsNotMet,
    cart_shortfall,
    falls_short,
    items_left,
    stocked_product,
)

_GLOBAL_PRODUCT = "gid://shopify/Product/"
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)


def active_cart_redemptions(account: Account, showing: Showing) -> list[Json]:
    """The free products that wait in carts, in the order in which they were claimed."""
    waiting = [claim for claim in account.held if claim.waits_in_cart(showing.scene.now)]
    shown = (
        active_cart_redemption(claim, showing)
        for claim in sorted(waiting, key=lambda each: (each.claimed_at, each.id))
    )
    return [each for each in shown if each is not None]


def active_cart_redemption(claim: ClaimedReward, showing: Showing) -> Json | None:
    """A free product that waits in a cart; None when the claim is not, or no longer, one.

    `expires_at` is when the points come back by themselves; where a program never gives them back,
    the end of days, as the contract asks for a moment.
    """
    product, redemption_id = claim.terms.product, claim.redemption_id
    waits = claim.waits_in_cart(showing.scene.now)
    if product is None or redemption_id is None or not waits:
        return None
    return {
        "id": redemption_id,
        "claimed_reward_id": claim.id,
        "expires_at": instant(claim.auto_refund_at or claim.expires_at or _NEVER),
        "product": claimed_product(claim, product, showing),
        "quantity": claim.terms.quantity,
        "cart_id": claim.cart_id or "",
        "cart_line": _cart_line(claim, product, redemption_id),
        "current_cart_state": _cart_state(claim, showing),
    }


def claimed_product(claim: ClaimedReward, product: ClaimedProduct, showing: Showing) -> Json:
    """The product as it was promised, with how many of its variant are left today."""
    return {
        "id": product.id,
        "handle": product.handle,
        "title": product.title,
        "url": product.url,
        "image_url": product.image_url,
        "variant": {
            "id": product.variant_id or "",
            "title": product.variant_title,
            "inventory_count": _left(claim, showing),
        },
    }


def cart_requirements_detail(short: CartRequirementsNotMet, idiom: Idiom) -> Json:
    """What a reward asks of a cart, point by point."""
    total, quantity = short.missing_total_minor, short.missing_quantity
    return {
        "minimum_cart_total": _requirement(
            total,
            {"additional_amount_required": money(total or 0, idiom)},
        ),
        "minimum_line_item_quantity": _requirement(
            quantity, {"additional_quantity_required": quantity}
        ),
    }


def requested_cart_action(action: CartAction) -> Json:
    """What the shop is asked to do with a line whose product is not free any more."""
    line = action.line
    return {
        "kind": "remove_cart_line",
        "reason": action.reason,
        "cart_line_to_remove": {
            "kind": "shopify",
            "id": line.id,
            "merchandise_id": line.merchandise_id,
            "attributes": [{"key": key, "value": value} for key, value in line.attributes],
        },
        "cart_redemption": {"id": line.redemption_id},
    }


def _left(claim: ClaimedReward, showing: Showing) -> int | None:
    reward = showing.scene.program.reward(claim.reward_id)
    stocked = stocked_product(reward) if reward else None
    if reward is None or stocked is None or claim.terms.product is None:
        return None
    for variant in stocked.variants:
        if variant.id == claim.terms.product.variant_id:
            return items_left(variant, reward, showing.scene.shelf)
    return None


def _cart_line(claim: ClaimedReward, product: ClaimedProduct, redemption_id: str) -> Json:
    """The line as the shop has to add it: Shopify's carts know products by their long ids."""
    return {
        "kind": "shopify",
        "merchandise_id": _long(product.variant_id or "", GLOBAL_VARIANT),
        "product_id": _long(product.id, _GLOBAL_PRODUCT),
        "quantity": claim.terms.quantity,
        "attributes": [{"key": FREE_PRODUCT_KEY, "value": redemption_id}],
    }


def _long(outside_id: str, prefix: str) -> str:
    return prefix + outside_id if outside_id.isascii() and outside_id.isdigit() else outside_id


def _cart_state(claim: ClaimedReward, showing: Showing) -> Json | None:
    """How the cart that was sent stands to the redemption; None when it is another, or none was."""
    cart = showing.cart
    if cart is None or cart.id is None or cart.id != claim.cart_id:
        return None
    short = _shortfall(claim, cart, showing)
    line: CartLine | None = cart.line_of(claim.redemption_id)
    return {
        "in_cart": line is not None,
        "cart_requirements_met": not falls_short(short),
        "cart_requirements_detail": cart_requirements_detail(short, showing.idiom),
    }


def _shortfall(claim: ClaimedReward, cart: Cart, showing: Showing) -> CartRequirementsNotMet:
    reward = requirements_of(claim, showing.scene)
    asked = reward.cart_requirements if reward else CartRequirements()
    return cart_shortfall(asked, cart, showing.scene.site.currency)


def _requirement(missing: int | None, lacking: Json) -> Json:
    if missing is None:
        return {"state": "no_requirement"}
    if missing == 0:
        return {"state": "requirement_met"}
    return {"state": "requirement_not_met", **lacking}
