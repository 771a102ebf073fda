"""What rewards are made of: discounts, products, collections."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, TypeAlias

from leal.domain.constraints import Between
from leal.domain.fields import Line, OutsideId, PositiveAmount, Url

Cycles: TypeAlias = Annotated[int, Between(1, 1000)]
"""How many orders of a subscription a discount lasts; 1 is the first order only."""

GLOBAL_VARIANT = "gid://shopify/ProductVariant/"
"""What stands before a variant's number in Shopify's long form of its id."""


class DiscountKind(StrEnum):
    """Money off, or a share off."""

    FIXED = "fixed"
    PERCENTAGE = "percentage"


class OrderType(StrEnum):
    """The orders a voucher works on."""

    ALL = "all"
    ONE_TIME = "one_time"
    SUBSCRIPTION = "subscription"


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedDiscount:
    """Money off, in main units of the site's currency; written `{amount: 5}`."""

    KIND: ClassVar[DiscountKind] = DiscountKind.FIXED

    amount: PositiveAmount


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentageDiscount:
    """A share off, 1 to 100; written `{percentage: 10}`."""

    KIND: ClassVar[DiscountKind] = DiscountKind.PERCENTAGE

    percentage: Annotated[int, Between(1, 100)]


Discount: TypeAlias = FixedDiscount | PercentageDiscount


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductVariant:
    """A size or colour of a product.

    `inventory_count`: how many there are to give away when the reward is set up; None when nobody
    counts. What is left of them later is kept with the claims, not here.
    """

    id: OutsideId
    title: Line | None = None
    sort_key: Annotated[int, Between(0, 1_000_000)] = 0
    inventory_count: Annotated[int, Between(0, 1_000_000_000)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product of the merchant's shop; `variant_id` None means any of its variants."""

    id: OutsideId
    handle: Line | None = None
    title: Line | None = None
    url: Url | None = None
    image_url: Url | None = None
    variant_id: OutsideId | None = None
    variants: tuple[ProductVariant, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A collection of products of the merchant's shop."""

    id: OutsideId
    title: Line | None = None
    url: Url | None = None
