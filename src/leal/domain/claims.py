"""Claimed rewards: what a customer holds after redeeming points or being granted a reward.

The terms are frozen when the reward is claimed: whatever becomes of the reward in the program,
the customer keeps what they were promised.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ClaimState(StrEnum):
    """Where a claim stands; a refunded one is void."""

    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"
    VOID = "void"
    EXPIRED = "expired"


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
    initial_balance_minor: int | None = None
    current_balance_minor: int | None = None
    product: ClaimedProduct | None = None
    collection: ClaimedCollection | None = None
    quantity: int = 1
    fulfilled_at: datetime | None = None
    fulfilment_explanation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedReward:
    """One claim.

    `points_cost` is 0 unless it was bought with points; `source_id` is the rule or tier that
    granted it.
    """

    id: int
    reward_id: int
    kind: str
    title: str
    state: ClaimState
    source: ClaimSource
    source_id: int | None = None
    points_cost: int = 0
    code: str | None = None
    terms: Terms
    claimed_at: datetime
    auto_refund_at: datetime | None = None
    expires_at: datetime | None = None
    used_at: datetime | None = None
    usage_status: UsageStatus = UsageStatus.NOT_USED
