"""Taking a merge back: who had what before, with all that has become of it.

What came with the merged customer goes back as it is now: a pending award that was approved since
goes back approved, an order that was refunded since goes back refunded. What the survivor earned or
spent since stays theirs, and what was changed of their person since stays as it was changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from leal.domain.change import Change, Progress, begin, with_counter, with_customer, with_event
from leal.domain.customers import Account, Counter, Customer, Lot, ProgressDays, Subject
from leal.domain.limits import parted
from leal.domain.lots import Moves
from leal.domain.merging import CannotMerge, Kept, zone_of
from leal.domain.points import touched, within_range
from leal.domain.scene import Scene
from leal.domain.shared_lots import added, in_lots, moves, redistributed
from leal.domain.tier_moves import settle_tier
from leal.domain.tier_settings import BoundaryMode
from leal.domain.topics import TIER_DOWNGRADED, UNMERGED

Standing = Mapping[tuple[Subject, int], int]
"""How many completions of a rule, or claims of a reward, stand."""

_PERSONAL: Final = (
    *("email", "first_name", "last_name", "properties", "metadata", "birthday"),
    *("birthday_set_at", "email_consent", "sms_consent", "referred_by"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What has become of all that a merge moved.

    `version` is that of the merged customer's row. `lots_since` are moves of lots that it brought
    since, `progress` what it counts towards tiers; `stood` and `stands` are completions and claims
    at the merge and now. `ids` are the shops' ids of the survivor that are not the other's.
    `email_taken`: somebody else has the merged customer's address by now. `lapsed`: points that
    came with the merge, or by it, have expired since.
    """

    version: int = 0
    points_approved: int = 0
    points_pending: int = 0
    points_spent: int = 0
    lots_since: tuple[Lot, ...] = ()
    progress: tuple[Progress, ...] = ()
    rewards_claimed: int = 0
    rewards_used: int = 0
    stood: Standing = field(default_factory=dict)
    stands: Standing = field(default_factory=dict)
    ids: frozenset[str] = frozenset()
    email_taken: bool = False
    lapsed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """An undo to be saved: the changes of both, what their lots gain, what is to be removed.

    `drops_tier_rows`: the survivor is in the tier from before, as if the merge had moved them into
    no other; `gone_counters` are the survivor's that only the merge gave them.
    """

    survivor: Change
    merged: Change
    survivor_lots: Moves
    merged_lots: Moves
    progress: tuple[Progress, ...]
    gone_counters: tuple[tuple[Subject, int], ...]
    drops_tier_rows: bool


def undo(survivor: Account, scene: Scene, *, kept: Kept, remains: Remains, merge_id: int) -> Undo:
    """Takes a merge back; the survivor is loaded with all their lots. Raises CannotMerge."""
    own_points = survivor.customer.points_approved - remains.points_approved
    _refuse_unless_payable(own_points, kept, remains)
    same_tier = survivor.customer.tier == kept.after.tier
    here = _parted(survivor, scene, kept=kept, remains=remains, same_tier=same_tier)
    there = _given_back(scene, kept=kept, remains=remains)
    here, there, gone = _counted_apart(here, there, scene, kept=kept, remains=remains)
    ids = {"survivor_id": survivor.customer.id, "merged_id": kept.merged.id}
    told = {"merge_id": merge_id, **ids}
    here, there = (_settled(each, scene, told) for each in (here, there))
    since = {lot.expires_at: lot.remaining for lot in remains.lots_since}
    theirs = added(in_lots(kept.merged_lots), since)
    held = in_lots(survivor.lots)
    own = added(added(held, in_lots(kept.cut)), theirs, sign=-1)
    return Undo(
        survivor=here,
        merged=there,
        survivor_lots=moves(held, redistributed(own, max(0, own_points))),
        merged_lots=moves({}, redistributed(theirs, max(0, remains.points_approved))),
        progress=remains.progress,
        gone_counters=gone,
        drops_tier_rows=same_tier,
    )


def _settled(change: Change, scene: Scene, told: Mapping[str, int]) -> Change:
    change = with_event(change, UNMERGED, told, now=scene.now)
    return within_range(touched(settle_tier(change, scene), scene.now))


def _refuse_unless_payable(own_points: int, kept: Kept, remains: Remains) -> None:
    """The survivor must be able to give back the points that came; a debt of old may stay."""
    if remains.lapsed:
        why = "Points that came with this merge have expired since, so it cannot be taken back"
        raise CannotMerge("points_expired", why)
    least = min(0, kept.survivor.points_approved)
    if own_points < least:
        why = (
            f"The customer has {least - own_points} points too few to give back what came with "
            "this merge. Add as many by hand, or refund rewards, and undo it then"
        )
        raise CannotMerge("points_spent", why)


