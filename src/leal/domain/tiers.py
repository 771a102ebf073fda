"""Tiers: which one a customer is in, and where they stand in it. How they move: `tier_moves`.

What counts is what came in within the evaluation window, by the days of the primary site's zone.
A rolling window reaches back as many months as a membership lasts; calendar and anniversary
windows are fixed; lifetime counts everything. Amounts are whole numbers in the unit of the
program's boundary mode: points, orders, or minor units of the primary site's currency.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import assert_never

from leal.domain.customers import Account, Customer, TierMembership
from leal.domain.dates import add_months, local_day, on_day_of, start_of_day
from leal.domain.money import to_minor
from leal.domain.program import Program
from leal.domain.tier_settings import (
    AnniversaryMembership,
    BoundaryMode,
    CalendarMembership,
    LifetimeMembership,
    RollingMembership,
    Tier,
    TierKind,
    Tiers,
)

_YEAR = 12
_DAY = timedelta(days=1)
_ANCHOR_YEAR = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A customer's progress in their tier; None where the contract's null rules say so."""

    mode: BoundaryMode
    now: int
    at_expiration: int | None
    valid_until: datetime | None
    upgrade_tier: Tier | None
    needed_for_upgrade: int | None
    needed_for_renewal: int | None
    forecasted_tier: Tier | None


def counted_since(program: Program, now: datetime) -> date | None:
    """The earliest day whose progress can still matter at `now`; None when days do not matter."""
    tiers = program.tiers
    if tiers is None or isinstance(tiers.membership, LifetimeMembership):
        return None
    today = local_day(now, program.primary_site.zone)
    return add_months(today, -months_of(tiers.membership)) - _DAY


def bound(program: Program, tier: Tier) -> int:
    """What must be reached to enter a tier, in the unit of the boundary mode."""
    lower = tier.lower_bound or 0
    if program.tiers and program.tiers.boundary_mode is BoundaryMode.SPEND:
        return to_minor(Decimal(lower), program.primary_site.currency)
    return int(lower)


def standing(account: Account, program: Program, tiers: Tiers, *, now: datetime) -> Standing:
    """The progress object of the customer document at `now`.

    The customer must be in a tier. A default-tier membership has nothing to renew and, without an
    end, nothing to forecast; a hidden or conditional tier leads nowhere by itself.
    """
    customer = account.customer
    tier = tier_of(customer, program) or tiers.default
    reckoned = Reckoning(account, program, tiers)
    amount = reckoned.amount(now)
    stay = membership_of(customer, program)
    ending = stay.expires_at if stay else None
    lasting = reckoned.amount_at_end(ending)
    above = _next_above(tiers, tier)
    renewable = tier is not tiers.default and lasting is not None
    return Standing(
        mode=tiers.boundary_mode,
        now=amount,
        at_expiration=lasting,
        valid_until=reckoned.valid_until(now, ending),
        upgrade_tier=above,
        needed_for_upgrade=max(0, bound(program, above) - amount) if above else None,
        needed_for_renewal=(
            max(0, bound(program, tier) - lasting) if renewable and lasting is not None else None
        ),
        forecasted_tier=(
            earned_tier(program, tiers, lasting)
            if renewable and lasting is not None and tier.kind is TierKind.BOUNDARY
            else None
        ),
    )


def tier_of(customer: Customer, program: Program) -> Tier | None:
    """The tier a customer is in; None when the program has no tiers.

    It is the default one before they entered any, and when theirs is gone from the program.
    """
    found = program.tier(customer.tier.tier_id) if customer.tier else None
    return found or program.default_tier


def membership_of(customer: Customer, program: Program) -> TierMembership | None:
    """The stay in that tier; one in the default tier began with enrolment and does not end."""
    tier = tier_of(customer, program)
    if tier is None or customer.enrolled_at is None:
        return None
    if customer.tier is not None and customer.tier.tier_id == tier.id:
        return customer.tier
    return TierMembership(tier_id=tier.id, started_at=customer.enrolled_at)


def _is_reachable(tier: Tier) -> bool:
    return tier.kind is TierKind.BOUNDARY and not tier.hidden


def earned_tier(program: Program, tiers: Tiers, amount: int) -> Tier:
    """The highest tier whose bound an amount reaches, of those that have one and are not hidden."""
    earned = tiers.default
    for tier in tiers.tiers:
        if _is_reachable(tier) and bound(program, tier) <= amount:
            earned = tier
    return earned


