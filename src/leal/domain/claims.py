"""Claimed rewards: what a customer holds after redeeming points or being granted a reward.

The terms are frozen when the reward is claimed: whatever becomes of the reward in the program,
the customer keeps what they were promised.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

Lots = tuple[tuple[datetime | None, int], ...]
"""Points by the day they expire, None for never."""


class ClaimState(StrEnum):
    """Where a claim stands; a refunded one is void."""

    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"
    VOID = "void"
    EXPIRED = "expired"


class Fulfilment(StrEnum):
    """Who brings the customer what no code can: someone by hand, or the merchant's server."""

    MANUAL = "manual"
    WEBHOOK = "webhook"


class ClaimSource(StrEnum):
    """How a claim came about."""

    POINTS = "points_redemption"
    RULE = "rule_completion"
    TIER = "tier_entry"


class UsageStatus(StrEnum):
    """Whether what was claimed has been used at the store."""

    NOT_USED = "not_used"
    PARTIALLY_USED = "partially_used"
    USED = "used"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedProduct:
    """The product, and where one was chosen its variant, that a claim is for."""

    id: str
    handle: str | None = None
    title: str | None = None
    url: str | None = None
    image_url: str | None = None
    variant_id: str | None = None
    variant_title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedCollection:
    """The collection that a claim's discount is limited to."""

    id: str
    title: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was promised, in minor units of `currency`.

    A field that does not belong to the claim's kind is None.
    """

    currency: str
    discount_minor: int | None = None
    discount_percentage: int | None = None
    minimum_spend_minor: int | None = None
    applies_to_order_type: str = "all"
    recurring_cycle_limit: int | None = None
    supports_active_subscriptions: bool = False
    max_shipping_minor: int | None = None
    minimum_spend_after_minor: int | None = None
    initial_balance_minor: int | None = None
    product: ClaimedProduct | None = None
    collection: ClaimedCollection | None = None
    quantity: int = 1
    fulfilment_explanation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimUse:
    """One use of what was claimed: on an order, or noted at a till under a `reference`.

    `key` tells uses of a claim apart. `amount_minor` is what was taken off a gift card. An
    `ignored` one is that of an order which named a voucher when it was used up already; it counts
    when the other is undone, and then takes `amount_minor` at most.
    """

    key: str
    reference: str
    order_id: int | None = None
    amount_minor: int = 0
    used_at: datetime
    ignored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimSession:
    """The shopping session of the shop that a claim was made in, as the shop names it."""

    kind: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionDetails:
    """The delivery that a claimed product is added to, by the subscription service's numbers."""

    address_id: int
    onetime_id: int
    next_subscription_scheduled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedReward:
    """One claim.

    `points_cost` is 0 unless it was bought with points, and `paid_lots` are the lots those came
    from; `points_refunded` of them went back. `source_id` is the rule or tier that granted it.

    `redemption_id` marks the line of the cart `cart_id` that holds a claimed free product.
    `balance_minor` is what is left on a gift card. `fulfilment` says who has to bring it, None when
    nobody has to. `usage_order` is the shop's id of the order that will use it up. While
    `settle_by` is set, the voucher `store` has not said yet that it did what was asked of it.

    `uses` are loaded only for claims that a decision is about. `from_pool` asks storage to hand out
    the next code of the reward's pool. `from_shelf`: an item that is counted was given away.
    """

    id: int
    reward_id: int
    kind: str
    title: str
    state: ClaimState
    source: ClaimSource
    source_id: int | None = None
    site_id: int | None = None
    points_cost: int = 0
    points_refunded: int = 0
    paid_lots: Lots = ()
    code: str | None = None
    from_pool: bool = False
    terms: Terms
    claimed_at: datetime
    auto_refund_at: datetime | None = None
    expires_at: datetime | None = None
    used_at: datetime | None = None
    usage_status: UsageStatus = UsageStatus.NOT_USED
    uses: tuple[ClaimUse, ...] = ()
    balance_minor: int | None = None
    cart_id: str | None = None
    redemption_id: str | None = None
    fulfilment: Fulfilment | None = None
    fulfilled_at: datetime | None = None
    usage_order: str | None = None
    session: ClaimSession | None = None
    subscription: SubscriptionDetails | None = None
    store: str | None = None
    settle_by: datetime | None = None
    from_shelf: bool = False

    @property
    def is_over(self) -> bool:
        """Whether it gives the customer nothing any more, however it ended."""
        return self.state in (ClaimState.VOID, ClaimState.DECLINED, ClaimState.EXPIRED)

    @property
    def is_unused(self) -> bool:
        """Whether nothing of it was used."""
        return self.usage_status is UsageStatus.NOT_USED

    def waits_in_cart(self, now: datetime) -> bool:
        """Whether it is a free product in a cart that was not bought yet and may still be."""
        return (
            self.redemption_id is not None
            and self.state is ClaimState.APPROVED
            and self.is_unused
            and (self.auto_refund_at is None or self.auto_refund_at > now)
        )


def find_claim(claims: Iterable[ClaimedReward], claim_id: int) -> ClaimedReward | None:
    """The claim with this id among some."""
    return next((claim for claim in claims if claim.id == claim_id), None)
