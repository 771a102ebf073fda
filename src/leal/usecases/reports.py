"""Reports from the ledger: what became of a program's points, day by day.

Sums by day are kept for good, from the first entry on. No save touches them: `add_up` brings them
up to date from the ledger, and a report reads the rest from the ledger itself. So a report is
always exact, however long ago that was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Final

from leal.domain.dates import local_day, start_of_day
from leal.storage import reports as stored
from leal.storage.reports import Days, Sums
from leal.usecases.desk import Desk

DEFAULT_DAYS: Final = 30
MAX_DAYS: Final = 3_660
_AT_ONCE: Final = 50_000

COLUMNS: Final = (
    "outstanding_start",
    "earned",
    "earned_reversed",
    "redeemed",
    "redeemed_reimbursed",
    "expired",
    "outstanding_end",
    "difference",
)
"""The numbers of a day, in their order; each is a member of `DayReport`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReport:
    """One day, or several as one from `day` on.

    Earned are awards (pending ones too), what they grow by, and points given by hand; reversed is
    what refunds, voids, declines and removals by hand take back. Outstanding are pending and
    approved points together; `difference` is what the day changed of them.
    """

    day: date
    outstanding_start: int
    earned: int
    earned_reversed: int
    redeemed: int
    redeemed_reimbursed: int
    expired: int
    difference: int

    @property
    def outstanding_end(self) -> int:
        """What is outstanding when it is over."""
        return self.outstanding_start + self.difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A row for each day of the period, in the zone `timezone`; `totals` is the period as one."""

    period: Period
    timezone: str
    days: tuple[DayReport, ...]
    totals: DayReport


async def today(desk: Desk, program_id: int) -> date:
    """The program's day: that of its own time, in the zone of its primary site. Raises Missing."""
    published = await desk.programs.current(program_id)
    return local_day(desk.now(program_id), published.program.primary_site.zone)


def last_days(today: date) -> Period:
    """What is reported when nobody says: the last 30 days, today included."""
    return Period(first=today - timedelta(days=DEFAULT_DAYS - 1), last=today)


async def report_points(desk: Desk, program_id: int, *, period: Period) -> Report:
    """A program's points by day; only reads. Raises Missing for an unknown program."""
    site = (await desk.programs.current(program_id)).program.primary_site
    days = _days(period.first, period.last, site.zone)
    sums = await stored.load_sums(desk.database, program_id, days=days)
    before = sums.get(0, Sums()).difference
    rows: list[DayReport] = []
    outstanding = before
    for number in range(1, period.days + 1):
        day = period.first + timedelta(days=number - 1)
        row = _row(day, sums.get(number, Sums()), outstanding=outstanding)
        outstanding = row.outstanding_end
        rows.append(row)
    return Report(
        period=period,
        timezone=site.timezone,
        days=tuple(rows),
        totals=_row(period.first, _together(sums), outstanding=before),
    )


async def add_up(desk: Desk, program_id: int) -> int:
    """Adds what was posted since the last time to the kept sums; returns how many entries.

    Each entry is added exactly once, however often and by however many this is done at a time.
    Entries of the last ten minutes wait for the next time. Raises Missing.
    """
    zone = (await desk.programs.current(program_id)).program.primary_site.zone
    added = 0
    while True:
        entries = await _add_some(desk, program_id, zone)
        added += entries
        if entries < _AT_ONCE:
            return added


async def _add_some(desk: Desk, program_id: int, zone: tzinfo) -> int:
    async with desk.database.transaction() as on:
        after = await stored.lock_end(on, program_id)
        stretch = await stored.find_stretch(on, program_id, after=after, limit=_AT_ONCE)
        if stretch is None:
            return 0
        days = _days(local_day(stretch.earliest, zone), local_day(stretch.latest, zone), zone)
        await stored.save_stretch(on, program_id, after=after, stretch=stretch, days=days)
        return stretch.entries


def _days(first: date, last: date, zone: tzinfo) -> Days:
    count = (last - first).days + 2
    starts = tuple(start_of_day(first + timedelta(days=number), zone) for number in range(count))
    return Days(first=first, starts=starts)


def _row(day: date, sums: Sums, *, outstanding: int) -> DayReport:
    return DayReport(
        day=day,
        outstanding_start=outstanding,
        earned=sums.earned,
        earned_reversed=sums.earned_reversed,
        redeemed=sums.redeemed,
        redeemed_reimbursed=sums.redeemed_reimbursed,
        expired=sums.expired,
        difference=sums.difference,
    )


def _together(sums: Mapping[int, Sums]) -> Sums:
    """The sums of all days, without what was before the first."""
    days = [sums[number] for number in sums if number > 0]
    return Sums(
        earned=sum(each.earned for each in days),
        earned_reversed=sum(each.earned_reversed for each in days),
        redeemed=sum(each.redeemed for each in days),
        redeemed_reimbursed=sum(each.redeemed_reimbursed for each in days),
        expired=sum(each.expired for each in days),
    )
