"""Limits and expiry a minute before and after the edges of days, weeks and months, in six zones.

What is expected comes from a calendar of its own below: whole numbers of minutes, the civil
calendar by arithmetic, and the zones' offsets as a table written down from their public rules.

Planted bugs these catch: weeks that begin on Sunday, an end at midnight of UTC.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import combinations

import pytest

from leal.domain.customers import Lot, Subject
from leal.domain.expiry import expires_at
from leal.domain.lapsing import overdue
from leal.domain.limits import ReachedUntilReset, limit_status
from leal.domain.offers import Interval, Limit
from leal.domain.program import Program
from tests.domain.orders import Book, paid, shop
from tests.domain.scenes import scene_at
from tests.programs import program_with, put

HOUR, DAY = 60, 1440
Date = tuple[int, int, int]


def number(day: Date) -> int:
    """Days since the first of March of the year 0."""
    year, month, of_month = day
    year, month = (year, month - 3) if month > 2 else (year - 1, month + 9)
    return (
        365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + of_month - 1
    )


def date_of(day: int) -> Date:
    """The date of a number."""
    year = day // 365
    while number((year, 3, 1)) > day:
        year -= 1
    month = (5 * (day - number((year, 3, 1))) + 2) // 153
    of_month = day - number((year, 3, 1)) - (153 * month + 2) // 5 + 1
    return (year, month + 3, of_month) if month < 10 else (year + 1, month - 9, of_month)


EPOCH = number((1970, 1, 1))


def minutes(day: Date, hour: int, minute: int = 0) -> int:
    """Minutes since 1970 of a time in UTC, or on a wall if one takes it for that."""
    return (number(day) - EPOCH) * DAY + hour * HOUR + minute


def moment(minute: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)


# Since which minute in UTC (None: ever) a zone is how many minutes ahead of it.
Offsets = tuple[tuple[int | None, int], ...]
ZONES: dict[str, Offsets] = {
    "UTC": ((None, 0),),
    "America/New_York": (
        (None, -5 * HOUR),
        (minutes((2024, 3, 10), 7), -4 * HOUR),
        (minutes((2024, 11, 3), 6), -5 * HOUR),
        (minutes((2025, 3, 9), 7), -4 * HOUR),
        (minutes((2025, 11, 2), 6), -5 * HOUR),
        (minutes((2026, 3, 8), 7), -4 * HOUR),
        (minutes((2026, 11, 1), 6), -5 * HOUR),
    ),
    "Europe/Berlin": (
        (None, HOUR),
        (minutes((2024, 3, 31), 1), 2 * HOUR),
        (minutes((2024, 10, 27), 1), HOUR),
        (minutes((2025, 3, 30), 1), 2 * HOUR),
        (minutes((2025, 10, 26), 1), HOUR),
        (minutes((2026, 3, 29), 1), 2 * HOUR),
        (minutes((2026, 10, 25), 1), HOUR),
    ),
    # half an hour of summer time, from two o'clock to two o'clock
    "Australia/Lord_Howe": (
        (None, 11 * HOUR),
        (minutes((2024, 4, 6), 15), 10 * HOUR + 30),
        (minutes((2024, 10, 5), 15, 30), 11 * HOUR),
        (minutes((2025, 4, 5), 15), 10 * HOUR + 30),
        (minutes((2025, 10, 4), 15, 30), 11 * HOUR),
        (minutes((2026, 4, 4), 15), 10 * HOUR + 30),
        (minutes((2026, 10, 3), 15, 30), 11 * HOUR),
    ),
    "Asia/Kathmandu": ((None, 5 * HOUR + 45),),
    # the 30th of December 2011 was left out; no summer time since 2021
    "Pacific/Apia": (
        (None, -10 * HOUR),
        (minutes((2011, 12, 30), 10), 14 * HOUR),
        (minutes((2021, 4, 3), 14), 13 * HOUR),
    ),
}
CHANGES: dict[str, tuple[Date, ...]] = {
    "UTC": ((2021, 12, 31),),
    "America/New_York": ((2025, 3, 9), (2025, 11, 2)),
    "Europe/Berlin": ((2025, 3, 30), (2025, 10, 26)),
    "Australia/Lord_Howe": ((2025, 4, 6), (2025, 10, 5)),
    "Asia/Kathmandu": ((2021, 12, 31),),
    "Pacific/Apia": ((2011, 12, 31),),
}
LEAP_DAY, NEW_YEAR = (2024, 2, 29), (2025, 1, 1)


def offset(zone: str, utc: int) -> int:
    return [ahead for since, ahead in ZONES[zone] if since is None or since <= utc][-1]


def wall(zone: str, utc: int) -> int:
    return utc + offset(zone, utc)


def instant(zone: str, on_wall: int) -> int:
    """The first minute in UTC at which the wall says so, or something later already."""
    found = on_wall - max(ahead for _, ahead in ZONES[zone])
    while wall(zone, found) < on_wall:
        found += 1
    return found


def first_day(interval: Interval, day: int) -> int:
    """The first day of the interval that holds a day."""
    year, month, _ = date_of(day)
    match interval:
        case Interval.DAY:
            return day
        case Interval.WEEK:
            return day - (day - number((2024, 1, 1))) % 7  # a Monday
        case Interval.MONTH:
            return number((year, month, 1))
        case _:
            return number((year, 1, 1))


def next_first_day(interval: Interval, day: int) -> int:
    first = first_day(interval, day)
    longest = {Interval.DAY: 1, Interval.WEEK: 7, Interval.MONTH: 31, Interval.YEAR: 366}
    return next(
        first + ahead
        for ahead in range(1, longest[interval] + 1)
        if first_day(interval, first + ahead) != first
    )


@dataclass(frozen=True)
class Case:
    """Twice in a row, at two minutes in UTC, in a zone, under a limit of once an interval."""

    zone: str
    interval: Interval
    first: int
    second: int

    def __str__(self) -> str:
        first, second = (moment(wall(self.zone, each)) for each in (self.first, self.second))
        return f"{self.zone} {self.interval} {first:%Y-%m-%dT%H:%M} {second:%m-%dT%H:%M}"

    @property
    def days(self) -> tuple[int, int]:
        """The numbers of the days on the zone's walls."""
        first, second = (wall(self.zone, each) // DAY + EPOCH for each in (self.first, self.second))
        return first, second


def limit_cases() -> Iterator[Case]:
    """Around the beginning and the end of the intervals that hold a change of the clocks."""
    for zone, changes in CHANGES.items():
        for day in (*changes, LEAP_DAY, NEW_YEAR):
            for interval in (Interval.DAY, Interval.WEEK, Interval.MONTH):
                begin = first_day(interval, number(day))
                end = next_first_day(interval, number(day))
                walls = [(edge - EPOCH) * DAY + apart for edge in (begin, end) for apart in (-1, 1)]
                instants = sorted({instant(zone, on_wall) for on_wall in walls})
                for first, second in combinations(instants, 2):
                    yield Case(zone, interval, first, second)


LIMITS = tuple(limit_cases())


@cache
def limited(zone: str, interval: Interval) -> Program:
    return shop(
        put("sites.0.timezone", zone), limit={"count": 1, "interval": interval}, approval_days=0
    )


@pytest.mark.parametrize("case", LIMITS, ids=str)
def test_once_an_interval(case: Case) -> None:
    book = Book(limited(case.zone, case.interval), now=moment(case.first))
    book.create(paid("10"), "first")
    book.now = moment(case.second)
    first, second = (first_day(case.interval, day) for day in case.days)
    status = limit_status(
        Limit(count=1, interval=case.interval),
        book.counters[Subject.RULE, 1],
        now=book.now,
        zone=book.program.primary_site.zone,
    )
    opens = instant(case.zone, (next_first_day(case.interval, first) - EPOCH) * DAY)
    reached = ReachedUntilReset(interval=case.interval, resets_at=moment(opens))
    assert (status == reached) == (first == second)
    book.create(paid("10"), "second")
    assert book.points_by_rule("second") == ({} if first == second else {1: 10})


@dataclass(frozen=True)
class Earned:
    """Points earned at a minute in UTC, that end so many months later; 0: on 1 April each year."""

    zone: str
    months: int
    at: int

    def __str__(self) -> str:
        return f"{self.zone} {self.months} {moment(wall(self.zone, self.at)):%Y-%m-%dT%H:%M}"

    @property
    def ends(self) -> int:
        """The minute in UTC at which they end."""
        day = wall(self.zone, self.at) // DAY + EPOCH
        year, month, of_month = date_of(day)
        if not self.months:
            year += (month, of_month) >= (4, 1)
            return instant(self.zone, minutes((year, 4, 1), 0))
        month += self.months
        year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
        longest = number((year + month // 12, month % 12 + 1, 1)) - number((year, month, 1))
        return instant(self.zone, minutes((year, month, min(of_month, longest)), 0))


def expiry_cases() -> Iterator[Earned]:
    """A minute before and after midnight, on days whose ends are days of change, and others."""
    for zone, changes in CHANGES.items():
        ends = (*changes, (2025, 3, 31), LEAP_DAY, (2025, 4, 1), NEW_YEAR)
        for months in (0, 1, 12):
            for year, month, of_month in dict.fromkeys(ends):
                earlier = month - months
                start = (year + (earlier - 1) // 12, (earlier - 1) % 12 + 1, min(of_month, 28))
                for day in (start, (year, month, of_month)):
                    for apart in (-1, 1):
                        yield Earned(zone, months, instant(zone, minutes(day, 0) + apart))


EXPIRIES = tuple(dict.fromkeys(expiry_cases()))


@cache
def expiring(zone: str, months: int) -> Program:
    yearly = {"mode": "calendar", "yearly_on": {"month": 4, "day": 1}}
    dated = {"mode": "date_earned", "months": months}
    expiry = (dated if months else yearly) | {"enabled_on": "2005-01-01"}
    return program_with(put("sites.0.timezone", zone), put("expiry", expiry))


@pytest.mark.parametrize("case", EXPIRIES, ids=str)
def test_points_end_with_the_day(case: Earned) -> None:
    program = expiring(case.zone, case.months)
    found = expires_at(program, earned_at=moment(case.at), approve_at=None)
    assert found == moment(case.ends)
    lots = (Lot(expires_at=found, remaining=5),)
    assert overdue(lots, scene_at(program, moment(case.ends - 1))) == ()
    assert overdue(lots, scene_at(program, moment(case.ends))) == lots


def test_there_are_enough_cases_of_both_kinds() -> None:
    assert len(set(LIMITS)) == len(LIMITS) >= 300
    assert len(EXPIRIES) >= 300
    for edge in (True, False):
        same = [
            (first_day(case.interval, case.days[0]) == first_day(case.interval, case.days[1]))
            for case in LIMITS
        ]
        assert same.count(edge) >= 60


@pytest.mark.parametrize("day", [(1970, 1, 1), (2000, 2, 29), (2024, 2, 29), (2025, 12, 31)])
def test_the_calendar_of_these_tests_agrees_with_the_library(day: Date) -> None:
    assert moment(minutes(day, 0)) == datetime(*day, tzinfo=UTC)
    assert date_of(number(day)) == day
