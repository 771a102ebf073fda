"""The ledger's arithmetic: how points are awarded and removed, and which lots they touch.

Three balances, moved only by transactions: approved (spendable), pending (waiting) and spent.
Approved points are kept in lots by the day they expire (`lots.py`).
"""

from dataclasses import replace
from datetime import datetime

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
    Resource,
    Transaction,
)
from leal.domain.dates import local_day
from leal.domain.expiry import expires_at
from leal.domain.lots import put, take
from leal.domain.program import Program, TierPointsCount
from leal.domain.refusals import BalanceOutOfRange
from leal.domain.scene import Scene
from leal.domain.tier_moves import settle_tier
from leal.domain.tier_settings import BoundaryMode
from leal.domain.topics import POINTS_EARNED

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
    change, lots = take(change, points)
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
    return within_range(touched(change, scene.now))


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
        change = with_transaction(change, posted)
        change = counted_towards_tiers(change, scene, row, pending=points)
        return within_range(touched(settle_tier(change, scene), scene.now))
    change, lots = put(change, points, expires_at=row.expires_at)
    posted = Transaction(
        history_id=row.id,
        resource=resource,
        cause="awarded",
        points_approved=points,
        lots=lots,
        created_at=scene.now,
    )
    change = with_transaction(change, posted)
    change = counted_towards_tiers(change, scene, row, approved=points)
    change = with_event(change, POINTS_EARNED, {"points": points}, now=scene.now, history_id=row.id)
    return within_range(touched(settle_tier(change, scene), scene.now))


def within_range(change: Change) -> Change:
    """The change, unless a balance or a sum towards tiers leaves ±(2^53-1): BalanceOutOfRange."""
    customer = change.customer
    balances = (customer.points_approved, customer.points_pending, customer.points_spent)
    for points in (*balances, customer.lifetime_points, customer.lifetime_spend):
        if abs(points) > MAX_POINTS:
            raise BalanceOutOfRange(points)
    return change


def counted_towards_tiers(
    change: Change, scene: Scene, row: HistoryRow, *, approved: int = 0, pending: int = 0
) -> Change:
    """Counts what a row gained (or lost) towards tiers, on the day it was earned.

    Only approved points count, unless the program counts pending ones as well.
    """
    total = scene.program.points.tier_points_count is TierPointsCount.TOTAL
    points = approved + (pending if total else 0)
    if points == 0:
        return change
    earned_on = local_day(row.happened_at, scene.program.primary_site.zone)
    return with_progress(
        change,
        Progress(earned_on=earned_on, points=points),
        amount=points if _tiers_count_points(scene.program) else 0,
    )


def _tiers_count_points(program: Program) -> bool:
    return program.tiers is not None and program.tiers.boundary_mode is BoundaryMode.POINTS


def touched(change: Change, now: datetime) -> Change:
    """The customer was changed at `now`."""
    if change.customer.updated_at == now:
        return change
    return with_customer(change, replace(change.customer, updated_at=now))
