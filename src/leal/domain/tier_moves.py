"""How customers move between tiers: at once upwards, and when a membership ends.

A membership is kept until it ends, whatever becomes of what it was earned with, unless the program
says that refunds lower it. When it ends, what counts in the window that ends with it decides: it is
renewed, or the customer moves to the tier they have earned, which may be several steps away. A
manual move starts a membership like any other; a hidden tier is kept until it is taken away.
"""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from leal.domain.change import Change, begin, with_customer, with_event, with_history
from leal.domain.claims import ClaimSource
from leal.domain.customers import Account, Customer, HistoryKind, HistoryRow, TierMembership
from leal.domain.dates import add_months, instant_plus_months, local_day, start_of_day
from leal.domain.program import Program
from leal.domain.refusals import CustomerBlocked, CustomerNotEnrolled
from leal.domain.rewards.granting import grant
from leal.domain.scene import Scene
from leal.domain.tier_settings import (
    AnniversaryMembership,
    CalendarMembership,
    LifetimeMembership,
    RollingMembership,
    Tier,
    TierKind,
    Tiers,
)
from leal.domain.tiers import Reckoning, earned_tier, months_of, tier_of, window_of
from leal.domain.topics import TIER_DOWNGRADED, TIER_RENEWED, TIER_UPGRADED


def place(change: Change, scene: Scene) -> Change:
    """Puts a member without a tier into the default one, or as far up as their past warrants."""
    tiers, customer = scene.program.tiers, change.customer
    if tiers is None or customer.tier is not None or customer.enrolled_at is None:
        return change
    return settle_newcomer(_enter(change, scene, tiers=tiers, tier=tiers.default), scene)


def settle_newcomer(change: Change, scene: Scene) -> Change:
    """Raises a member at once, by what they did as a guest too.

    Windows that begin with joining, or with the year, would not count it.
    """
    if scene.program.tiers is None:
        return change
    reckoned = Reckoning(change.account, scene.program, scene.program.tiers)
    amount = max(reckoned.amount(scene.now), reckoned.amount_before_joining())
    return _settled(change, scene, tiers=scene.program.tiers, amount=amount)


def settle_tier(change: Change, scene: Scene) -> Change:
    """Raises a member at once to the highest tier they have reached.

    Nobody is lowered, but by a refund where the program says so. Hidden and conditional tiers are
    neither entered nor left by reaching a bound.
    """
    if scene.program.tiers is None:
        return change
    reckoned = Reckoning(change.account, scene.program, scene.program.tiers)
    amount = reckoned.amount(scene.now)
    return _settled(change, scene, tiers=scene.program.tiers, amount=amount)


def has_ended(customer: Customer, program: Program, now: datetime) -> bool:
    """Whether a membership is over and its end has still to be worked off."""
    ends = customer.tier.expires_at if customer.tier else None
    return program.tiers is not None and ends is not None and ends <= now


def end_membership(change: Change, scene: Scene) -> Change:
    """Works off the end of a membership, as of the moment `scene.now` at which it ended.

    Renews it when what counts still warrants the tier, else moves the customer to the one it
    warrants. `account.progress` must reach back to the window that ends then.
    """
    program, tiers = scene.program, scene.program.tiers
    stay = change.customer.tier
    if tiers is None or stay is None or stay.expires_at is None:
        return change
    tier = tier_of(change.customer, program) or tiers.default
    amount = Reckoning(change.account, program, tiers).amount_at_end(stay.expires_at)
    earned = earned_tier(program, tiers, _ever(change, scene, tiers) if amount is None else amount)
    if earned is not tier:
        return _moved(change, scene, tiers=tiers, step=(tier, earned))
    customer = replace(
        change.customer, tier=_membership(change.customer, scene, tiers=tiers, tier=tier)
    )
    change = with_customer(change, replace(customer, updated_at=scene.now))
    return with_event(change, TIER_RENEWED, {"tier_id": tier.id}, now=scene.now)


def tier_shown(account: Account, scene: Scene) -> Account:
    """The account as it is to be shown: with memberships that have ended worked off, unsaved."""
    while has_ended(account.customer, scene.program, scene.now):
        ended_at = account.customer.tier and account.customer.tier.expires_at
        account = end_membership(begin(account), replace(scene, now=ended_at or scene.now)).account
    return account


