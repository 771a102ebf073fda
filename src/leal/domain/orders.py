"""An order as the shop last described it, and what of it has been worked off already.

Amounts are minor units of the order's site. An update replaces the state as a whole; what it means
in points is worked out anew each time from this state alone (`purchases.py`), so deliveries may
come twice, in any order, or in parts.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from leal.domain.customers import CustomerState
from leal.domain.modifiers import Modifier

UNSAVED_ORDER = 0
"""The id and version of an order that exists in memory only."""


class PaymentStatus(StrEnum):
    """How much of an order is paid."""

    NOT_PAID = "not_paid"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"


class RefundStatus(StrEnum):
    """How much of an order is refunded."""

    NOT_REFUNDED = "not_refunded"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class CancellationStatus(StrEnum):
    """Whether an order is cancelled."""

    NOT_CANCELLED = "not_cancelled"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountCode:
    """A code used on an order, and how much it took off; None when the shop did not say."""

    code: str
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineItem:
    """Goods on an order: `price_minor` is what one of them cost after discounts.

    `redemption_id` marks the free product of a claimed reward.
    """

    product_id: str
    collection_ids: tuple[str, ...] = ()
    quantity: int = 1
    price_minor: int = 0
    redemption_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that came in for an order, or went back."""

    amount_minor: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTerms:
    """What one rule promised when the order was paid: the tier's rate of that moment.

    `per_unit` points are for each main unit of currency, else for the order. `approve_at` None
    means at once. `modifiers` are those in force then; `products` and `collections` are the goods
    a rule is about.
    """

    rule_id: int
    rule_kind: str
    title: str
    points: int
    per_unit: bool
    rounding: str
    approve_at: datetime | None
    expires_at: datetime | None
    modifiers: tuple[Modifier, ...] = ()
    products: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFired:
    """A rule that gave nothing for the order, and why."""

    rule_id: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What the order has brought towards tiers so far, and on which day it counts."""

    counted_on: date
    spend_minor: int = 0
    orders: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The latest state.

    `paid_at` is the first time it was seen paid in full, `paid_by` who its customer was then:
    a guest for want of one; `terms` were fixed and stay, however
    often payment is withdrawn and comes back. They are None while nothing was promised: it is not
    paid yet, or there is nobody to promise it to. `follow_up_due`: what it means for claimed
    rewards, and for who sent its customer, has still to be worked out.
    """

    id: int = UNSAVED_ORDER
    version: int = UNSAVED_ORDER
    site_id: int
    merchant_id: str
    number: str | None = None
    customer_email: str | None = None
    guest: bool = False
    total_minor: int
    shipping_minor: int = 0
    tax_minor: int = 0
    discounts_minor: int = 0
    gift_card_minor: int = 0
    paid_minor: int | None = None
    refunded_minor: int = 0
    payment_status: PaymentStatus = PaymentStatus.NOT_PAID
    refund_status: RefundStatus = RefundStatus.NOT_REFUNDED
    cancellation_status: CancellationStatus = CancellationStatus.NOT_CANCELLED
    discount_codes: tuple[DiscountCode, ...] = ()
    claimed_reward_ids: tuple[int, ...] = ()
    line_items: tuple[LineItem, ...] = ()
    payments: tuple[Payment, ...] = ()
    refunds: tuple[Payment, ...] = ()
    referral_id: str | None = None
    tracking_id: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    ordered_at: datetime
    paid_at: datetime | None = None
    paid_by: CustomerState | None = None
    program_version: int | None = None
    tier_id: int | None = None
    counts_tax: bool = True
    terms: tuple[OrderTerms, ...] | None = None
    not_fired: tuple[NotFired, ...] = ()
    counted: Counted | None = None
    follow_up_due: bool = False
    created_at: datetime
    updated_at: datetime

    @property
    def is_paid(self) -> bool:
        """Paid in full; instalments earn nothing before the last."""
        return self.payment_status is PaymentStatus.PAID

    @property
    def is_undone(self) -> bool:
        """Cancelled or fully refunded: nothing of it counts any more."""
        return (
            self.cancellation_status is CancellationStatus.CANCELLED
            or self.refund_status is RefundStatus.REFUNDED
        )

    @property
    def concerns_others(self) -> bool:
        """Whether it may concern others: by a code, a claimed reward, or who sent its customer."""
        return bool(
            self.discount_codes
            or self.referral_id
            or self.claimed_reward_ids
            or any(item.redemption_id for item in self.line_items)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderItem:
    """Goods as a shop describes them, in main units of its currency."""

    product_id: str
    collection_ids: tuple[str, ...] = ()
    quantity: int = 1
    price: Decimal = Decimal(0)
    redemption_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReport:
    """What a shop says of an order, in main units of its currency; None where it says nothing.

    A new order says its total; an update leaves it out and keeps the one known.
    """

    payment_status: PaymentStatus | None = None
    refund_status: RefundStatus | None = None
    cancellation_status: CancellationStatus | None = None
    total: Decimal | None = None
    total_shipping: Decimal | None = None
    total_tax: Decimal | None = None
    total_discounts: Decimal | None = None
    gift_card: Decimal | None = None
    total_paid: Decimal | None = None
    total_refunded: Decimal | None = None
    payment: Decimal | None = None
    refund: Decimal | None = None
    number: str | None = None
    discount_codes: tuple[tuple[str, Decimal | None], ...] | None = None
    claimed_reward_ids: tuple[int, ...] | None = None
    line_items: tuple[OrderItem, ...] | None = None
    ordered_at: datetime | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    referral_id: str | None = None
    tracking_id: str | None = None
