"""Points that expire: which are due, and what becomes of them.

By date, each lot has a day of its own; by inactivity, the whole approved balance goes together.
Pending points always stay. Which mode counts is what the program says today, so switching expiry
off saves everything, and switching it on takes nothing before one full period has passed.

An award whose points lapsed is shown as expired. Spending does not say of which award it was, so
the newest awards are taken to be those that were left: older ones, spent by then, stay approved.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from leal.domain.awards import AwardState
from leal.domain.change import (
    Change,
    begin,
    with_changed_row,
    with_history,
    with_transaction,
)
from leal.domain.customers import Account, HistoryKind, HistoryRow, Lot, Resource, Transaction
from leal.domain.dates import add_months, local_day, start_of_day
from leal.domain.expiry import expires_at
from leal.domain.lots import Moves, take_lot
from leal.domain.points import touched
from leal.domain.program import ExpiryMode, Program
from leal.domain.scene import Scene

APPROACHING = "program_events/customer.approaching_points_expiration"
_IDLE_MODES = (ExpiryMode.LAST_PURCHASE, ExpiryMode.LAST_CHANGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What of a customer's past expiry looks at, as of a version of theirs.

    `since` is when they joined (or appeared, as a guest with points). `rows` are approved awards,
    the newest first, and may be left out.
    """

    customer_id: int
    version: int
    since: datetime
    last_purchase_at: datetime | None
    last_changed_at: datetime | None
    points_approved: int
    rows: tuple[HistoryRow, ...] = ()


def by_inactivity(program: Program) -> bool:
    """Whether it is a customer's inactivity that ends their points."""
    return program.expiry is not None and program.expiry.mode in _IDLE_MODES


def by_date(program: Program) -> bool:
    """Whether each lot ends on a day of its own."""
    return program.expiry is not None and program.expiry.mode not in _IDLE_MODES


def first_lapse_at(program: Program) -> datetime | None:
    """By date: when points from before expiry was switched on end, and nothing ends sooner."""
    expiry = program.expiry
    if expiry is None or not by_date(program):
        return None
    switched_on = start_of_day(expiry.enabled_on, program.primary_site.zone)
    return expires_at(program, earned_at=switched_on, approve_at=None)


def idle_lapses_at(program: Program, standing: Standing) -> datetime | None:
    """By inactivity: when the balance ends, should nothing happen; None for never.

    The clock starts with the last purchase (or change), with joining when there was none, and not
    before expiry was switched on. The last day is a whole one, as everywhere: counted in the
    primary site's zone, points end as the day begins.
    """
    expiry = program.expiry
    if expiry is None or not by_inactivity(program) or expiry.months is None:
        return None
    purchases = expiry.mode is ExpiryMode.LAST_PURCHASE
    last = standing.last_purchase_at if purchases else standing.last_changed_at
    zone = program.primary_site.zone
    began = local_day(max(standing.since, last or standing.since), zone)
    return start_of_day(add_months(max(began, expiry.enabled_on), expiry.months), zone)


def notice_period(program: Program) -> timedelta:
    """How long before the end a customer is warned."""
    return timedelta(days=program.expiry.notice_days if program.expiry else 0)


def overdue(lots: Iterable[Lot], scene: Scene) -> tuple[Lot, ...]:
    """By date: the lots with something in them whose end has come."""
    first = first_lapse_at(scene.program)
    if first is None or first > scene.now:
        return ()
    return tuple(
        lot
        for lot in lots
        if lot.remaining > 0 and (lot.expires_at is None or lot.expires_at <= scene.now)
    )


def seen(account: Account, scene: Scene) -> Account:
    """The account as it is to be shown: what has expired is gone, though nobody saved that yet.

    By date only, and `account.lots` must hold what is overdue. The awards that are shown change
    like those that will be saved, because both go from the newest back.
    """
    lots = overdue(account.lots, scene)
    if not lots:
        return account
    return lapse(begin(account), scene, lots=lots, rows=_awards(account.history, scene)).account


def lapse(
    change: Change, scene: Scene, *, lots: tuple[Lot, ...], rows: tuple[HistoryRow, ...]
) -> Change:
    """Takes exactly these lots, with one row of history for them all; none: nothing happens.

    `rows` are the customer's approved awards, the newest first.
    """
    points = sum(lot.remaining for lot in lots)
    if points == 0:
        return change
    change = _awards_expired(change, lots, rows)
    customer = change.customer
    row = HistoryRow(
        id=0,
        kind=HistoryKind.EXPIRED,
        state=None,
        happened_at=scene.now,
        points=-points,
        site_id=scene.program.primary_site.id,
        source=f"expiry:{customer.id}:{scene.now.isoformat()}:{customer.version}",
    )
    change, row = with_history(change, row)
    moves: Moves = ()
    for lot in lots:
        change, taken = take_lot(change, lot)
        moves += taken
    posted = Transaction(
        history_id=row.id,
        resource=Resource.EXPIRY,
        cause="expired",
        points_approved=-points,
        lots=moves,
        created_at=scene.now,
    )
    return touched(with_transaction(change, posted), scene.now)


def _awards(history: Iterable[HistoryRow], scene: Scene) -> tuple[HistoryRow, ...]:
    return tuple(
        row
        for row in history
        if row.kind in (HistoryKind.EARNED, HistoryKind.ADDED)
        and row.state == AwardState.APPROVED
        and (row.points or 0) > 0
        and (row.expires_at is None or row.expires_at <= scene.now)
    )


def _awards_expired(change: Change, lots: tuple[Lot, ...], rows: tuple[HistoryRow, ...]) -> Change:
    left = {lot.expires_at: lot.remaining for lot in lots}
    for row in rows:
        if left.get(row.expires_at, 0) > 0 and row.state == AwardState.APPROVED:
            left[row.expires_at] -= row.points or 0
            change = with_changed_row(change, replace(row, state=AwardState.EXPIRED))
    return change