def move_by_hand(account: Account, scene: Scene, *, tier: Tier | None) -> Change:
    """The merchant puts a member into a tier; None takes them to the one they have earned.

    A hidden tier has no end; any other lasts as long as one that was earned. Raises
    CustomerBlocked, CustomerNotEnrolled.
    """
    tiers = scene.program.tiers
    if account.customer.blocked:
        raise CustomerBlocked
    if tiers is None or account.customer.enrolled_at is None:
        raise CustomerNotEnrolled
    before = tier_of(account.customer, scene.program) or tiers.default
    amount = Reckoning(account, scene.program, tiers).amount(scene.now)
    target = tier or earned_tier(scene.program, tiers, amount)
    stay = account.customer.tier
    if target is before and stay is not None and stay.manual == (tier is not None):
        return begin(account)
    change = _moved(begin(account), scene, tiers=tiers, step=(before, target))
    moved = change.customer.tier
    if tier is None or moved is None:
        return change
    ends = None if tier.hidden else moved.expires_at
    manual = replace(moved, manual=True, expires_at=ends)
    return with_customer(change, replace(change.customer, tier=manual))


def _settled(change: Change, scene: Scene, *, tiers: Tiers, amount: int) -> Change:
    tier = tier_of(change.customer, scene.program) or tiers.default
    if change.customer.tier is None or not _moves_by_itself(tier):
        return change
    earned = earned_tier(scene.program, tiers, amount)
    lowers = tiers.downgrade_on_refund and not change.customer.tier.manual and _was_lowered(change)
    if earned is tier or (tiers.position(earned) < tiers.position(tier) and not lowers):
        return change
    return _moved(change, scene, tiers=tiers, step=(tier, earned))


def _moves_by_itself(tier: Tier) -> bool:
    return not tier.hidden and tier.kind is TierKind.BOUNDARY


def _was_lowered(change: Change) -> bool:
    return any(min(day.points, day.spend, day.orders) < 0 for day in change.progress)


def _ever(change: Change, scene: Scene, tiers: Tiers) -> int:
    return Reckoning(change.account, scene.program, tiers).amount(scene.now)


def _moved(change: Change, scene: Scene, *, tiers: Tiers, step: tuple[Tier, Tier]) -> Change:
    """From one tier to the other, whichever is the higher."""
    before, after = step
    change = _enter(change, scene, tiers=tiers, tier=after)
    up = tiers.position(after) > tiers.position(before)
    if up:
        change = _welcomed(change, scene, tier=after)
    if before is after:
        return change
    return with_event(
        change,
        TIER_UPGRADED if up else TIER_DOWNGRADED,
        {"previous_tier_id": before.id, "new_tier_id": after.id},
        now=scene.now,
    )


def _enter(change: Change, scene: Scene, *, tiers: Tiers, tier: Tier) -> Change:
    membership = _membership(change.customer, scene, tiers=tiers, tier=tier)
    customer = replace(change.customer, tier=membership, updated_at=scene.now)
    change, _ = with_history(
        with_customer(change, customer),
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
    return change


def _welcomed(change: Change, scene: Scene, *, tier: Tier) -> Change:
    """A tier may give a reward to who rises into it; not on renewal, and not on the way down."""
    reward = scene.program.reward(tier.grants) if tier.grants else None
    if reward is None:
        return change
    return grant(change, scene, reward, source=ClaimSource.TIER, source_id=tier.id)


def _membership(customer: Customer, scene: Scene, *, tiers: Tiers, tier: Tier) -> TierMembership:
    ends = _membership_end(customer, scene.program, tier=tier, tiers=tiers, now=scene.now)
    return TierMembership(tier_id=tier.id, started_at=scene.now, expires_at=ends)


def _membership_end(
    customer: Customer, program: Program, *, tiers: Tiers, tier: Tier, now: datetime
) -> datetime | None:
    zone = program.primary_site.zone
    if tier is tiers.default or tier.kind is TierKind.CONDITIONAL:
        return None
    match tiers.membership:
        case LifetimeMembership():
            return None
        case RollingMembership(duration_months=months):
            return instant_plus_months(now, months, zone=zone)
        case CalendarMembership() | AnniversaryMembership():
            _, end = window_of(program, tiers, customer, today=local_day(now, zone))
            months = months_of(tiers.membership) * tiers.membership.windows
            return start_of_day(add_months(end, months), zone)
        case _:
            assert_never(tiers.membership)
