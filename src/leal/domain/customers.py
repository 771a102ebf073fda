"""A customer as the engine knows them: the person, their balances, and all that decisions read.

An `Account` is what one load statement returns and what a decision changes in memory. Its rows
are plain values; ids of rows that are not saved yet are negative (-1, -2, …), so rows of one
change can refer to each other.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from leal.domain.claims import ClaimedReward

UNSAVED = 0
"""The id and version of a customer that exists in memory only."""


class Consent(StrEnum):
    """Whether a customer agreed to marketing on one channel."""

    SUBSCRIBED = "subscribed"
    NOT_SUBSCRIBED = "not_subscribed"
    UNKNOWN = "unknown"


class CustomerState(StrEnum):
    """A customer's standing in the program; blocked outranks the other two."""

    ENROLLED = "enrolled"
    GUEST = "guest"
    BLOCKED = "blocked"


class HistoryKind(StrEnum):
    """What a row of history tells of."""

    EARNED = "earned_points_from_rule"
    REDEEMED = "redeemed_points_for_reward"
    RECEIVED = "received_reward"
    ADDED = "points_added"
    REMOVED = "points_removed"
    EXPIRED = "points_expired"
    ENTERED_TIER = "entered_tier"


class Resource(StrEnum):
    """What kind of thing moved points in one ledger transaction."""

    ACTIVITY = "activity"
    ADJUSTMENT = "adjustment"
    CLAIMED_REWARD = "claimed_reward"
    EXPIRY = "expiry"


class Subject(StrEnum):
    """What a counter counts."""

    RULE = "rule"
    REWARD = "reward"


