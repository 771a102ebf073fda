"""How customers move between tiers over years, against a small model written another way.

Planted bugs these have caught: an upgrade that kept the old end, a calendar membership that ended a
window early.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leal.domain.change import Change, Progress, begin
from leal.domain.customers import Account, HistoryKind, ProgressDays
from leal.domain.dates import UTC, add_months
from leal.domain.points import add_by_hand
from leal.domain.program import Program
from leal.domain.refusals import CustomerBlocked, CustomerNotEnrolled
from leal.domain.tier_moves import (
    end_membership,
    has_ended,
    move_by_hand,
    place,
    settle_tier,
    tier_shown,
)
from tests.domain.scenes import member, scene_at
from tests.domain.test_tiers import ANNIVERSARY, CALENDAR, LIFETIME, ROLLING, utc
from tests.soak import examples

JOINED = utc(2021, 3, 5, 9)
BOUNDS = ((4, 300), (2, 100), (1, 0))
HIDDEN = 3
MODES = {
    "rolling": ROLLING,
    "lifetime": LIFETIME,
    "calendar": CALENDAR,
    "anniversary": ANNIVERSARY,
}


@dataclass(slots=True)
class Model:
    """A customer on the ladder of these tests, in UTC; windows and stays last twelve months."""

    mode: str
    tier: int = 1
    ends: datetime | None = None
    got: list[tuple[date, int]] = field(default_factory=list)
    entered: int = 0

    def window(self, today: date) -> tuple[date, date]:
        start = date(today.year, 1, 1)
        if self.mode == "anniversary":
            start = date(today.year, JOINED.month, JOINED.day)
        if start > today:
            start = add_months(start, -12)
        return start, add_months(start, 12)

    def amount(self, today: date) -> int:
        if self.mode == "lifetime":
            return sum(points for _, points in self.got)
        if self.mode == "rolling":
            return sum(points for day, points in self.got if add_months(day, 12) > today)
        start, end = self.window(today)
        return sum(points for day, points in self.got if start <= day < end)

    def enter(self, tier: int, now: datetime) -> None:
        self.tier, self.entered = tier, self.entered + 1
        self.ends = self.end_of_stay(now)

    def end_of_stay(self, now: datetime) -> datetime | None:
        if self.tier == 1 or self.mode == "lifetime":
            return None
        if self.mode == "rolling":
            day = add_months(now.date(), 12)
            return datetime.combine(day, now.timetz())
        end = add_months(self.window(now.date())[1], 12)
        return datetime.combine(end, time.min, tzinfo=UTC)

    def goes_on_to(self, now: datetime) -> None:
        while self.ends is not None and self.ends <= now:
            ended = self.ends
            last = ended.date() if self.mode == "rolling" else ended.date() - timedelta(days=1)
            earned = next(tier for tier, bound in BOUNDS if self.amount(last) >= bound)
            if earned == self.tier:
                self.ends = self.end_of_stay(ended)
            else:
                self.enter(earned, ended)

    def gets(self, points: int, now: datetime) -> None:
        self.got.append((now.date(), points))
        earned = next(tier for tier, bound in BOUNDS if self.amount(now.date()) >= bound)
        if earned > self.tier:
            self.enter(earned, now)


def caught_up(account: Account, program: Program, now: datetime) -> Account:
    while has_ended(account.customer, program, now):
        stay = account.customer.tier
        assert stay is not None
        assert stay.expires_at is not None
        ended = end_membership(begin(account), scene_at(program, stay.expires_at))
        assert ended.customer.tier != stay
        account = ended.account
    return account


gains = st.lists(
    st.tuples(
        st.integers(0, 500), st.integers(0, 86_399), st.sampled_from([1, 40, 99, 100, 150, 300])
    ),
    max_size=14,
)


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=examples(150, soak=3_000), deadline=None)
@given(gains=gains)
def test_years_of_moves_come_out_as_in_the_model(
    mode: str, gains: list[tuple[int, int, int]]
) -> None:
    program, model, now = MODES[mode], Model(mode), JOINED
    account = member(born=JOINED)
    for days, seconds, points in gains:
        now = max(now, datetime.combine(now.date(), time.min, tzinfo=UTC)) + timedelta(
            days=days, seconds=seconds
        )
        account = caught_up(account, program, now)
        model.goes_on_to(now)
        account = add_by_hand(account, scene_at(program, now), points=points, reason=None).account
        model.gets(points, now)
        stay = account.customer.tier
        assert stay is not None
        assert (stay.tier_id, stay.expires_at) == (model.tier, model.ends)
    entered = [row for row in account.history if row.kind is HistoryKind.ENTERED_TIER]
    assert len(entered) == model.entered


@settings(max_examples=examples(150, soak=3_000), deadline=None)
@given(gains=gains, more=st.integers(1, 500), place=st.integers(0, 13))
def test_more_never_means_a_lower_tier_in_a_lifetime(
    gains: list[tuple[int, int, int]], more: int, place: int
) -> None:
    """Only where memberships do not end: who rises sooner may also have to renew sooner."""

    def highest(points_at: dict[int, int]) -> list[int]:
        account, now, tiers = member(born=JOINED), JOINED, []
        for number, (days, _, points) in enumerate(gains):
            now += timedelta(days=days)
            account = caught_up(account, LIFETIME, now)
            given_points = points + points_at.get(number, 0)
            scene = scene_at(LIFETIME, now)
            account = add_by_hand(account, scene, points=given_points, reason=None).account
            assert account.customer.tier is not None
            tiers.append(account.customer.tier.tier_id)
        return tiers

    plain, richer = highest({}), highest({place: more})
    assert all(one <= other for one, other in zip(plain, richer, strict=True))


def test_what_is_shown_before_the_end_is_worked_off_is_what_it_will_be() -> None:
    account = add_by_hand(
        member(born=JOINED), scene_at(ROLLING, JOINED), points=100, reason=None
    ).account
    later = scene_at(ROLLING, JOINED + timedelta(days=366))
    assert tier_shown(account, later).customer.tier == (
        caught_up(account, ROLLING, later.now).customer.tier
    )
    assert tier_shown(account, scene_at(ROLLING, JOINED)) == account


def lowered(program: Program) -> Change:
    account = add_by_hand(
        member(born=JOINED), scene_at(program, JOINED), points=300, reason=None
    ).account
    joined_on = JOINED.date()
    fewer = begin(replace(account, progress=ProgressDays.of({joined_on: 50})))
    refund = Progress(earned_on=joined_on, points=-250)
    return settle_tier(replace(fewer, progress=(refund,)), scene_at(program, JOINED))


def test_a_refund_lowers_only_where_the_program_says_so() -> None:
    kept = lowered(ROLLING)
    assert kept.customer.tier is not None
    assert kept.customer.tier.tier_id == 4
    assert ROLLING.tiers is not None
    strict = replace(ROLLING, tiers=replace(ROLLING.tiers, downgrade_on_refund=True))
    dropped = lowered(strict)
    assert dropped.customer.tier is not None
    assert dropped.customer.tier.tier_id == 1


def test_a_manual_move_lasts_a_term_and_a_hidden_one_for_good() -> None:
    program, scene = ROLLING, scene_at(ROLLING, JOINED)
    assert program.tiers is not None
    by_hand = move_by_hand(member(born=JOINED), scene, tier=program.tier(4))
    stay = by_hand.customer.tier
    assert stay is not None
    assert (stay.tier_id, stay.manual, stay.expires_at) == (4, True, utc(2022, 3, 5, 9))
    hidden = move_by_hand(by_hand.account, scene, tier=program.tier(HIDDEN))
    stay = hidden.customer.tier
    assert stay is not None
    assert (stay.tier_id, stay.expires_at) == (HIDDEN, None)
    rich = add_by_hand(hidden.account, scene, points=900, reason=None)
    assert rich.customer.tier == stay, "nobody leaves a hidden tier by earning"
    freed = move_by_hand(rich.account, scene, tier=None)
    assert freed.customer.tier is not None
    assert (freed.customer.tier.tier_id, freed.customer.tier.manual) == (4, False)


def test_only_members_are_moved() -> None:
    scene, tier = scene_at(ROLLING), ROLLING.tier(4)
    account = member()
    blocked = replace(account, customer=replace(account.customer, blocked=True))
    with pytest.raises(CustomerBlocked):
        move_by_hand(blocked, scene, tier=tier)
    guest = replace(account, customer=replace(account.customer, enrolled_at=None, tier=None))
    with pytest.raises(CustomerNotEnrolled):
        move_by_hand(guest, scene, tier=tier)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("bought_on", "tier"),
    [(date(2021, 3, 4), 4), (date(2020, 3, 6), 4), (date(2020, 3, 4), 1)],
)
def test_a_guest_who_joins_is_placed_by_the_year_before(
    mode: str, bought_on: date, tier: int
) -> None:
    """Also where the window that counts for members begins on the day they join."""
    scene = scene_at(MODES[mode], JOINED)
    account = member(born=JOINED, tier=None)
    spent = replace(
        account,
        progress=ProgressDays.of({bought_on: 300}),
        customer=replace(account.customer, lifetime_points=300),
    )
    stay = place(begin(spent), scene).customer.tier
    assert stay is not None
    assert stay.tier_id == (4 if mode == "lifetime" else tier)
