"""When points expire. Only two of the four modes give each award a day of its own.

In the inactivity modes the whole balance lapses together, so lots never expire by themselves.
Days end at midnight in the zone of the program's primary site.
"""

from datetime import date, datetime, timedelta
from typing import assert_never

from leal.domain.dates import add_months, local_day, on_day_of, start_of_day
from leal.domain.program import Expiry, ExpiryMode, Program
from leal.domain.tier_settings import MonthDay

_YEAR = 12


def expires_at(
    program: Program, *, earned_at: datetime, approve_at: datetime | None
) -> datetime | None:
    """The instant (UTC) at which points earned at `earned_at` expire, or None for never.

    Counted from the day they were earned, not from approval, but never before they are approved;
    and never sooner than one full period after expiry was switched on.
    """
    expiry = program.expiry
    if expiry is None:
        return None
    zone = program.primary_site.zone
    day = _expires_on(expiry, local_day(earned_at, zone))
    if day is None:
        return None
    instant = start_of_day(day, zone)
    return instant if approve_at is None else max(instant, approve_at)


def _expires_on(expiry: Expiry, earned_on: date) -> date | None:
    match expiry.mode:
        case ExpiryMode.DATE_EARNED:
            return add_months(max(earned_on, expiry.enabled_on), expiry.months or _YEAR)
        case ExpiryMode.CALENDAR:
            return _cutoff(expiry, earned_on)
        case ExpiryMode.LAST_PURCHASE | ExpiryMode.LAST_CHANGE:
            return None
        case _:
            assert_never(expiry.mode)


def _cutoff(expiry: Expiry, earned_on: date) -> date:
    """The first yearly cutoff after the day earned that grace does not spare."""
    first = max(
        earned_on + timedelta(days=1),
        add_months(earned_on, expiry.grace_months),
        add_months(expiry.enabled_on, _YEAR),
    )
    on = expiry.yearly_on or MonthDay(month=1, day=1)
    cutoff = on_day_of(first.year, month=on.month, day=on.day)
    if cutoff < first:
        cutoff = on_day_of(first.year + 1, month=on.month, day=on.day)
    return cutoff
