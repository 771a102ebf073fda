"""Which points are over at a moment, in any zone, and what is left when they have gone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leal.domain.change import begin
from leal.domain.customers import HistoryKind, HistoryRow, Lot
from leal.domain.lapsing import (
    Standing,
    first_lapse_at,
    idle_lapses_at,
    lapse,
    overdue,
)
from leal.domain.program import Program
from tests.domain.scenes import NOON, member, scene_at
from tests.programs import Document, program_with, put

ZONES = (
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Europe/Berlin",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
)


def _program(mode: str, zone: str = "UTC", **more: object) -> Program:
    return _program_of({"mode": mode, **more}, zone)


def _program_of(settings: Document, zone: str = "UTC") -> Program:
    expiry = {"enabled_on": "2024-01-15", **settings}
    return program_with(put("expiry", expiry), put("sites.0.timezone", zone))


def _standing(**of: datetime | None) -> Standing:
    return Standing(
        customer_id=7,
        version=3,
        since=of.get("since") or datetime(2023, 5, 5, tzinfo=UTC),
        last_purchase_at=of.get("purchase"),
        last_changed_at=of.get("change"),
        points_approved=10,
    )


def _local(zone: str, *moment: int) -> datetime:
    year, month, day, hour, minute = moment
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("last", [(2024, 3, 10, 0, 1), (2024, 3, 10, 23, 59)])
@pytest.mark.parametrize(
    ("months", "ends"), [(1, (2024, 4, 10)), (7, (2024, 10, 10)), (12, (2025, 3, 10))]
)
def test_inactivity_counts_local_days(
    zone: str, last: tuple[int, ...], months: int, ends: tuple[int, int, int]
) -> None:
    program = _program("last_purchase", zone, months=months)
    end = idle_lapses_at(program, _standing(purchase=_local(zone, *last)))
    assert end is not None
    assert end.astimezone(ZoneInfo(zone)).date() == date(*ends)
    before = (end - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).date()
    assert before == date(*ends) - timedelta(days=1)


@pytest.mark.parametrize(
    ("mode", "of", "ends"),
    [
        # nothing ever happened: from joining, but not before it was switched on
        ("last_purchase", {}, "2024-04-15"),
        ("last_change", {}, "2024-04-15"),
        ("last_purchase", {"since": datetime(2024, 2, 1, 9, tzinfo=UTC)}, "2024-05-01"),
        # a change is no purchase
        ("last_purchase", {"change": datetime(2024, 6, 1, tzinfo=UTC)}, "2024-04-15"),
        ("last_change", {"change": datetime(2024, 6, 1, tzinfo=UTC)}, "2024-09-01"),
        # what happened before joining does not shorten it
        (
            "last_purchase",
            {
                "since": datetime(2024, 2, 1, tzinfo=UTC),
                "purchase": datetime(2024, 1, 20, tzinfo=UTC),
            },
            "2024-05-01",
        ),
        # a month that is too short ends it on its last day
        ("last_change", {"change": datetime(2024, 11, 30, 5, tzinfo=UTC)}, "2025-02-28"),
    ],
)
def test_what_the_clock_of_inactivity_starts_with(
    mode: str, of: dict[str, datetime | None], ends: str
) -> None:
    end = idle_lapses_at(_program(mode, months=3), _standing(**of))
    assert end == datetime.fromisoformat(ends).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("mode", "more", "first"),
    [
        ("date_earned", {"months": 6}, "2024-07-15"),
        ("calendar", {"yearly_on": {"month": 3, "day": 1}}, "2025-03-01"),
        ("calendar", {"yearly_on": {"month": 1, "day": 10}}, "2026-01-10"),
    ],
)
def test_by_date_nothing_ends_in_the_first_period(mode: str, more: Document, first: str) -> None:
    program = _program_of({"mode": mode, **more})
    end = datetime.fromisoformat(first).replace(tzinfo=UTC)
    assert first_lapse_at(program) == end
    lots = (Lot(expires_at=None, remaining=5), Lot(expires_at=NOON.replace(2024), remaining=5))
    assert overdue(lots, scene_at(program, end - timedelta(seconds=1))) == ()
    assert overdue(lots, scene_at(program, end)) == lots


@pytest.mark.parametrize("mode", ["last_purchase", "last_change"])
def test_lots_have_no_day_of_their_own_in_the_other_modes(mode: str) -> None:
    lots = (Lot(expires_at=NOON, remaining=5),)
    later = NOON + timedelta(days=400)
    assert overdue(lots, scene_at(_program(mode, months=3), later)) == ()
    assert overdue(lots, scene_at(program_with(), later)) == ()


_DAYS = st.integers(-20, 20)


@given(
    remaining=st.dictionaries(_DAYS | st.none(), st.integers(0, 1000), max_size=8),
    now=_DAYS,
)
def test_exactly_the_overdue_lots_go(remaining: dict[int | None, int], now: int) -> None:
    lots = tuple(
        Lot(expires_at=None if day is None else NOON + timedelta(days=day), remaining=points)
        for day, points in remaining.items()
    )
    account = member(approved=sum(remaining.values()), lots=lots)
    scene = scene_at(_program("date_earned", months=1), NOON + timedelta(days=now))
    change = lapse(begin(account), scene, lots=overdue(lots, scene), rows=())
    gone = {day for day, points in remaining.items() if points and (day is None or day <= now)}
    kept = sum(points for day, points in remaining.items() if day not in gone)
    assert change.customer.points_approved == kept
    assert sum(lot.remaining for lot in change.account.lots) == kept
    assert change.is_empty == (not gone)
    if gone:
        (row,), (posted,) = change.history, change.transactions
        assert row.points == posted.points_approved == sum(points for _, points in posted.lots)
        assert len(posted.lots) == len(gone)


@given(
    awards=st.lists(st.integers(1, 100), min_size=1, max_size=8),
    spent=st.integers(0, 700),
)
def test_the_newest_awards_are_those_that_expire(awards: list[int], spent: int) -> None:
    left = sum(awards) - spent
    lot = Lot(expires_at=NOON, remaining=max(left, 0))
    rows = tuple(
        HistoryRow(
            id=number + 1,
            kind=HistoryKind.EARNED,
            state="approved",
            happened_at=NOON,
            points=points,
            expires_at=NOON,
        )
        for number, points in reversed(list(enumerate(awards)))
    )
    scene = scene_at(_program("date_earned", months=1), NOON)
    account = member(approved=left, lots=(lot,) if left > 0 else ())
    change = lapse(begin(account), scene, lots=account.lots, rows=rows)
    expired = [row.points or 0 for row in change.changed_history]
    if left <= 0:
        assert change.is_empty
        return
    assert sum(expired) >= left > sum(expired) - expired[-1]
    assert expired == awards[::-1][: len(expired)]
