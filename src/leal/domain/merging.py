"""Two customers who are one: what becomes of the survivor when the other is merged into them.

Points, orders, claims and their past go over as they are; storage moves them. Here is decided what
the survivor is afterwards: balances and counters are those of both, and what is known of the person
is the survivor's, or the other's where the survivor's is not known.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from leal.domain.change import (
    Change,
    begin,
    with_counter,
    with_customer,
    with_event,
    with_history,
)
from leal.domain.customers import (
    Account,
    Consent,
    Counter,
    Customer,
    HistoryKind,
    HistoryRow,
    Lot,
    Referrer,
    Subject,
    TierMembership,
)
from leal.domain.limits import joint
from leal.domain.lots import Moves
from leal.domain.points import touched, within_range
from leal.domain.problems import Problem
from leal.domain.program import Program
from leal.domain.refusals import CustomerBlocked
from leal.domain.scene import Scene
from leal.domain.shared_lots import added, as_lots, in_lots, moves, redistributed
from leal.domain.tier_moves import settle_tier
from leal.domain.tier_settings import Tier
from leal.domain.topics import MERGED, TIER_UPGRADED

UNDO_WITHIN: Final = timedelta(days=30)
"""So long a merge can be taken back, by the program's time."""


class CannotMerge(Problem):
    """These customers cannot be merged, or this merge cannot be taken back; `code` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is remembered of both persons for an undo.

    `after` is the survivor as merged: what differs from it later was changed since. `cut` is what
    the debt of one took out of the lots of the other. `ids` are the merged customer's in the shops,
    each with its site.
    """

    survivor: Customer
    merged: Customer
    after: Customer
    survivor_counters: tuple[Counter, ...]
    merged_counters: tuple[Counter, ...]
    merged_lots: tuple[Lot, ...]
    cut: tuple[Lot, ...]
    ids: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """A merge to be saved: the survivor's change, what the lots of both gain, what is kept."""

    merge_id: int
    change: Change
    merged: Customer
    survivor_lots: Moves
    merged_lots: Moves
    kept: Kept


def merge(survivor: Account, merged: Account, scene: Scene, *, merge_id: int) -> Merge:
    """Merges one customer into another; both are loaded with all their lots.

    Raises CustomerBlocked, BalanceOutOfRange.
    """
    one, other = survivor.customer, merged.customer
    if one.blocked or other.blocked:
        raise CustomerBlocked
    change = _summed(survivor, merged, scene)
    change = within_range(touched(settle_tier(change, scene), scene.now))
    told = {
        "merge_id": merge_id,
        "merged_id": other.id,
        "merged_merchant_id": other.merchant_id,
    }
    change = with_event(change, MERGED, told, now=scene.now)
    here, there = in_lots(survivor.lots), in_lots(merged.lots)
    together = added(here, there)
    left = redistributed(together, max(0, change.customer.points_approved))
    return Merge(
        merge_id=merge_id,
        change=change,
        merged=other,
        survivor_lots=moves(here, left),
        merged_lots=moves(there, {}),
        kept=Kept(
            survivor=one,
            merged=other,
            after=change.customer,
            survivor_counters=survivor.counters,
            merged_counters=merged.counters,
            merged_lots=as_lots(there),
            cut=as_lots(added(together, left, sign=-1)),
        ),
    )


def zone_of(counter: Counter, program: Program) -> ZoneInfo:
    """The zone in which a counter's intervals are counted."""
    if counter.subject is Subject.RULE:
        rule = program.rule(counter.subject_id)
        return rule.zone(program) if rule else program.primary_site.zone
    reward = program.reward(counter.subject_id)
    return reward.zone(program) if reward else program.primary_site.zone