@dataclass(frozen=True, slots=True, kw_only=True)
class Birthday:
    """A day of birth; the year is absent when the program keeps month and day only."""

    month: int
    day: int
    year: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TierMembership:
    """A stay in one tier. `expires_at` is None in the default tier and for lifetime stays."""

    tier_id: int
    started_at: datetime
    expires_at: datetime | None = None
    manual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Referrer:
    """Who brought this customer in.

    `noted_id` is whom the customer's row names, who may have been merged into this one since.
    """

    id: int
    merchant_id: str
    noted_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """The person and their balances, in whole points.

    Only `points_approved` can be negative: points taken back after they were spent.
    """

    id: int = UNSAVED
    version: int = UNSAVED
    site_id: int
    merchant_id: str
    email: str | None
    first_name: str | None = None
    last_name: str | None = None
    linked_merchant_ids: tuple[str, ...] = ()
    properties: Mapping[str, object] = field(default_factory=dict)
    metadata: Mapping[str, object] = field(default_factory=dict)
    blocked: bool = False
    enrolled_at: datetime | None = None
    points_approved: int = 0
    points_pending: int = 0
    points_spent: int = 0
    rewards_claimed: int = 0
    rewards_used: int = 0
    lifetime_points: int = 0
    lifetime_spend: int = 0
    lifetime_orders: int = 0
    tier: TierMembership | None = None
    birthday: Birthday | None = None
    birthday_set_at: datetime | None = None
    email_consent: Consent = Consent.UNKNOWN
    sms_consent: Consent = Consent.UNKNOWN
    referral_id: str
    referred_by: Referrer | None = None
    insights_segment: str | None = None
    created_at: datetime
    updated_at: datetime

    @property
    def state(self) -> CustomerState:
        """The standing shown on the wire."""
        if self.blocked:
            return CustomerState.BLOCKED
        return CustomerState.GUEST if self.enrolled_at is None else CustomerState.ENROLLED


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """One thing that happened. Its `state` changes in place, its date never does.

    `source` names the outside cause and is unique in the program; `title` is the words for the
    thing at that time, for when its rule, reward or tier is gone from the program.
    `program_version` is the version it happened under; accounts are loaded without it.
    """

    id: int
    kind: HistoryKind
    state: str | None
    happened_at: datetime
    points: int | None = None
    rule_id: int | None = None
    rule_kind: str | None = None
    reward_id: int | None = None
    reward_kind: str | None = None
    claimed_reward_id: int | None = None
    tier_id: int | None = None
    order_id: int | None = None
    site_id: int | None = None
    title: str | None = None
    reason: str | None = None
    source: str | None = None
    approve_at: datetime | None = None
    expires_at: datetime | None = None
    program_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One ledger entry: signed differences, never changed afterwards.

    `cause` is unique within its history row, so nothing is posted twice. `lots` lists what went
    into (+) or came out of (-) which lots, as (expires_at, points).
    """

    history_id: int
    claimed_reward_id: int | None = None
    resource: Resource
    cause: str
    points_approved: int = 0
    points_pending: int = 0
    points_spent: int = 0
    lots: tuple[tuple[datetime | None, int], ...] = ()
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Approved points that expire together; `expires_at` None means never."""

    expires_at: datetime | None
    remaining: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Completions of a rule, or claims of a reward.

    `total` ever, and those within the calendar day, week, month and year that contain `last_at`.
    """

    subject: Subject
    subject_id: int
    total: int
    day: int
    week: int
    month: int
    year: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressDays:
    """What days brought towards tiers, in the unit of the program's boundary mode.

    `days` are rising ordinals, as `date.toordinal` counts, and `amounts` are theirs: two rows of
    numbers, as a member of a year may have hundreds, and an object for each would have to be made
    whenever the member is loaded.
    """

    days: tuple[int, ...] = ()
    amounts: tuple[int, ...] = ()

    @classmethod
    def of(cls, amounts: Mapping[date, int]) -> "ProgressDays":
        """These days, in any order."""
        days = sorted(amounts)
        return cls(
            days=tuple(day.toordinal() for day in days),
            amounts=tuple(amounts[day] for day in days),
        )

    def between(self, first: date, last: date) -> int:
        """The sum over the days from `first` to `last`, both included."""
        start = bisect_left(self.days, first.toordinal())
        end = bisect_right(self.days, last.toordinal())
        return sum(self.amounts[start:end])

    def oldest(self, first: date) -> date | None:
        """The first day from `first` on that brought, or took, anything."""
        start = bisect_left(self.days, first.toordinal())
        for place in range(start, len(self.days)):
            if self.amounts[place]:
                return date.fromordinal(self.days[place])
        return None

    def plus(self, day: date, amount: int) -> "ProgressDays":
        """The same with what a day gained since; a loss is negative."""
        number = day.toordinal()
        place = bisect_left(self.days, number)
        known = self.days[place : place + 1] == (number,)
        after = place + 1 if known else place
        gained = amount + self.amounts[place] if known else amount
        return ProgressDays(
            days=(*self.days[:place], number, *self.days[after:]),
            amounts=(*self.amounts[:place], gained, *self.amounts[after:]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something others may want to hear of, saved with the change it tells of.

    `claimed_reward_id` is the claim it is about, and `history_id` the row of history; either may be
    one of this very change.
    """

    topic: str
    payload: Mapping[str, object]
    created_at: datetime
    claimed_reward_id: int | None = None
    history_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A customer with everything a decision and a view need.

    `history` and `claims` hold the newest first; `lots` and `rows` (the history rows a decision is
    about, however old) are empty unless they were asked for. `held` are the claims a decision is
    about, and always the free products that wait in carts, however old. `program_version` is the
    version in force when it was loaded.
    """

    customer: Customer
    history: tuple[HistoryRow, ...] = ()
    claims: tuple[ClaimedReward, ...] = ()
    counters: tuple[Counter, ...] = ()
    progress: ProgressDays = ProgressDays()
    lots: tuple[Lot, ...] = ()
    rows: tuple[HistoryRow, ...] = ()
    held: tuple[ClaimedReward, ...] = ()
    program_version: int | None = None

    def counter(self, subject: Subject, subject_id: int) -> Counter | None:
        """The counter of one rule or reward, if it was ever completed or claimed."""
        for counter in self.counters:
            if counter.subject_id == subject_id and counter.subject == subject:
                return counter
        return None


def email_key(email: str | None) -> str | None:
    """The form in which two e-mail addresses are compared: trimmed and case-folded."""
    return None if email is None else email.strip().casefold()
