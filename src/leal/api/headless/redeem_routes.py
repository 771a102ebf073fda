"""Redeeming points for rewards of every kind, and taking a free product back.

The rows of the route table: each kind of reward has a path, and an answer, of its own.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from leal.api.headless.prefix import PREFIX
from leal.api.headless.redeem_requests import in_minor_units, redeem_body, refund_body
from leal.api.headless.replies import customer_of, reply, showing
from leal.api.headless.requests import Call
from leal.api.headless.views.claims import claimed_reward
from leal.api.headless.views.redemptions import active_cart_redemption
from leal.api.headless.views.showing import Showing
from leal.api.headless.views.values import Json
from leal.api.http import Reply
from leal.api.operations import Operation
from leal.domain.claims import ClaimedReward
from leal.domain.rewards.terms import RewardKind
from leal.storage.claims import Owned
from leal.usecases import rewards
from leal.usecases.access import CallerKind, Scope
from leal.usecases.desk import Desk, Outcome, scene_now

Serve = Callable[[Call], Awaitable[Reply]]


def rows(desk: Desk) -> Sequence[tuple[Operation, Serve]]:
    """Every operation of this file with what serves it."""
    redeem = tuple((_redeeming(each), _Redeem(desk, each).serve) for each in _KINDS)
    return (*redeem, (REFUND_PRODUCT_CART, _Refund(desk).serve))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Redeemed:
    """A kind of reward: its operation's name and summary, and what its answer begins with."""

    kind: RewardKind
    name: str
    summary: str
    opening: Callable[[ClaimedReward, Showing], Json]
    sessions: bool = True


def _redeeming(kind: _Redeemed) -> Operation:
    return Operation(
        name=f"rewards.redeem{kind.name}",
        method="POST",
        path=f"{PREFIX}/{{site_id}}/rewards/{kind.kind}/redeem",
        summary=kind.summary,
        scope=Scope.WRITE_CUSTOMERS,
        sessions=kind.sessions,
    )


def _voucher(claim: ClaimedReward, _showing: Showing) -> Json:
    return {"voucher_code": claim.code}


def _gift_card(claim: ClaimedReward, _showing: Showing) -> Json:
    """The whole code, this once."""
    return {"gift_card_code": claim.code}


def _explanation(claim: ClaimedReward, _showing: Showing) -> Json:
    return {"fulfillment_explanation": claim.terms.fulfilment_explanation}


def _cart_redemption(claim: ClaimedReward, shown: Showing) -> Json:
    return {"active_cart_redemption": active_cart_redemption(claim, shown)}


def _nothing(_claim: ClaimedReward, _showing: Showing) -> Json:
    return {}


_KINDS = (
    _Redeemed(
        kind=RewardKind.CART_DISCOUNT_VOUCHER,
        name="CartDiscountVoucher",
        summary="Buys a discount on the cart with points",
        opening=_voucher,
    ),
    _Redeemed(
        kind=RewardKind.FREE_SHIPPING_VOUCHER,
        name="FreeShippingVoucher",
        summary="Buys free shipping with points",
        opening=_voucher,
    ),
    _Redeemed(
        kind=RewardKind.COLLECTION_DISCOUNT_VOUCHER,
        name="CollectionDiscountVoucher",
        summary="Buys a discount on a collection with points",
        opening=_voucher,
    ),
    _Redeemed(
        kind=RewardKind.PRODUCT_DISCOUNT_VOUCHER,
        name="ProductDiscountVoucher",
        summary="Buys a discount on a product with points",
        opening=_voucher,
    ),
    _Redeemed(
        kind=RewardKind.CART_VARIABLE_DISCOUNT_VOUCHER,
        name="CartVariableDiscountVoucher",
        summary="Buys a discount of any size with points; leal's addition to the published API",
        opening=_voucher,
    ),
    _Redeemed(
        kind=RewardKind.GIFT_CARD,
        name="GiftCard",
        summary="Buys a gift card with points; the whole code is told only here",
        opening=_gift_card,
    ),
    _Redeemed(
        kind=RewardKind.ACTIVE_SUBSCRIPTION_DISCOUNT_VOUCHER,
        name="ActiveSubscriptionDiscountVoucher",
        summary="Buys a discount on a running subscription with points",
        opening=_voucher,
    ),
    _Redeemed(
        kind=RewardKind.ACTIVE_SUBSCRIPTION_PRODUCT,
        name="ActiveSubscriptionProduct",
        summary="Buys a product for the next delivery of a subscription with points",
        opening=_nothing,
    ),
    _Redeemed(
        kind=RewardKind.CUSTOM,
        name="Custom",
        summary="Buys a reward that the merchant fulfils with points",
        opening=_explanation,
        sessions=False,
    ),
    _Redeemed(
        kind=RewardKind.PRODUCT_CART,
        name="ProductCart",
        summary="Buys a free product for a cart with points",
        opening=_cart_redemption,
    ),
)
REFUND_PRODUCT_CART = Operation(
    name="rewards.refundProductCart",
    method="POST",
    path=f"{PREFIX}/{{site_id}}/rewards/{RewardKind.PRODUCT_CART}/refund",
    summary="Gives an unused free product back for its points",
    scope=Scope.WRITE_CUSTOMERS,
    sessions=True,
)


@dataclass(frozen=True, slots=True)
class _Redeem:
    """Serves the redemptions of one kind."""

    desk: Desk
    kind: _Redeemed

    async def serve(self, call: Call) -> Reply:
        asked = await redeem_body(call, self.kind.kind)
        wanted = asked.wanted
        if asked.discount is not None:
            scene = await scene_now(self.desk, call.ask)
            wanted = in_minor_units(asked, scene.site)
        outcome, claim = await rewards.claim(
            self.desk, call.ask, asked.merchant_id, wanted=wanted, address_id=asked.address_id
        )
        opening = self.kind.opening(claim, showing(self.desk, outcome))
        return _answer(self.desk, outcome, claim, opening=opening)


@dataclass(frozen=True, slots=True)
class _Refund:
    """Serves the refunds of free products."""

    desk: Desk

    async def serve(self, call: Call) -> Reply:
        owned = await self._owner(call, await refund_body(call))
        outcome, claim = await rewards.refund(
            self.desk, call.ask, owned, kind=RewardKind.PRODUCT_CART
        )
        return _answer(self.desk, outcome, claim, opening={})

    async def _owner(self, call: Call, claim_id: int) -> Owned:
        """Whose the claim is; a session token reaches only its own customer's."""
        if call.caller.kind is CallerKind.SESSION:
            own = call.caller.merchant_id or ""
            return await rewards.find_own(self.desk, call.ask, claim_id, own=own)
        return await rewards.find_owner(self.desk, call.ask.program_id, claim_id)


def _answer(desk: Desk, outcome: Outcome, claim: ClaimedReward, *, opening: Json) -> Reply:
    document = {
        **opening,
        "claimed_reward": claimed_reward(claim, showing(desk, outcome)),
        "customer": customer_of(desk, outcome),
    }
    return reply(document, status=201)
