"""Calendar arithmetic on local days: months that end early, and days as instants of a zone."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, tzinfo

__all__ = [
    "UTC",
    "add_months",
    "first_of_next_month",
    "instant_plus_months",
    "local_day",
    "month_key",
    "on_day_of",
    "start_of_day",
    "week_key",
]

_MONTHS = 12
_IN_EVERY_MONTH = 28


def add_months(day: date, months: int) -> date:
    """The same day `months` later (or earlier), or the last day of a month too short for it."""
    count = day.year * _MONTHS + day.month - 1 + months
    year, month = divmod(count, _MONTHS)
    if day.day <= _IN_EVERY_MONTH:
        return date(year, month + 1, day.day)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def on_day_of(year: int, *, month: int, day: int) -> date:
    """A yearly day in a given year; 29 February is the 28th where there is no 29th."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def instant_plus_months(instant: datetime, months: int, *, zone: tzinfo) -> datetime:
    """The same wall-clock time in `zone`, `months` later, in UTC."""
    local = instant.astimezone(zone)
    moved = datetime.combine(add_months(local.date(), months), local.time(), tzinfo=zone)
    return moved.astimezone(UTC)


def local_day(instant: datetime, zone: tzinfo) -> date:
    """The day that `instant` falls on in `zone`."""
    return instant.astimezone(zone).date()


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """The first instant (UTC) of a day in `zone`; where midnight is skipped, the jump's end."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def first_of_next_month(day: date) -> date:
    """The first day of the month after the one of `day`."""
    return add_months(day.replace(day=1), 1)


def month_key(day: date) -> tuple[int, int]:
    """Year and month."""
    return day.year, day.month


def week_key(day: date) -> tuple[int, int]:
    """ISO year and week: weeks start on Monday."""
    year, week, _ = day.isocalendar()
    return year, week
