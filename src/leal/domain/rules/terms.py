"""The terms every rule has, and what a rule gives to the customers of a tier."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar, TypeAlias

from leal.domain.constraints import Between
from leal.domain.fields import Description, Id, Points, TierKey, Title
from leal.domain.offers import Offer
from leal.domain.texts import Text
from leal.domain.tier_settings import Tier, Tiers

PURCHASE_APPROVAL_DAYS = 14
"""How long points for a purchase stay pending unless the merchant says otherwise."""

ApprovalDays: TypeAlias = Annotated[int, Between(0, 365)]


class RuleKind(StrEnum):
    """The kinds of rules, by their names on the wire."""

    BIRTHDAY = "birthday"
    LOYALTY_PASS_INSTALL = "loyalty_pass_install"  # noqa: S105 -- a wallet pass, no password
    COLLECTION_PURCHASE = "collection_purchase"
    NEWSLETTER_SIGNUP = "newsletter_signup"
    PAGEVIEW = "pageview"
    PRODUCT_PURCHASE = "product_purchase"
    PURCHASE = "purchase"
    JOIN_PROGRAM = "join_program"
    REVIEW = "review"
    CUSTOM = "custom"
    FACEBOOK_LIKE = "facebook_like"
    TWITTER_FOLLOW = "twitter_follow"
    INSTAGRAM_FOLLOW = "instagram_follow"
    INSTAGRAM_MENTION = "instagram_mention"
    INSTAGRAM_POST_HASHTAG = "instagram_post_hashtag"
    TIKTOK_FOLLOW = "tiktok_follow"
    TIKTOK_POST_HASHTAG = "tiktok_post_hashtag"
    REFERRAL = "referral"
    CLICKTHROUGH = "clickthrough"
    RETAIL_PURCHASE = "retail_purchase"


class Approval(StrEnum):
    """Who approves what the rule gave: time alone (`approval_days`), or a person or program."""

    IMMEDIATE = "immediate"
    TRIGGER = "trigger"


@dataclass(frozen=True, slots=True)
class PointsResult:
    """Points for a completion, or for each main unit of currency spent."""

    points: int
    per_currency_unit: bool = False


@dataclass(frozen=True, slots=True)
class RewardResult:
    """A reward, given at once and free of points."""

    reward_id: int


RuleResult: TypeAlias = PointsResult | RewardResult


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVariant:
    """What the rule is for the customers of one tier; `tier_id` is None when tiers are off."""

    tier_id: int | None
    enabled: bool
    title: Text
    description: Text | None
    result: RuleResult


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOverride:
    """What differs for one tier; whatever is left out stays as the rule says."""

    enabled: bool = True
    points: Points | None = None
    reward: Id | None = None
    title: Title | None = None
    description: Description | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTerms(Offer):
    """A rule: what a customer does, and what it earns.

    Exactly one of `points` and `reward` (the id of a reward) is set; the checks of the document
    see to it. `tiers` overrides by tier key. `approval_days`: days until pending points become
    spendable, 0 for at once. `opens_on` and `closes_on` are the first and the last day on which it
    can be completed, in the zone of its site; None for no bound.
    """

    TAG: ClassVar[str] = "kind"
    KIND: ClassVar[RuleKind]

    points: Points | None = None
    reward: Id | None = None
    tiers: Mapping[TierKey, RuleOverride] = field(default_factory=dict, hash=False)
    approval_days: ApprovalDays = 0
    approval: Approval = Approval.IMMEDIATE
    opens_on: date | None = None
    closes_on: date | None = None

    def is_open(self, day: date) -> bool:
        """Tell whether the rule can be completed on a day."""
        opened = self.opens_on is None or self.opens_on <= day
        return opened and (self.closes_on is None or day <= self.closes_on)

    def variant_for(self, tier: Tier | None) -> RuleVariant:
        """Say what the rule is in this tier; None when the program has no tiers.

        A tier can switch off a rule that is on, never switch on one that is off: so turning a
        rule off and on again restores what was there.
        """
        override = self.tiers.get(tier.key, _UNCHANGED) if tier else _UNCHANGED
        return RuleVariant(
            tier_id=tier.id if tier else None,
            enabled=self.enabled and override.enabled,
            title=override.title or self.title,
            description=override.description or self.description,
            result=self._result(override),
        )

    def variants(self, tiers: Tiers | None) -> tuple[RuleVariant, ...]:
        """List the variants: one a tier in their order, or a single one without tiers."""
        if tiers is None:
            return (self.variant_for(None),)
        return tuple(self.variant_for(tier) for tier in tiers.tiers)

    def _result(self, override: RuleOverride) -> RuleResult:
        points, reward = override.points, override.reward
        if points is None and reward is None:
            points, reward = self.points, self.reward
        if reward is not None:
            return RewardResult(reward)
        return PointsResult(points or 0, per_currency_unit=self.KIND is RuleKind.PURCHASE)


_UNCHANGED = RuleOverride()
