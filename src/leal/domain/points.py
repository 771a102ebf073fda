"""The ledger's arithmetic: how points are awarded and removed, and which lots they touch.

Three balances, moved only by transactions: approved (spendable), pending (waiting) and spent.
Approved points are kept in lots by the day they expire; what leaves is taken from the lot that
expires first. An approved balance below zero is a debt: the lots are empty then, and the next
points pay the debt before they fill a lot. So the lots always hold max(0, approved).
"""

from dataclasses import replace
from datetime import UTC, datetime

from leal.domain.change import (
    Change,
    Progress,
    begin,
    with_customer,
    with_event,
    with_history,
    with_progress,
    with_transaction,
)
from leal.domain.customers import (
    Account,
    HistoryKind,
    HistoryRow,
    Lot,
    Resource,
    Transaction,
)
from leal.domain.dates import local_day
from leal.domain.expiry import expires_at
from leal.domain.program import Program
from leal.domain.refusals import BalanceOutOfRange
from leal.domain.scene import Scene
from leal.domain.tier_settings import BoundaryMode
from leal.domain.tiers import settle_upgrade

MAX_POINTS = 2**53 - 1
"""The largest balance, either way, that every JSON client reads exactly."""


def add_by_hand(account: Account, scene: Scene, *, points: int, reason: str | None) -> Change:
    """A merchant gives points; they are approved at once. `points` is positive."""
    row = HistoryRow(
        id=0,
        kind=HistoryKind.ADDED,
        state="approved",
        happened_at=scene.now,
        points=points,
        site_id=scene.site.id,
        reason=reason,
        expires_at=expires_at(scene.program, earned_at=scene.now, approve_at=None),
    )
    return award(begin(account), scene, row=row, resource=Resource.ADJUSTMENT)


def remove_by_hand(account: Account, scene: Scene, *, points: int, reason: str | None) -> Change:
    """A merchant takes points from the approved balance, which may fall below zero.

    `points` is positive; `account.lots` must be loaded.
    """
    row = HistoryRow(
        id=0,
        kind=HistoryKind.REMOVED,
        state="applied",
        happened_at=scene.now,
        points=-points,
        site_id=scene.site.id,
        reason=reason,
    )
    change, row = with_history(begin(account), row)
    change, lots = _take(change, points)
    change = with_transaction(
        change,
        Transaction(
            history_id=row.id,
            resource=Resource.ADJUSTMENT,
            cause="removed",
            points_approved=-points,
            lots=lots,
            created_at=scene.now,
        ),
    )
    return within_range(_touched(change, scene.now))


def award(change: Change, scene: Scene, *, row: HistoryRow, resource: Resource) -> Change:
    """Posts the points of a new history row: pending or approved, as its state says."""
    change, row = with_history(change, row)
    points = row.points or 0
    if row.state == "pending":
        posted = Transaction(
            history_id=row.id,
            resource=resource,
            cause="awarded",
            points_pending=points,
            created_at=scene.now,
        )
        return within_range(_touched(with_transaction(change, posted), scene.now))
    change, lots = _put(change, points, row.expires_at)
    posted = Transaction(
        history_id=row.id,
        resource=resource,
        cause="awarded",
        points_approved=points,
        lots=lots,
        created_at=scene.now,
    )
    change = with_transaction(change, posted)
    change = _counted_towards_tiers(change, scene, points)
    change = with_event(
        change, "program_events/customer.points_earned", {"points": points}, now=scene.now
    )
    return within_range(_touched(settle_upgrade(change, scene), scene.now))


def within_range(change: Change) -> Change:
    """The change, unless a balance leaves ±(2^53-1): then a BalanceOutOfRange."""
    customer = change.customer
    for points in (customer.points_approved, customer.points_pending, customer.points_spent):
        if abs(points) > MAX_POINTS:
            raise BalanceOutOfRange(points)
    return change


def _counted_towards_tiers(change: Change, scene: Scene, points: int) -> Change:
    earned_on = local_day(scene.now, scene.program.primary_site.zone)
    return with_progress(
        change,
        Progress(earned_on=earned_on, points=points),
        amount=points if _tiers_count_points(scene.program) else 0,
    )


def _tiers_count_points(program: Program) -> bool:
    return program.tiers is not None and program.tiers.boundary_mode is BoundaryMode.POINTS


def _touched(change: Change, now: datetime) -> Change:
    return with_customer(change, replace(change.customer, updated_at=now))


Moves = tuple[tuple[datetime | None, int], ...]


def _put(change: Change, points: int, expires: datetime | None) -> tuple[Change, Moves]:
    """What of `points` fills the lot of `expires`, after any debt is paid."""
    before = change.customer.points_approved
    gain = max(0, before + points) - max(0, before)
    if gain == 0:
        return change, ()
    lots = {lot.expires_at: lot.remaining for lot in change.account.lots}
    lots[expires] = lots.get(expires, 0) + gain
    return _with_lots(change, lots), ((expires, gain),)


def _take(change: Change, points: int) -> tuple[Change, Moves]:
    """Takes `points` from the lots, those that expire first first; the rest becomes debt."""
    left = min(points, max(0, change.customer.points_approved))
    lots = {lot.expires_at: lot.remaining for lot in change.account.lots}
    moves: list[tuple[datetime | None, int]] = []
    for lot in sorted(change.account.lots, key=_soonest):
        taken = min(left, lot.remaining)
        if taken:
            moves.append((lot.expires_at, -taken))
            lots[lot.expires_at] -= taken
            left -= taken
    if left:
        msg = f"the lots of customer {change.customer.id} hold {left} points less than approved"
        raise ValueError(msg)
    return _with_lots(change, lots), tuple(moves)


def _with_lots(change: Change, lots: dict[datetime | None, int]) -> Change:
    kept = tuple(
        Lot(expires_at=expires, remaining=remaining) for expires, remaining in lots.items()
    )
    return replace(change, account=replace(change.account, lots=kept))


def _soonest(lot: Lot) -> datetime:
    return lot.expires_at or datetime.max.replace(tzinfo=UTC)
