"""The life of an award: points of one history row that wait, are approved, shrink, end, come back.

A row stands for its points while it is pending or approved; declined (was pending) and void (was
approved) rows stand for nothing. Each step posts the difference and moves the row, so whatever the
order of steps, the ledger's sum for a row is what the row stands for.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from leal.domain.change import (
    Change,
    with_changed_row,
    with_event,
    with_transaction,
)
from leal.domain.customers import HistoryRow, Resource, Transaction
from leal.domain.lots import Moves, put, take
from leal.domain.points import counted_towards_tiers, touched, within_range
from leal.domain.scene import Scene
from leal.domain.tier_moves import settle_tier
from leal.domain.topics import POINTS_EARNED


class AwardState(StrEnum):
    """Where an award is in its life."""

    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"
    VOID = "void"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moved:
    """What one step moves."""

    approved: int = 0
    pending: int = 0
    lots: Moves = ()


def standing_points(row: HistoryRow) -> int:
    """The points a row stands for now."""
    standing = row.state in (AwardState.PENDING, AwardState.APPROVED)
    return (row.points or 0) if standing else 0


def approve(change: Change, scene: Scene, row: HistoryRow) -> Change:
    """A pending award becomes spendable; one in any other state stays as it is.

    An award may be undone, come back and be approved again, so the cause names the version.
    """
    if row.state != AwardState.PENDING:
        return change
    points = row.points or 0
    cause = f"approved in version {change.before.customer.version + 1}"
    change, lots = put(change, points, expires_at=row.expires_at)
    entry = _entry(row, scene, cause, moves=_Moved(approved=points, pending=-points, lots=lots))
    change = _posted(change, scene, row, posted=entry)
    change = with_changed_row(change, replace(row, state=AwardState.APPROVED))
    change = with_event(change, POINTS_EARNED, {"points": points}, now=scene.now, history_id=row.id)
    return _settled(change, scene)


def settle(change: Change, scene: Scene, row: HistoryRow, *, points: int, cause: str) -> Change:
    """The award comes to stand for `points` (0 or more), whatever it stood for before.

    0 ends it: declined when it was pending, void when it was approved. An ended one that comes back
    waits again while its approval date lies ahead, and is approved at once afterwards. What has
    expired stays expired. `account.lots` must be loaded.
    """
    if points == standing_points(row):
        return change
    match AwardState(row.state or ""):
        case AwardState.PENDING:
            change = _pending_becomes(change, scene, row, points=points, cause=cause)
        case AwardState.APPROVED:
            change = _approved_becomes(change, scene, row, points=points, cause=cause)
        case AwardState.DECLINED | AwardState.VOID:
            change = _comes_back(change, scene, row, points=points, cause=cause)
        case AwardState.EXPIRED:
            return change
        case state:
            assert_never(state)
    return _settled(change, scene)


def _pending_becomes(
    change: Change, scene: Scene, row: HistoryRow, *, points: int, cause: str
) -> Change:
    entry = _entry(row, scene, cause, moves=_Moved(pending=points - (row.points or 0)))
    change = _posted(change, scene, row, posted=entry)
    return with_changed_row(change, _with_points(row, points, ended=AwardState.DECLINED))


def _approved_becomes(
    change: Change, scene: Scene, row: HistoryRow, *, points: int, cause: str
) -> Change:
    difference = points - (row.points or 0)
    if difference > 0:
        change, lots = put(change, difference, expires_at=row.expires_at)
    else:
        change, lots = take(change, -difference)
    entry = _entry(row, scene, cause, moves=_Moved(approved=difference, lots=lots))
    change = _posted(change, scene, row, posted=entry)
    if difference > 0:
        told = {"points": difference}
        change = with_event(change, POINTS_EARNED, told, now=scene.now, history_id=row.id)
    return with_changed_row(change, _with_points(row, points, ended=AwardState.VOID))


def _comes_back(
    change: Change, scene: Scene, row: HistoryRow, *, points: int, cause: str
) -> Change:
    row = replace(row, points=points)
    if row.approve_at is not None and row.approve_at > scene.now:
        entry = _entry(row, scene, cause, moves=_Moved(pending=points))
        change = _posted(change, scene, row, posted=entry)
        return with_changed_row(change, replace(row, state=AwardState.PENDING))
    change, lots = put(change, points, expires_at=row.expires_at)
    entry = _entry(row, scene, cause, moves=_Moved(approved=points, lots=lots))
    change = _posted(change, scene, row, posted=entry)
    change = with_event(change, POINTS_EARNED, {"points": points}, now=scene.now, history_id=row.id)
    return with_changed_row(change, replace(row, state=AwardState.APPROVED))


def _with_points(row: HistoryRow, points: int, *, ended: AwardState) -> HistoryRow:
    """An ended row keeps showing what it was about."""
    return replace(row, points=points) if points else replace(row, state=ended)


def _posted(change: Change, scene: Scene, row: HistoryRow, *, posted: Transaction) -> Change:
    change = with_transaction(change, posted)
    return counted_towards_tiers(
        change, scene, row, approved=posted.points_approved, pending=posted.points_pending
    )


def _entry(row: HistoryRow, scene: Scene, cause: str, *, moves: _Moved) -> Transaction:
    return Transaction(
        history_id=row.id,
        resource=Resource.ACTIVITY,
        cause=cause,
        points_approved=moves.approved,
        points_pending=moves.pending,
        lots=moves.lots,
        created_at=scene.now,
    )


def _settled(change: Change, scene: Scene) -> Change:
    return within_range(touched(settle_tier(change, scene), scene.now))
