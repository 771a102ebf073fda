"""Referrals as the merchant sets them up, and what a referred friend gets."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, TypeAlias

from leal.domain.constraints import Between
from leal.domain.fields import Amount, Days, Description, PositiveAmount, Title, Url
from leal.domain.rewards.goods import Discount
from leal.domain.rewards.terms import CodeSource


class IncentiveKind(StrEnum):
    """What a friend can be given."""

    CART_DISCOUNT_VOUCHER = "cart_discount_voucher"
    FREE_SHIPPING_VOUCHER = "free_shipping_voucher"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountIncentive:
    """A voucher for a discount; `maximum_discount` caps a percentage."""

    TAG: ClassVar[str] = "kind"
    KIND: ClassVar[IncentiveKind] = IncentiveKind.CART_DISCOUNT_VOUCHER

    incentive_text: Title
    discount: Discount
    maximum_discount: PositiveAmount | None = None
    minimum_spend: Amount | None = None
    collection_restriction_text: Description | None = None
    codes: CodeSource = CodeSource.GENERATED
    expires_after_days: Days | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingIncentive:
    """A voucher for free shipping."""

    TAG: ClassVar[str] = "kind"
    KIND: ClassVar[IncentiveKind] = IncentiveKind.FREE_SHIPPING_VOUCHER

    incentive_text: Title
    minimum_spend: Amount | None = None
    codes: CodeSource = CodeSource.GENERATED
    expires_after_days: Days | None = None


Incentive: TypeAlias = DiscountIncentive | ShippingIncentive


@dataclass(frozen=True, slots=True, kw_only=True)
class Referrals:
    """Whether and how customers can send friends.

    `base_url`: where referral links live; None for leal's own address. `window_days`: how long
    after following a link a friend's first order still counts. `distinct_ips`: refuse a friend on
    the referrer's own address. `stop_at_cap`: give friends nothing more once the referrer has
    reached the limit of the referral rule.
    """

    enabled: bool = True
    base_url: Url | None = None
    incentive: Incentive | None = None
    window_days: Annotated[int, Between(1, 365)] = 30
    distinct_ips: bool = False
    stop_at_cap: bool = False
