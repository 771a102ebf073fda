"""Lots: approved points by the day they expire, the earliest spent first.

An approved balance below zero is a debt: the lots are empty then, and the next points pay the debt
before they fill a lot. So the lots always hold max(0, approved). Both steps work out the moves for
a transaction that is about to change the balance; post it right after.
"""

from dataclasses import replace
from datetime import UTC, datetime

from leal.domain.change import Change
from leal.domain.customers import Lot

Moves = tuple[tuple[datetime | None, int], ...]
"""What went into (+) or came out of (-) which lots, as (expires_at, points)."""


def put(change: Change, points: int, *, expires_at: datetime | None) -> tuple[Change, Moves]:
    """What of `points` fills the lot of `expires_at`, after any debt is paid."""
    before = change.customer.points_approved
    gain = max(0, before + points) - max(0, before)
    if gain == 0:
        return change, ()
    lots = _held(change)
    lots[expires_at] = lots.get(expires_at, 0) + gain
    return _with(change, lots), ((expires_at, gain),)


def take(change: Change, points: int) -> tuple[Change, Moves]:
    """Takes `points`, those that expire first first; what the lots do not hold becomes debt.

    `account.lots` must be loaded: lots that hold less than the approved balance are a bug and
    raise ValueError.
    """
    left = min(points, max(0, change.customer.points_approved))
    lots = _held(change)
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
    return _with(change, lots), tuple(moves)


def take_lot(change: Change, lot: Lot) -> tuple[Change, Moves]:
    """Empties one lot."""
    lots = _held(change)
    lots[lot.expires_at] = 0
    return _with(change, lots), ((lot.expires_at, -lot.remaining),)


def _held(change: Change) -> dict[datetime | None, int]:
    return {lot.expires_at: lot.remaining for lot in change.account.lots}


def _with(change: Change, lots: dict[datetime | None, int]) -> Change:
    kept = tuple(
        Lot(expires_at=expires, remaining=remaining) for expires, remaining in lots.items()
    )
    return replace(change, account=replace(change.account, lots=kept))


def _soonest(lot: Lot) -> datetime:
    return lot.expires_at or datetime.max.replace(tzinfo=UTC)