def _summed(survivor: Account, merged: Account, scene: Scene) -> Change:
    """The survivor with all that both have, in the better tier of the two."""
    progress = survivor.progress
    for day, amount in zip(merged.progress.days, merged.progress.amounts, strict=True):
        progress = progress.plus(date.fromordinal(day), amount)
    change = begin(survivor)
    change = replace(change, account=replace(survivor, progress=progress))
    change = with_customer(change, _person(survivor.customer, merged.customer))
    for counter in merged.counters:
        own = survivor.counter(counter.subject, counter.subject_id)
        whole = joint(own, counter, zone=zone_of(counter, scene.program)) if own else counter
        change = with_counter(change, whole)
    return _in_better_tier(change, scene, merged.customer.tier)


def _person(one: Customer, other: Customer) -> Customer:
    birthday = one.birthday or other.birthday
    named = one.first_name or one.last_name
    ids = (*one.linked_merchant_ids, other.merchant_id, *other.linked_merchant_ids)
    return replace(
        one,
        linked_merchant_ids=tuple(dict.fromkeys(each for each in ids if each != one.merchant_id)),
        email=one.email or other.email,
        first_name=one.first_name if named else other.first_name,
        last_name=one.last_name if named else other.last_name,
        properties={**other.properties, **one.properties},
        metadata={**other.metadata, **one.metadata},
        enrolled_at=one.enrolled_at or other.enrolled_at,
        points_approved=one.points_approved + other.points_approved,
        points_pending=one.points_pending + other.points_pending,
        points_spent=one.points_spent + other.points_spent,
        rewards_claimed=one.rewards_claimed + other.rewards_claimed,
        rewards_used=one.rewards_used + other.rewards_used,
        lifetime_points=one.lifetime_points + other.lifetime_points,
        lifetime_spend=one.lifetime_spend + other.lifetime_spend,
        lifetime_orders=one.lifetime_orders + other.lifetime_orders,
        birthday=birthday,
        birthday_set_at=one.birthday_set_at if one.birthday else other.birthday_set_at,
        email_consent=_stricter(one.email_consent, other.email_consent),
        sms_consent=_stricter(one.sms_consent, other.sms_consent),
        referred_by=_referrer(one, other),
    )


def _stricter(one: Consent, other: Consent) -> Consent:
    """A no by either stands; a yes stands where the other said nothing."""
    for said in (Consent.NOT_SUBSCRIBED, Consent.SUBSCRIBED):
        if said in (one, other):
            return said
    return Consent.UNKNOWN


def _referrer(one: Customer, other: Customer) -> Referrer | None:
    """Who brought the survivor in, else who brought in the other; nobody brings in themselves."""
    for by in (one.referred_by, other.referred_by):
        if by is not None and by.id not in (one.id, other.id):
            return by
    return None


def _in_better_tier(change: Change, scene: Scene, theirs: TierMembership | None) -> Change:
    """Moves the survivor into the other's tier where it is the higher, or the one that lasts."""
    tiers, mine = scene.program.tiers, change.customer.tier
    tier = scene.program.tier(theirs.tier_id) if theirs else None
    if tiers is None or theirs is None or tier is None:
        return change
    own = scene.program.tier(mine.tier_id) if mine else None
    if mine is not None and own is tier:
        longer = max(mine, theirs, key=_end).expires_at
        return _with_tier(change, replace(mine, expires_at=longer))
    if own is not None and tiers.position(own) > tiers.position(tier):
        return change
    change = _entered(_with_tier(change, theirs), scene, tier)
    if mine is None:
        return change
    step = {"previous_tier_id": mine.tier_id, "new_tier_id": tier.id}
    return with_event(change, TIER_UPGRADED, step, now=scene.now)


def _with_tier(change: Change, stay: TierMembership) -> Change:
    return with_customer(change, replace(change.customer, tier=stay))


def _entered(change: Change, scene: Scene, tier: Tier) -> Change:
    row = HistoryRow(
        id=0,
        kind=HistoryKind.ENTERED_TIER,
        state=None,
        happened_at=scene.now,
        tier_id=tier.id,
        site_id=scene.site.id,
        title=tier.name.in_(scene.program.primary_site.default_language),
    )
    return with_history(change, row)[0]


def _end(stay: TierMembership) -> datetime:
    return stay.expires_at or datetime.max.replace(tzinfo=UTC)
