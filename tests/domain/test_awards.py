"""The life of an award: every step from every state, and what it moves.

Planted bugs these catch: a pending award reduced by what it stands for afterwards, a void award
called declined, one that comes back pending although its day is over.
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leal.domain.awards import AwardState, approve, settle, standing_points
from leal.domain.change import begin
from leal.domain.customers import Account, HistoryKind, HistoryRow
from leal.domain.points import MAX_POINTS
from leal.domain.refusals import BalanceOutOfRange
from tests.domain.orders import Book, shop
from tests.domain.scenes import NOON
from tests.programs import put
from tests.soak import examples

AHEAD, OVER = NOON + timedelta(days=3), NOON - timedelta(seconds=1)
LAPSES = NOON + timedelta(days=60)


class Award:
    """One award in a book, moved step by step; each step is saved and checked."""

    def __init__(self, *, waits: bool = False) -> None:
        self.book = Book(shop())
        self.row = HistoryRow(
            id=1,
            kind=HistoryKind.EARNED,
            state=AwardState.DECLINED,
            happened_at=NOON,
            points=0,
            rule_id=1,
            approve_at=AHEAD if waits else OVER,
            expires_at=LAPSES,
        )
        self.book.history[1] = self.row
        self.steps = 0

    def settle(self, points: int) -> "Award":
        self.steps += 1
        self.book.save(
            settle(
                begin(self._account()),
                self.book.scene(),
                self.row,
                points=points,
                cause=f"step {self.steps}",
            )
        )
        return self._moved()

    def approve(self) -> "Award":
        self.book.save(approve(begin(self._account()), self.book.scene(), self.row))
        return self._moved()

    @property
    def state(self) -> tuple[str | None, int]:
        """How it is shown, and with how many points."""
        return self.row.state, self.row.points or 0

    def _account(self) -> Account:
        return replace(self.book.load(), rows=(self.row,))

    def _moved(self) -> "Award":
        self.row = self.book.history[1]
        self.book.check()
        return self


@pytest.mark.parametrize(
    ("waits", "steps", "state", "balances"),
    [
        (True, [20], ("pending", 20), (0, 20)),
        (False, [20], ("approved", 20), (20, 0)),
        (True, [20, 20], ("pending", 20), (0, 20)),
        (True, [20, 12], ("pending", 12), (0, 12)),
        (True, [20, 35], ("pending", 35), (0, 35)),
        (False, [20, 12], ("approved", 12), (12, 0)),
        (False, [20, 35], ("approved", 35), (35, 0)),
        # an ended award keeps showing what it was about
        (True, [20, 0], ("declined", 20), (0, 0)),
        (False, [20, 0], ("void", 20), (0, 0)),
        (True, [20, 0, 0], ("declined", 20), (0, 0)),
        (True, [20, 0, 15], ("pending", 15), (0, 15)),
        (False, [20, 0, 15], ("approved", 15), (15, 0)),
        (False, [0], ("declined", 0), (0, 0)),
    ],
)
def test_each_step_moves_the_difference(
    *, waits: bool, steps: list[int], state: tuple[str, int], balances: tuple[int, int]
) -> None:
    award = Award(waits=waits)
    for points in steps:
        award.settle(points)
    assert (award.state, award.book.balances()) == (state, balances)
    assert sum(award.book.lots.values()) == balances[0]


def test_approval_moves_what_waits_and_only_that() -> None:
    award = Award(waits=True).settle(20).approve()
    assert (award.state, award.book.balances()) == (("approved", 20), (20, 0))
    assert award.book.lots == {LAPSES: 20}
    entries = len(award.book.ledger)
    assert len(award.approve().book.ledger) == entries
    award.settle(0).approve()
    assert (award.state, award.book.balances()) == (("void", 20), (0, 0))


def test_what_was_approved_early_may_end_come_back_and_be_approved_again() -> None:
    """By hand an award can be approved before its day; each approval is an entry of its own."""
    award = Award(waits=True).settle(20).approve().settle(0).settle(20)
    assert award.approve().book.balances() == (20, 0)


def test_what_has_expired_stays_so() -> None:
    award = Award().settle(20)
    award.row = award.book.history[1] = replace(award.row, state=AwardState.EXPIRED)
    account = award.book.load()
    change = settle(
        begin(account), award.book.scene(), award.row, points=5, cause="the order changed"
    )
    assert change.account == account
    assert standing_points(award.row) == 0


def test_taking_back_what_was_spent_leaves_a_debt_that_later_points_pay() -> None:
    award = Award().settle(20)
    award.book.give(-15)
    award.settle(0)
    assert (award.book.balances(), sum(award.book.lots.values())) == ((-15, 0), 0)
    award.settle(20)
    assert (award.book.balances(), award.book.lots[LAPSES]) == ((5, 0), 5)


def test_no_award_carries_a_balance_out_of_range() -> None:
    award = Award().settle(MAX_POINTS)
    with pytest.raises(BalanceOutOfRange):
        award.settle(MAX_POINTS + 1)
    assert award.book.balances() == (MAX_POINTS, 0)


@settings(max_examples=examples(200, soak=3_000), deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("settle"), st.integers(0, 40)),
            st.tuples(st.just("give"), st.integers(-40, 40).filter(bool)),
            st.tuples(st.just("later"), st.integers(0, 2)),
        ),
        max_size=15,
    ),
)
def test_any_steps_end_where_the_last_word_says(steps: list[tuple[str, int]]) -> None:
    award, last, by_hand = Award(waits=True), 0, 0
    for what, number in steps:
        if what == "settle":
            award.settle(number)
            last = number
        elif what == "give":
            award.book.give(number)
            by_hand += number
        else:
            award.book.later(number)
            award.row = award.book.history[1]
        assert standing_points(award.row) == last
        assert sum(award.book.balances()) == last + by_hand
    assert award.book.customer.lifetime_points == sum(
        entry.points_approved
        for entry in award.book.ledger
        if entry.resource == "activity" or entry.points_approved > 0
    )


@pytest.mark.parametrize("count", ["approved", "total"])
def test_pending_points_count_towards_tiers_where_the_program_says_so(count: str) -> None:
    program = shop(
        put("points", {"tier_points_count": count}),
        put("tiers.boundary_mode", "points"),
        put("tiers.tiers.1.lower_bound", 20),
    )
    award = Award(waits=True)
    award.book.program = program
    award.settle(20)
    tier = award.book.customer.tier
    assert tier
    assert (tier.tier_id, award.book.customer.lifetime_points) == (
        (2, 20) if count == "total" else (1, 0)
    )
    award.approve()
    tier = award.book.customer.tier
    assert tier
    assert (tier.tier_id, award.book.customer.lifetime_points) == (2, 20)
