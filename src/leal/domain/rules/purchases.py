"""Rules completed by orders: buying anything, certain goods, in a shop, or as a referred friend."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from leal.domain.constraints import Length
from leal.domain.fields import Amount, OutsideId
from leal.domain.rules.terms import (
    PURCHASE_APPROVAL_DAYS,
    Approval,
    ApprovalDays,
    RuleKind,
    RuleTerms,
)


class ReferralTrigger(StrEnum):
    """Which first order of a friend counts."""

    ANY_PURCHASE = "any_purchase"
    QUALIFYING_PURCHASE = "qualifying_purchase"


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseRule(RuleTerms):
    """A paid order: `points` for each main unit of currency spent."""

    KIND: ClassVar[RuleKind] = RuleKind.PURCHASE

    approval_days: ApprovalDays = PURCHASE_APPROVAL_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductPurchaseRule(RuleTerms):
    """A paid order with one of these products in it; once an order."""

    KIND: ClassVar[RuleKind] = RuleKind.PRODUCT_PURCHASE

    products: Annotated[tuple[OutsideId, ...], Length(1, 1000, "entries")]
    approval_days: ApprovalDays = PURCHASE_APPROVAL_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionPurchaseRule(RuleTerms):
    """A paid order with something of one of these collections in it; once an order."""

    KIND: ClassVar[RuleKind] = RuleKind.COLLECTION_PURCHASE

    collections: Annotated[tuple[OutsideId, ...], Length(1, 1000, "entries")]
    approval_days: ApprovalDays = PURCHASE_APPROVAL_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class RetailPurchaseRule(RuleTerms):
    """A receipt from another retailer, pending until someone has looked at it."""

    KIND: ClassVar[RuleKind] = RuleKind.RETAIL_PURCHASE

    approval: Approval = Approval.TRIGGER


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralRule(RuleTerms):
    """The first order of a friend the customer sent; the customer earns.

    `minimum_spend`: what a qualifying order must come to after discounts.
    """

    KIND: ClassVar[RuleKind] = RuleKind.REFERRAL

    trigger: ReferralTrigger = ReferralTrigger.ANY_PURCHASE
    minimum_spend: Amount | None = None
    approval_days: ApprovalDays = PURCHASE_APPROVAL_DAYS