def _next_above(tiers: Tiers, tier: Tier) -> Tier | None:
    if not _is_reachable(tier):
        return None
    return next(filter(_is_reachable, tiers.tiers[tiers.position(tier) :]), None)


def months_of(
    membership: RollingMembership | LifetimeMembership | CalendarMembership | AnniversaryMembership,
) -> int:
    """How many months an evaluation window is long."""
    match membership:
        case RollingMembership(duration_months=months) | CalendarMembership(months=months):
            return months
        case AnniversaryMembership() | LifetimeMembership():
            return _YEAR
        case _:
            assert_never(membership)


def window_of(
    program: Program, tiers: Tiers, customer: Customer, *, today: date
) -> tuple[date, date]:
    """First day, and day after the last, of the fixed window that contains `today`."""
    membership, months = tiers.membership, months_of(tiers.membership)
    if isinstance(membership, CalendarMembership):
        on = membership.starts_on
        anchor = on_day_of(_ANCHOR_YEAR, month=on.month, day=on.day)
    else:
        anchor = local_day(customer.enrolled_at or customer.created_at, program.primary_site.zone)
    apart = (today.year - anchor.year) * _YEAR + today.month - anchor.month
    number = apart // months
    if add_months(anchor, number * months) > today:
        number -= 1
    return add_months(anchor, number * months), add_months(anchor, (number + 1) * months)


@lru_cache(maxsize=4096)
def _first_counted(today: date, months: int) -> date:
    """The first day that a rolling window still holds: it leaves the same day, months later."""
    first = add_months(today, -months)
    while add_months(first, months) <= today:
        first += _DAY
    return first


@lru_cache(maxsize=4096)
def _leaves_at(day: date, months: int, zone: tzinfo) -> datetime:
    """When a rolling window no longer holds a day."""
    return start_of_day(add_months(day, months), zone)


@dataclass(frozen=True, slots=True)
class Reckoning:
    """Sums over windows of one account, whose progress must reach back as far as they do."""

    account: Account
    program: Program
    tiers: Tiers

    def amount(self, now: datetime) -> int:
        """What counts at `now`."""
        today = local_day(now, self.program.primary_site.zone)
        match self.tiers.membership:
            case LifetimeMembership():
                return self._ever()
            case RollingMembership(duration_months=months):
                first = _first_counted(today, months)
                return self._sum(first, date.max)
            case _:
                start, end = self._window(today)
                return self._sum(start, end - _DAY)

    def amount_before_joining(self) -> int:
        """What a member did as a guest, within one window's length up to the day they joined.

        Of all time where that is what counts.
        """
        if isinstance(self.tiers.membership, LifetimeMembership):
            return self._ever()
        joined_at = self.account.customer.enrolled_at or self.account.customer.created_at
        joined = local_day(joined_at, self.program.primary_site.zone)
        first = _first_counted(joined, months_of(self.tiers.membership))
        return self._sum(first, joined)

    def amount_at_end(self, ending: datetime | None) -> int | None:
        """What of today's progress will still count when the membership ends."""
        if ending is None or isinstance(self.tiers.membership, LifetimeMembership):
            return None
        last = local_day(ending, self.program.primary_site.zone)
        months = months_of(self.tiers.membership)
        if isinstance(self.tiers.membership, RollingMembership):
            kept = _first_counted(last, months)
            return self._sum(kept, last)
        first = add_months(last, -months)
        return self._sum(first, last - _DAY)

    def valid_until(self, now: datetime, ending: datetime | None) -> datetime | None:
        """The instant after which the amount is no longer what it is at `now`."""
        zone = self.program.primary_site.zone
        today = local_day(now, zone)
        match self.tiers.membership:
            case LifetimeMembership():
                return None
            case RollingMembership(duration_months=months):
                oldest = self.account.progress.oldest(_first_counted(today, months))
                leaving = [_leaves_at(oldest, months, zone)] if oldest else []
            case _:
                leaving = [start_of_day(self._window(today)[1], zone)]
        return min([*leaving, *([ending] if ending else [])], default=None)

    def _window(self, today: date) -> tuple[date, date]:
        return window_of(self.program, self.tiers, self.account.customer, today=today)

    def _sum(self, first: date, last: date) -> int:
        return self.account.progress.between(first, last)

    def _ever(self) -> int:
        customer = self.account.customer
        match self.tiers.boundary_mode:
            case BoundaryMode.POINTS:
                return customer.lifetime_points
            case BoundaryMode.SPEND:
                return customer.lifetime_spend
            case BoundaryMode.ORDERS:
                return customer.lifetime_orders
            case _:
                assert_never(self.tiers.boundary_mode)
