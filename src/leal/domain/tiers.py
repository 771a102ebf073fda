"""Tiers: where a customer stands, and when they rise.

What counts is what came in within the evaluation window, by the days of the primary site's zone.
A rolling window reaches back as many months as a membership lasts; calendar and anniversary
windows are fixed; lifetime counts everything. Amounts are whole numbers in the unit of the
program's boundary mode: points, orders, or minor units of the primary site's currency.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import assert_never

from leal.domain.change import Change, with_customer, with_event, with_history
from leal.domain.claims import ClaimSource
from leal.domain.customers import Account, Customer, HistoryKind, HistoryRow, TierMembership
from leal.domain.dates import (
    add_months,
    instant_plus_months,
    local_day,
    on_day_of,
    start_of_day,
)
from leal.domain.money import to_minor
from leal.domain.program import Program
from leal.domain.rewards.granting import grant
from leal.domain.scene import Scene
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
    return add_months(today, -_months(tiers.membership)) - timedelta(days=1)


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
    reckoned = _Reckoning(account, program, tiers)
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
            _earned(program, tiers, lasting)
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


def place(change: Change, scene: Scene) -> Change:
    """Puts a member without a tier into the default one, or as far up as what counts warrants."""
    tiers, customer = scene.program.tiers, change.customer
    if tiers is None or customer.tier is not None or customer.enrolled_at is None:
        return change
    return settle_upgrade(_enter(change, scene, tiers=tiers, tier=tiers.default), scene)


def settle_upgrade(change: Change, scene: Scene) -> Change:
    """Raises a member at once to the highest tier they have reached; never lowers them.

    Hidden and conditional tiers are neither entered nor left by reaching a bound.
    """
    program, tiers = scene.program, scene.program.tiers
    if tiers is None or change.customer.tier is None:
        return change
    tier = tier_of(change.customer, program) or tiers.default
    if tier.hidden or tier.kind is not TierKind.BOUNDARY:
        return change
    amount = _Reckoning(change.account, program, tiers).amount(scene.now)
    earned = _earned(program, tiers, amount)
    if tiers.position(earned) <= tiers.position(tier):
        return change
    change = _enter(change, scene, tiers=tiers, tier=earned)
    return with_event(
        change,
        "program_events/customer.tier_upgraded",
        {"previous_tier_id": tier.id, "new_tier_id": earned.id},
        now=scene.now,
    )


def _enter(change: Change, scene: Scene, *, tiers: Tiers, tier: Tier) -> Change:
    expires = _membership_end(change.customer, scene, tiers=tiers, tier=tier)
    membership = TierMembership(tier_id=tier.id, started_at=scene.now, expires_at=expires)
    change = with_customer(change, replace(change.customer, tier=membership))
    change, _ = with_history(
        change,
        HistoryRow(
            id=0,
            kind=HistoryKind.ENTERED_TIER,
            state=None,
            happened_at=scene.now,
            tier_id=tier.id,
            site_id=scene.site.id,
            title=tier.name.in_(scene.program.primary_site.default_language),
        ),
    )
    reward = scene.program.reward(tier.grants) if tier.grants else None
    if reward is None:
        return change
    return grant(change, scene, reward, source=ClaimSource.TIER, source_id=tier.id)


def _membership_end(
    customer: Customer, scene: Scene, *, tiers: Tiers, tier: Tier
) -> datetime | None:
    zone = scene.program.primary_site.zone
    if tier is tiers.default:
        return None
    match tiers.membership:
        case LifetimeMembership():
            return None
        case RollingMembership(duration_months=months):
            return instant_plus_months(scene.now, months, zone=zone)
        case CalendarMembership() | AnniversaryMembership():
            today = local_day(scene.now, zone)
            _, end = _window(scene.program, tiers, customer, today=today)
            months = _months(tiers.membership) * tiers.membership.windows
            return start_of_day(add_months(end, months), zone)
        case _:
            assert_never(tiers.membership)


def _reachable(tiers: Tiers) -> tuple[Tier, ...]:
    return tuple(tier for tier in tiers.tiers if tier.kind is TierKind.BOUNDARY and not tier.hidden)


def _earned(program: Program, tiers: Tiers, amount: int) -> Tier:
    earned = tiers.default
    for tier in _reachable(tiers):
        if bound(program, tier) <= amount:
            earned = tier
    return earned


def _next_above(tiers: Tiers, tier: Tier) -> Tier | None:
    if tier.hidden or tier.kind is not TierKind.BOUNDARY:
        return None
    above = tiers.tiers[tiers.position(tier) :]
    return next((one for one in above if one in _reachable(tiers)), None)


def _months(
    membership: RollingMembership | LifetimeMembership | CalendarMembership | AnniversaryMembership,
) -> int:
    match membership:
        case RollingMembership(duration_months=months) | CalendarMembership(months=months):
            return months
        case AnniversaryMembership() | LifetimeMembership():
            return _YEAR
        case _:
            assert_never(membership)


def _window(
    program: Program, tiers: Tiers, customer: Customer, *, today: date
) -> tuple[date, date]:
    """First day, and day after the last, of the fixed window that contains `today`."""
    membership, months = tiers.membership, _months(tiers.membership)
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


def _first_counted(today: date, months: int) -> date:
    """The first day that a rolling window still holds: it leaves the same day, months later."""
    first = add_months(today, -months)
    while add_months(first, months) <= today:
        first += timedelta(days=1)
    return first


@dataclass(frozen=True, slots=True)
class _Reckoning:
    """Sums over windows of one account."""

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
                return self._sum(lambda day: day >= first)
            case _:
                start, end = self._window(today)
                return self._sum(lambda day: start <= day < end)

    def amount_at_end(self, ending: datetime | None) -> int | None:
        """What of today's progress will still count when the membership ends."""
        if ending is None or isinstance(self.tiers.membership, LifetimeMembership):
            return None
        last = local_day(ending, self.program.primary_site.zone)
        months = _months(self.tiers.membership)
        if isinstance(self.tiers.membership, RollingMembership):
            kept = _first_counted(last, months)
            return self._sum(lambda day: day >= kept)
        first = add_months(last, -months)
        return self._sum(lambda day: first <= day < last)

    def valid_until(self, now: datetime, ending: datetime | None) -> datetime | None:
        """The instant after which the amount is no longer what it is at `now`."""
        zone = self.program.primary_site.zone
        today = local_day(now, zone)
        match self.tiers.membership:
            case LifetimeMembership():
                return None
            case RollingMembership(duration_months=months):
                first = _first_counted(today, months)
                counted = (
                    day.earned_on
                    for day in self.account.progress
                    if day.amount and day.earned_on >= first
                )
                oldest = min(counted, default=None)
                leaving = [start_of_day(add_months(oldest, months), zone)] if oldest else []
            case _:
                leaving = [start_of_day(self._window(today)[1], zone)]
        return min([*leaving, *([ending] if ending else [])], default=None)

    def _window(self, today: date) -> tuple[date, date]:
        return _window(self.program, self.tiers, self.account.customer, today=today)

    def _sum(self, counts: Callable[[date], bool]) -> int:
        return sum(day.amount for day in self.account.progress if counts(day.earned_on))

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
