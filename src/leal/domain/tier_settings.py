"""Tiers as the merchant sets them up: bounds, benefits and how long a membership lasts.

How customers move between tiers is decided elsewhere; here is only what was configured.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, TypeAlias

from leal.domain.constraints import Between, Length
from leal.domain.fields import Amount, Description, Id, TierKey, Title


class BoundaryMode(StrEnum):
    """What is counted to place a customer in a tier."""

    POINTS = "points"
    SPEND = "spend"
    ORDERS = "orders"


class TierKind(StrEnum):
    """Entered by reaching a bound, or by a condition that something outside keeps."""

    BOUNDARY = "boundary"
    CONDITIONAL = "conditional"


class MembershipMode(StrEnum):
    """How the time of a tier membership is reckoned."""

    ROLLING = "rolling"
    LIFETIME = "lifetime"
    CALENDAR = "calendar"
    ENROLLMENT_ANNIVERSARY = "enrollment_anniversary"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthDay:
    """A day of every year; 29 February falls on the 28th in common years."""

    month: Annotated[int, Between(1, 12)]
    day: Annotated[int, Between(1, 31)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingMembership:
    """A membership lasts so many months from entry; as many months back are counted."""

    TAG: ClassVar[str] = "mode"
    KIND: ClassVar[MembershipMode] = MembershipMode.ROLLING

    duration_months: Annotated[int, Between(1, 120)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LifetimeMembership:
    """A membership never ends; everything ever done is counted."""

    TAG: ClassVar[str] = "mode"
    KIND: ClassVar[MembershipMode] = MembershipMode.LIFETIME


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarMembership:
    """Fixed windows of `months` each, one of which begins on `starts_on`.

    A membership lasts to the end of the window it began in, and `windows` more.
    """

    TAG: ClassVar[str] = "mode"
    KIND: ClassVar[MembershipMode] = MembershipMode.CALENDAR

    starts_on: MonthDay
    months: Annotated[int, Between(1, 12)] = 12
    windows: Annotated[int, Between(0, 10)] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AnniversaryMembership:
    """Windows of a year that begin on the customer's enrolment day; otherwise as by calendar."""

    TAG: ClassVar[str] = "mode"
    KIND: ClassVar[MembershipMode] = MembershipMode.ENROLLMENT_ANNIVERSARY

    windows: Annotated[int, Between(0, 10)] = 1


Membership: TypeAlias = (
    RollingMembership | LifetimeMembership | CalendarMembership | AnniversaryMembership
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefit:
    """Something a tier's members enjoy; `secret` ones are shown to members only.

    `details` is Markdown.
    """

    id: Id
    label: Title
    secret: bool = False
    details: Description | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One step of the ladder.

    `key` is the name rules and rewards use to refer to it. `lower_bound`: what must be reached,
    inclusive; whole numbers for points and orders, main units of the primary site's currency for
    spend, None for conditional tiers. `grants`: the id of a reward given on entry.
    """

    id: Id
    key: TierKey
    name: Title
    hidden: bool = False
    kind: TierKind = TierKind.BOUNDARY
    lower_bound: Amount | None = None
    benefits: tuple[Id, ...] = ()
    grants: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiers:
    """The ladder, lowest tier first; the first is where everyone starts."""

    boundary_mode: BoundaryMode
    tiers: Annotated[tuple[Tier, ...], Length(1, 50, "entries")]
    membership: Membership
    benefits: tuple[Benefit, ...] = ()
    downgrade_on_refund: bool = False

    @property
    def default(self) -> Tier:
        """The tier of everyone who has not reached another."""
        return self.tiers[0]

    def position(self, tier: Tier) -> int:
        """Give the place of a tier on the ladder, 1 for the lowest."""
        return self.tiers.index(tier) + 1

    def next_bound(self, tier: Tier) -> Tier | None:
        """Find the next tier above that has a bound, hidden or not; None at the top."""
        above = self.tiers[self.position(tier) :]
        return next((one for one in above if one.kind is TierKind.BOUNDARY), None)
