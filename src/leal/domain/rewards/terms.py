"""The terms every reward has, and what a reward costs the customers of a tier."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, ClassVar, TypeAlias

from leal.domain.constraints import Between
from leal.domain.fields import Days, Description, Points, TierKey, Title
from leal.domain.offers import Offer
from leal.domain.sites import Channel, Country
from leal.domain.texts import Text
from leal.domain.tier_settings import Tier, Tiers

Minutes: TypeAlias = Annotated[int, Between(1, 525_600)]


class RewardKind(StrEnum):
    """The kinds of rewards, by their names on the wire."""

    GIFT_CARD = "gift_card"
    CART_DISCOUNT_VOUCHER = "cart_discount_voucher"
    CART_VARIABLE_DISCOUNT_VOUCHER = "cart_variable_discount_voucher"
    FREE_SHIPPING_VOUCHER = "free_shipping_voucher"
    PRODUCT_DISCOUNT_VOUCHER = "product_discount_voucher"
    COLLECTION_DISCOUNT_VOUCHER = "collection_discount_voucher"
    PRODUCT_CART = "product_cart"
    ACTIVE_SUBSCRIPTION_DISCOUNT_VOUCHER = "active_subscription_discount_voucher"
    ACTIVE_SUBSCRIPTION_PRODUCT = "active_subscription_product"
    CUSTOM = "custom"


class CodeSource(StrEnum):
    """Where a voucher's code comes from: made up when claimed, or a pool the merchant filled."""

    GENERATED = "generated"
    POOL = "pool"


@dataclass(frozen=True, slots=True)
class FixedCost:
    """So many points a claim; 0 for rewards that cannot be bought with points."""

    points: int


@dataclass(frozen=True, slots=True)
class VariableCost:
    """So many points for each main unit of discount the customer chooses."""

    points_per_unit: int


Cost: TypeAlias = FixedCost | VariableCost


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardVariant:
    """What the reward is for the customers of one tier; `tier_id` is None when tiers are off."""

    tier_id: int | None
    enabled: bool
    title: Text
    description: Text | None
    cost: Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardOverride:
    """What differs for one tier; whatever is left out stays as the reward says."""

    enabled: bool = True
    cost: Points | None = None
    points_per_unit: Points | None = None
    title: Title | None = None
    description: Description | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardTerms(Offer):
    """A reward: what a customer gets, and where it is on offer.

    `channels` and `countries` empty mean all. `trigger_only` rewards are never listed or bought:
    rules and tiers give them. `expires_after_days` counts from the claim. `auto_refund_minutes`:
    an unused claim is undone after so long and its points come back; None for never.
    """

    TAG: ClassVar[str] = "kind"
    KIND: ClassVar[RewardKind]

    channels: tuple[Channel, ...] = ()
    countries: tuple[Country, ...] = ()
    tiers: Mapping[TierKey, RewardOverride] = field(default_factory=dict, hash=False)
    trigger_only: bool = False
    expires_after_days: Days | None = None
    auto_refund_minutes: Minutes | None = None
    codes: CodeSource = CodeSource.GENERATED

    # no abstract class: telling kinds apart would go through its metaclass, in every decision
    def cost_with(self, override: RewardOverride) -> Cost:
        """Say what the reward costs where this override holds; each kind knows."""
        raise NotImplementedError

    def offered(self, site_id: int, channel: Channel, country: str | None) -> bool:
        """Tell whether shoppers may be shown it here; an unknown country hides nothing."""
        return (
            not self.trigger_only
            and self.on_site(site_id)
            and (not self.channels or channel in self.channels)
            and (not self.countries or country is None or country in self.countries)
        )

    def variant_for(self, tier: Tier | None) -> RewardVariant:
        """Say what the reward is in this tier; None when the program has no tiers.

        A tier can switch off a reward that is on, never switch on one that is off.
        """
        override = self.tiers.get(tier.key, _UNCHANGED) if tier else _UNCHANGED
        return RewardVariant(
            tier_id=tier.id if tier else None,
            enabled=self.enabled and override.enabled,
            title=override.title or self.title,
            description=override.description or self.description,
            cost=self.cost_with(override),
        )

    def variants(self, tiers: Tiers | None) -> tuple[RewardVariant, ...]:
        """List the variants: one a tier in their order, or a single one without tiers."""
        if tiers is None:
            return (self.variant_for(None),)
        return tuple(self.variant_for(tier) for tier in tiers.tiers)


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedReward(RewardTerms):
    """A reward at a fixed price; `cost` (points) may be left out when it is `trigger_only`."""

    cost: Points | None = None

    def cost_with(self, override: RewardOverride) -> FixedCost:
        """Give the price of the tier, else the general one."""
        return FixedCost(override.cost or self.cost or 0)


_UNCHANGED = RewardOverride()
