"""The ledger's arithmetic: sums equal balances, lots equal what is spendable, nothing is lost.

Planted bugs these catch: `_put` ignoring debt (lots exceed the balance), `_take` starting with the
lot that expires last, a transaction posted without moving the balance.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leal.domain.change import Change
from leal.domain.customers import Account, HistoryKind, Lot
from leal.domain.points import MAX_POINTS, add_by_hand, remove_by_hand
from leal.domain.refusals import BalanceOutOfRange
from tests.domain.scenes import NOON, member, scene_at
from tests.programs import program_with, put

PLAIN = program_with()
BY_DATE_EARNED = program_with(
    put("expiry", {"mode": "date_earned", "months": 12, "enabled_on": "2020-01-01"})
)

moves = st.lists(
    st.tuples(st.sampled_from(["add", "remove"]), st.integers(1, 5_000), st.integers(0, 40)),
    max_size=25,
)


def after(change: Change) -> Account:
    """What a later load would return: the account, without the rows it would not read."""
    return replace(change.account, lots=tuple(lot for lot in change.account.lots if lot.remaining))


@given(moves)
def test_balances_are_sums_of_the_ledger_and_lots_hold_what_can_be_spent(
    steps: list[tuple[str, int, int]],
) -> None:
    account, now = member(), NOON
    ledger, lot_moves = 0, 0
    for kind, points, days in steps:
        now += timedelta(days=days)
        act = add_by_hand if kind == "add" else remove_by_hand
        change = act(account, scene_at(BY_DATE_EARNED, now), points=points, reason=None)
        ledger += sum(each.points_approved for each in change.transactions)
        lot_moves += sum(moved for each in change.transactions for _, moved in each.lots)
        account = after(change)
        assert account.customer.points_approved == ledger
        assert sum(lot.remaining for lot in account.lots) == max(0, ledger) == lot_moves
        assert all(lot.remaining >= 0 for lot in account.lots)


def day(number: int) -> datetime:
    return datetime(2026, 1, number, tzinfo=UTC)


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        (1, [(day(1), -1)]),
        (10, [(day(1), -10)]),
        (11, [(day(1), -10), (day(2), -1)]),
        (35, [(day(1), -10), (day(2), -20), (None, -5)]),
        (70, [(day(1), -10), (day(2), -20), (None, -30)]),
    ],
)
def test_points_that_expire_first_are_taken_first(
    taken: int, expected: list[tuple[datetime | None, int]]
) -> None:
    lots = (
        Lot(expires_at=None, remaining=30),
        Lot(expires_at=day(2), remaining=20),
        Lot(expires_at=day(1), remaining=10),
    )
    account = member(approved=60, lots=lots)
    change = remove_by_hand(account, scene_at(PLAIN), points=taken, reason=None)
    assert list(change.transactions[0].lots) == expected
    assert change.customer.points_approved == 60 - taken


def test_new_points_pay_a_debt_before_they_can_be_spent() -> None:
    account = member(approved=-50)
    change = add_by_hand(account, scene_at(PLAIN), points=80, reason="sorry")
    assert change.customer.points_approved == 30
    assert [lot.remaining for lot in change.account.lots] == [30]
    assert change.transactions[0].lots == ((None, 30),)
    still_owing = add_by_hand(account, scene_at(PLAIN), points=20, reason=None)
    assert still_owing.customer.points_approved == -30
    assert still_owing.account.lots == ()


def test_a_removal_may_go_below_zero_and_says_so_in_the_history() -> None:
    account = member(approved=10, lots=(Lot(expires_at=None, remaining=10),))
    change = remove_by_hand(account, scene_at(PLAIN), points=25, reason="fraud")
    row = change.history[0]
    assert (row.kind, row.points, row.state, row.reason) == (
        HistoryKind.REMOVED,
        -25,
        "applied",
        "fraud",
    )
    assert change.customer.points_approved == -15


def test_balances_stay_within_what_json_clients_can_hold() -> None:
    account = member(approved=-MAX_POINTS)
    with pytest.raises(BalanceOutOfRange):
        remove_by_hand(account, scene_at(PLAIN), points=1, reason=None)


def test_lots_that_do_not_hold_the_balance_are_a_bug_and_never_silently_accepted() -> None:
    account = member(approved=10, lots=(Lot(expires_at=None, remaining=4),))
    with pytest.raises(ValueError, match="6 points less"):
        remove_by_hand(account, scene_at(PLAIN), points=10, reason=None)


def test_reaching_a_bound_in_points_raises_the_member_at_once_and_may_skip_tiers() -> None:
    program = program_with(
        put("tiers.boundary_mode", "points"),
        put("tiers.tiers.1.lower_bound", 500),
    )
    account = member()
    at_499 = add_by_hand(account, scene_at(program), points=499, reason=None)
    assert at_499.customer.tier is not None
    assert at_499.customer.tier.tier_id == 1
    at_500 = add_by_hand(after(at_499), scene_at(program), points=1, reason=None)
    assert at_500.customer.tier is not None
    assert at_500.customer.tier.tier_id == 2
    assert at_500.customer.tier.expires_at == datetime(2026, 6, 10, 12, tzinfo=UTC)
    assert [row.kind for row in at_500.history] == [HistoryKind.ADDED, HistoryKind.ENTERED_TIER]
    assert "program_events/customer.tier_upgraded" in [event.topic for event in at_500.events]
