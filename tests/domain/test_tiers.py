"""Progress in tiers: windows by local days, the null rules, and rising.

Planted bugs these catch: a contribution counted one day too long, a default tier with a renewal,
an upgrade into a hidden tier.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leal.domain.change import begin
from leal.domain.customers import Account, ProgressDays, TierMembership
from leal.domain.program import Program
from leal.domain.tier_moves import settle_tier
from leal.domain.tiers import Standing, counted_since, standing
from tests.domain.scenes import member, scene_at
from tests.programs import program_with, put


def ladder(membership: dict[str, Any], *, zone: str = "UTC") -> Program:
    tiers = [
        {"id": 1, "key": "bronze", "name": "Bronze", "lower_bound": 0},
        {"id": 2, "key": "silver", "name": "Silver", "lower_bound": 100},
        {"id": 3, "key": "secret", "name": "Secret", "lower_bound": 150, "hidden": True},
        {"id": 4, "key": "gold", "name": "Gold", "lower_bound": 300},
    ]
    return program_with(
        put("tiers.boundary_mode", "points"),
        put("tiers.membership", membership),
        put("tiers.tiers", tiers),
        put("tiers.benefits", []),
        put("rules", []),
        put("rewards", []),
        put("sites.0.timezone", zone),
    )


ROLLING = ladder({"mode": "rolling", "duration_months": 12})
LIFETIME = ladder({"mode": "lifetime"})
CALENDAR = ladder(
    {"mode": "calendar", "starts_on": {"month": 1, "day": 1}, "months": 12, "windows": 1}
)
ANNIVERSARY = ladder({"mode": "enrollment_anniversary", "windows": 1})


def utc(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def stands(
    program: Program, now: datetime, *, tier: TierMembership, days: dict[date, int], ever: int = 0
) -> Standing:
    assert program.tiers is not None
    account = member(born=utc(2023, 3, 5))
    customer = replace(account.customer, tier=tier, lifetime_points=ever)
    account = replace(account, customer=customer, progress=ProgressDays.of(days))
    return standing(account, program, program.tiers, now=now)


def in_tier(tier_id: int, *, expires_at: datetime | None = None) -> TierMembership:
    return TierMembership(tier_id=tier_id, started_at=utc(2024, 6, 1), expires_at=expires_at)


def test_a_rolling_window_lets_a_day_go_a_full_term_later() -> None:
    days = {date(2024, 6, 11): 50, date(2025, 2, 1): 30}
    still = stands(ROLLING, utc(2025, 6, 10, 23), tier=in_tier(1), days=days)
    assert (still.now, still.valid_until) == (80, utc(2025, 6, 11))
    gone = stands(ROLLING, utc(2025, 6, 11), tier=in_tier(1), days=days)
    assert (gone.now, gone.valid_until) == (30, utc(2026, 2, 1))


def test_days_are_those_of_the_primary_site() -> None:
    program = ladder({"mode": "rolling", "duration_months": 12}, zone="America/New_York")
    days = {date(2024, 6, 10): 50}
    evening = stands(program, utc(2025, 6, 10, 3), tier=in_tier(1), days=days)
    assert (evening.now, evening.valid_until) == (50, utc(2025, 6, 10, 4))


def test_the_default_tier_has_nothing_to_renew_and_nothing_to_forecast() -> None:
    found = stands(ROLLING, utc(2025, 6, 10), tier=in_tier(1), days={date(2025, 6, 1): 40})
    assert found.at_expiration is None
    assert found.needed_for_renewal is None
    assert found.forecasted_tier is None
    assert found.upgrade_tier is not None
    assert (found.upgrade_tier.id, found.needed_for_upgrade) == (2, 60)


def test_renewal_and_forecast_look_at_what_will_still_count_at_the_end() -> None:
    tier = in_tier(2, expires_at=utc(2025, 12, 1))
    days = {date(2024, 11, 1): 80, date(2025, 3, 1): 70}
    found = stands(ROLLING, utc(2025, 6, 10), tier=tier, days=days)
    assert (found.now, found.at_expiration) == (150, 70)
    assert found.needed_for_renewal == 30
    assert found.forecasted_tier is not None
    assert found.forecasted_tier.id == 1
    # the hidden tier is no candidate: the next one to see is gold
    assert found.upgrade_tier is not None
    assert (found.upgrade_tier.id, found.needed_for_upgrade) == (4, 150)


def test_a_hidden_tier_leads_nowhere_by_itself() -> None:
    found = stands(ROLLING, utc(2025, 6, 10), tier=in_tier(3), days={date(2025, 6, 1): 400})
    assert found.upgrade_tier is None
    assert found.needed_for_upgrade is None


def test_lifetime_counts_everything_and_nulls_the_rest() -> None:
    found = stands(LIFETIME, utc(2025, 6, 10), tier=in_tier(2), days={}, ever=250)
    assert found.now == 250
    assert found.at_expiration is None
    assert found.valid_until is None
    assert found.needed_for_renewal is None
    assert found.forecasted_tier is None


def test_a_calendar_window_starts_empty() -> None:
    tier = in_tier(2, expires_at=utc(2026, 1, 1))
    days = {date(2024, 12, 31): 120, date(2025, 1, 1): 30}
    found = stands(CALENDAR, utc(2025, 6, 10), tier=tier, days=days)
    assert (found.now, found.at_expiration, found.valid_until) == (30, 30, utc(2026, 1, 1))
    early = stands(CALENDAR, utc(2024, 12, 31, 23), tier=tier, days=days)
    assert (early.now, early.valid_until) == (120, utc(2025, 1, 1))


def test_an_anniversary_window_starts_on_the_day_of_joining() -> None:
    days = {date(2025, 3, 4): 10, date(2025, 3, 5): 5}
    found = stands(ANNIVERSARY, utc(2025, 6, 10), tier=in_tier(1), days=days)
    assert (found.now, found.valid_until) == (5, utc(2026, 3, 5))


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (ROLLING, utc(2026, 6, 10, 12)),
        (LIFETIME, None),
        (CALENDAR, utc(2027, 1, 1)),
        (ANNIVERSARY, utc(2027, 3, 5)),
    ],
    ids=["rolling", "lifetime", "calendar", "anniversary"],
)
def test_how_long_a_new_membership_lasts(program: Program, expected: datetime | None) -> None:
    account = earned(100, born=utc(2023, 3, 5))
    change = settle_tier(begin(account), scene_at(program))
    assert change.customer.tier == TierMembership(
        tier_id=2, started_at=utc(2025, 6, 10, 12), expires_at=expected
    )


def earned(points: int, *, born: datetime) -> Account:
    account = member(born=born)
    return replace(
        account,
        customer=replace(account.customer, lifetime_points=points),
        progress=ProgressDays.of({date(2025, 6, 10): points}),
    )


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_more_never_means_a_lower_tier(one: int, other: int) -> None:
    def tier_for(points: int) -> int:
        change = settle_tier(begin(earned(points, born=utc(2023, 3, 5))), scene_at(ROLLING))
        assert change.customer.tier is not None
        return change.customer.tier.tier_id

    low, high = sorted((one, other))
    assert tier_for(low) <= tier_for(high)
    assert tier_for(high) != 3


def test_the_load_reaches_back_far_enough_for_every_window() -> None:
    now = utc(2025, 6, 10, 12)
    assert counted_since(ROLLING, now) == date(2024, 6, 9)
    assert counted_since(LIFETIME, now) is None
    since = counted_since(CALENDAR, now)
    assert since is not None
    assert since <= date(2025, 1, 1)