def _parted(
    survivor: Account, scene: Scene, *, kept: Kept, remains: Remains, same_tier: bool
) -> Change:
    """The survivor without what goes back; what is as the merge left it is as before the merge."""
    now = survivor.customer
    before = {
        name: getattr(kept.survivor if _untouched(now, kept, name) else now, name)
        for name in _PERSONAL
    }
    days = sum_of(remains.progress)
    customer = replace(
        now,
        **before,
        linked_merchant_ids=tuple(each for each in now.linked_merchant_ids if each in remains.ids),
        enrolled_at=kept.survivor.enrolled_at if same_tier else now.enrolled_at,
        tier=kept.survivor.tier if same_tier else now.tier,
        points_approved=now.points_approved - remains.points_approved,
        points_pending=now.points_pending - remains.points_pending,
        points_spent=now.points_spent - remains.points_spent,
        rewards_claimed=now.rewards_claimed - remains.rewards_claimed,
        rewards_used=now.rewards_used - remains.rewards_used,
        lifetime_points=now.lifetime_points - days.points,
        lifetime_spend=now.lifetime_spend - days.spend,
        lifetime_orders=now.lifetime_orders - days.orders,
    )
    account = replace(survivor, progress=_days(survivor.progress, scene, remains, sign=-1))
    change = with_customer(replace(begin(survivor), account=account), customer)
    left, stays = now.tier, customer.tier
    if left is None or stays is None or left.tier_id == stays.tier_id:
        return change
    step = {"previous_tier_id": left.tier_id, "new_tier_id": stays.tier_id}
    return with_event(change, TIER_DOWNGRADED, step, now=scene.now)


def _untouched(now: Customer, kept: Kept, name: str) -> bool:
    return bool(getattr(now, name) == getattr(kept.after, name))


def _given_back(scene: Scene, *, kept: Kept, remains: Remains) -> Change:
    """The merged customer as they were, with what has become of what they had."""
    days = sum_of(remains.progress)
    customer = replace(
        kept.merged,
        version=remains.version,
        email=None if remains.email_taken else kept.merged.email,
        points_approved=remains.points_approved,
        points_pending=remains.points_pending,
        points_spent=remains.points_spent,
        rewards_claimed=remains.rewards_claimed,
        rewards_used=remains.rewards_used,
        lifetime_points=days.points,
        lifetime_spend=days.spend,
        lifetime_orders=days.orders,
    )
    emptied = Account(
        customer=replace(kept.merged, version=remains.version),
        progress=_days(ProgressDays(), scene, remains, sign=1),
        program_version=scene.published.version,
    )
    return with_customer(begin(emptied), customer)


def sum_of(progress: tuple[Progress, ...]) -> Progress:
    """What days count together; of no day in particular."""
    total = Progress(earned_on=date.min)
    for day in progress:
        total = replace(
            total,
            points=total.points + day.points,
            spend=total.spend + day.spend,
            orders=total.orders + day.orders,
        )
    return total


def _days(progress: ProgressDays, scene: Scene, remains: Remains, *, sign: int) -> ProgressDays:
    """Progress in the unit of the ladder, more or less by what goes back."""
    tiers = scene.program.tiers
    if tiers is None:
        return progress
    for day in remains.progress:
        amount = {
            BoundaryMode.POINTS: day.points,
            BoundaryMode.SPEND: day.spend,
            BoundaryMode.ORDERS: day.orders,
        }[tiers.boundary_mode]
        progress = progress.plus(day.earned_on, sign * amount)
    return progress


def _counted_apart(
    here: Change, there: Change, scene: Scene, *, kept: Kept, remains: Remains
) -> tuple[Change, Change, tuple[tuple[Subject, int], ...]]:
    """Both with counters of their own, and those that the survivor has not any more."""
    gone: list[tuple[Subject, int]] = []
    before = {(each.subject, each.subject_id): each for each in kept.survivor_counters}
    for counter in _theirs(here.account, kept, remains):
        key = counter.subject, counter.subject_id
        whole = here.account.counter(*key)
        there = with_counter(there, counter)
        if whole is None:
            continue
        zone = zone_of(counter, scene.program)
        own = parted(whole, counter, zone=zone)
        known = before.get(key)
        if known is not None and known.total == own.total:
            own = known
        if known is None and own.total == 0:
            gone.append(key)
        here = with_counter(here, own)
    return here, there, tuple(gone)


def _theirs(account: Account, kept: Kept, remains: Remains) -> tuple[Counter, ...]:
    """The merged customer's counters, with what was completed or taken back since."""
    found = {(each.subject, each.subject_id): each for each in kept.merged_counters}
    for key in {**remains.stood, **remains.stands}:
        more = remains.stands.get(key, 0) - remains.stood.get(key, 0)
        whole = account.counter(*key)
        if more == 0 or whole is None:
            continue
        own = found.get(key)
        total = max(0, (own.total if own else 0) + more)
        # what came since is counted where the survivor's counter has it
        part = own if own is not None and more < 0 else whole
        year = min(total, part.year)
        month = min(year, part.month)
        week = min(total, part.week)
        day = min(week, month, part.day)
        found[key] = replace(part, total=total, year=year, month=month, week=week, day=day)
    return tuple(found.values())
