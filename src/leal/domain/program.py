"""The program: everything a merchant configures, as one typed and versioned document.

People write it as YAML, leal stores it as JSON; keys are the names of the fields. Use
`leal.domain.checks.read_program` to read one: it also checks what spans several fields.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated

from leal.domain.constraints import Between, Length, Matching
from leal.domain.fields import Days, Line
from leal.domain.modifiers import Modifier
from leal.domain.offers import Interval, Limit
from leal.domain.referral_settings import Referrals
from leal.domain.rewards import Reward
from leal.domain.rules import Rule
from leal.domain.sites import Channel, Site
from leal.domain.tier_settings import Benefit, BoundaryMode, MonthDay, Tier, TierKind, Tiers

__all__ = [
    "FORMAT",
    "Benefit",
    "BirthdayClock",
    "Birthdays",
    "BoundaryMode",
    "Channel",
    "Codes",
    "Enrolment",
    "EnrolmentMode",
    "Expiry",
    "ExpiryMode",
    "Interval",
    "Limit",
    "MonthDay",
    "PointsSettings",
    "Program",
    "Referrals",
    "Reward",
    "Rounding",
    "Rule",
    "Site",
    "Tier",
    "TierKind",
    "TierPointsCount",
    "Tiers",
]

FORMAT = 1
"""The format of the document; it changes only when old documents can no longer be read."""


class EnrolmentMode(StrEnum):
    """Whether a shop account makes a member, or a separate wish to join."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class Rounding(StrEnum):
    """What happens to a fraction of a point, after amount times rate."""

    FLOOR = "floor"
    ROUND = "round"
    CEIL = "ceil"


class TierPointsCount(StrEnum):
    """Which earned points raise a customer in a ladder of points: total includes pending ones."""

    APPROVED = "approved"
    TOTAL = "total"


class ExpiryMode(StrEnum):
    """What makes points expire.

    Months without a purchase or without any change end the whole balance; by date earned each
    award ends by itself; by calendar, awards end on one day of the year.
    """

    LAST_PURCHASE = "last_purchase"
    LAST_CHANGE = "last_change"
    DATE_EARNED = "date_earned"
    CALENDAR = "calendar"


class BirthdayClock(StrEnum):
    """Whose midnight begins a birthday: the primary site's, or that of UTC."""

    SITE = "site"
    UTC = "utc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """How shoppers become members."""

    mode: EnrolmentMode = EnrolmentMode.AUTOMATIC


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsSettings:
    """How points are reckoned.

    `historic_purchases_days`: orders a guest placed so many days before joining are credited on
    joining; None for none. `partial_refund_reimburses_rewards`: give back part of a used reward's
    points when part of the order is refunded. `modifiers`: goods that earn more or less.
    """

    rounding: Rounding = Rounding.FLOOR
    tier_points_count: TierPointsCount = TierPointsCount.APPROVED
    historic_purchases_days: Days | None = None
    partial_refund_reimburses_rewards: bool = False
    modifiers: Annotated[tuple[Modifier, ...], Length(0, 100, "entries")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """When points expire. Nothing expires before a full period after `enabled_on`.

    `months`: the period; needed in every mode but calendar. `yearly_on`: in the calendar mode, the
    last day of every year on which older points are good, put off by `grace_months`.
    `notice_days`: how long before the customer is warned.
    """

    mode: ExpiryMode
    enabled_on: date
    months: Annotated[int, Between(1, 120)] | None = None
    yearly_on: MonthDay | None = None
    grace_months: Annotated[int, Between(0, 24)] = 0
    notice_days: Annotated[int, Between(0, 365)] = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Birthdays:
    """What is kept of a birthday, and when it begins; without the year only day and month stay."""

    store_year: bool = True
    run_at: BirthdayClock = BirthdayClock.UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """The look of generated voucher codes: `prefix`, then `length` characters of `alphabet`."""

    prefix: Annotated[
        str,
        Matching(r"[A-Za-z0-9_-]{0,12}", "up to 12 letters, digits, - and _"),
    ] = "LL-"
    alphabet: Annotated[
        str,
        Matching(r"[A-Za-z0-9]{10,62}", "10 to 62 different letters and digits"),
    ] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    length: Annotated[int, Between(7, 32)] = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A loyalty program. Ids of sites, rules, rewards and tiers stay the same across versions.

    None for `expiry`, `tiers` or `referrals` means the feature is off.
    """

    leal: Annotated[int, Between(FORMAT, FORMAT)] = FORMAT
    name: Line
    sites: Annotated[tuple[Site, ...], Length(1, 1000, "entries")]
    enrolment: Enrolment = Enrolment()
    points: PointsSettings = PointsSettings()
    expiry: Expiry | None = None
    tiers: Tiers | None = None
    rules: Annotated[tuple[Rule, ...], Length(0, 1000, "entries")] = ()
    rewards: Annotated[tuple[Reward, ...], Length(0, 1000, "entries")] = ()
    referrals: Referrals | None = None
    birthdays: Birthdays = Birthdays()
    codes: Codes = Codes()
    _index: "_Index" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", _index(self))

    @property
    def primary_site(self) -> Site:
        """The site the program defaults to: the one marked so, or the only one."""
        return self._index.primary_site

    @property
    def default_tier(self) -> Tier | None:
        """The tier everyone starts in; None when tiers are off."""
        return self.tiers.default if self.tiers else None

    @property
    def referrals_enabled(self) -> bool:
        """Whether customers can send friends."""
        return self.referrals is not None and self.referrals.enabled

    def site(self, site_id: int) -> Site | None:
        """Find a site by its id."""
        return self._index.sites.get(site_id)

    def rule(self, rule_id: int) -> Rule | None:
        """Find a rule by its id."""
        return self._index.rules.get(rule_id)

    def reward(self, reward_id: int) -> Reward | None:
        """Find a reward by its id."""
        return self._index.rewards.get(reward_id)

    def tier(self, tier_id: int) -> Tier | None:
        """Find a tier by its id; None as well when tiers are off."""
        return self._index.tiers.get(tier_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    """What a program is looked up by, made once when it is read."""

    primary_site: Site
    sites: Mapping[int, Site]
    rules: Mapping[int, Rule]
    rewards: Mapping[int, Reward]
    tiers: Mapping[int, Tier]


def _index(program: Program) -> _Index:
    primary = next((site for site in program.sites if site.primary), program.sites[0])
    return _Index(
        primary_site=primary,
        sites={site.id: site for site in program.sites},
        rules={rule.id: rule for rule in program.rules},
        rewards={reward.id: reward for reward in program.rewards},
        tiers={tier.id: tier for tier in program.tiers.tiers} if program.tiers else {},
    )
