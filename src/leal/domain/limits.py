"""How often: limits per customer and calendar interval, from counters instead of history.

Intervals are calendar ones in the zone of the rule's or reward's site; weeks start on Monday; an
interval of None never resets (contract: limits of rules and rewards).
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import assert_never

from leal.domain.customers import Counter, Subject
from leal.domain.dates import UTC, first_of_next_month, month_key, week_key
from leal.domain.offers import Interval, Limit


@dataclass(frozen=True, slots=True)
class NoLimit:
    """As often as one likes."""


@dataclass(frozen=True, slots=True)
class NotReached:
    """`count` of `allowed` are used up in the running interval (None: ever)."""

    interval: Interval | None
    allowed: int
    count: int

    @property
    def remaining(self) -> int:
        """How many are left in this interval; at least 1."""
        return self.allowed - self.count


@dataclass(frozen=True, slots=True)
class ReachedForever:
    """All are used up, and nothing resets them."""


@dataclass(frozen=True, slots=True)
class ReachedUntilReset:
    """All are used up until the instant `resets_at`, the start of the next interval."""

    interval: Interval
    resets_at: datetime


LimitStatus = NoLimit | NotReached | ReachedForever | ReachedUntilReset


def limit_status(
    limit: Limit | None, counter: Counter | None, *, now: datetime, zone: tzinfo
) -> LimitStatus:
    """Where a customer stands against a limit at `now`."""
    if limit is None:
        return NoLimit()
    count = counted(counter, limit.interval, now=now, zone=zone)
    if count < limit.count:
        return NotReached(interval=limit.interval, allowed=limit.count, count=count)
    if limit.interval is None:
        return ReachedForever()
    moment = now if counter is None else max(now, counter.last_at)
    return ReachedUntilReset(
        interval=limit.interval, resets_at=next_start(limit.interval, now=moment, zone=zone)
    )


def is_reached(status: LimitStatus) -> bool:
    """True when nothing more may be done for now."""
    return isinstance(status, ReachedForever | ReachedUntilReset)


def counted(
    counter: Counter | None, interval: Interval | None, *, now: datetime, zone: tzinfo
) -> int:
    """How many fall into the interval that contains `now`.

    A clock that jumps back does not open an old interval again: the counter's last moment counts
    as the present then.
    """
    if counter is None:
        return 0
    if interval is None:
        return counter.total
    if not _same(interval, counter.last_at, max(now, counter.last_at), zone=zone):
        return 0
    match interval:
        case Interval.DAY:
            return counter.day
        case Interval.WEEK:
            return counter.week
        case Interval.MONTH:
            return counter.month
        case Interval.YEAR:
            return counter.year
        case _:
            assert_never(interval)


def tally(
    counter: Counter | None, *, subject: Subject, subject_id: int, now: datetime, zone: tzinfo
) -> Counter:
    """The counter after one more at `now`."""
    counts = {interval: counted(counter, interval, now=now, zone=zone) + 1 for interval in Interval}
    return Counter(
        subject=subject,
        subject_id=subject_id,
        total=(counter.total if counter else 0) + 1,
        day=counts[Interval.DAY],
        week=counts[Interval.WEEK],
        month=counts[Interval.MONTH],
        year=counts[Interval.YEAR],
        last_at=now if counter is None else max(now, counter.last_at),
    )


def untally(counter: Counter, *, at: datetime, zone: tzinfo) -> Counter:
    """The counter after one of those it counted, at `at`, is taken back.

    An interval that is over by now stays as it was: what is counted in the running one happened
    later and still stands.
    """

    def less(interval: Interval, count: int) -> int:
        return max(0, count - 1) if _same(interval, at, counter.last_at, zone=zone) else count

    # one that was counted while the clock stood back is in shorter intervals than its own moment
    total = max(0, counter.total - 1)
    year = min(total, less(Interval.YEAR, counter.year))
    month = min(year, less(Interval.MONTH, counter.month))
    week = min(total, less(Interval.WEEK, counter.week))
    day = min(week, month, less(Interval.DAY, counter.day))
    return replace(counter, total=total, year=year, month=month, week=week, day=day)


def joint(one: Counter, other: Counter, *, zone: tzinfo) -> Counter:
    """One counter for what two customers did of the same."""
    last, first = (one, other) if one.last_at >= other.last_at else (other, one)

    def more(interval: Interval, count: int, earlier: int) -> int:
        return count + (earlier if _same(interval, first.last_at, last.last_at, zone=zone) else 0)

    return replace(
        last,
        total=last.total + first.total,
        day=more(Interval.DAY, last.day, first.day),
        week=more(Interval.WEEK, last.week, first.week),
        month=more(Interval.MONTH, last.month, first.month),
        year=more(Interval.YEAR, last.year, first.year),
    )


def parted(whole: Counter, part: Counter, *, zone: tzinfo) -> Counter:
    """What is left of a joint counter when one customer's part is taken out again."""

    def less(interval: Interval, count: int, theirs: int) -> int:
        same = _same(interval, part.last_at, whole.last_at, zone=zone)
        return max(0, count - theirs) if same else count

    total = max(0, whole.total - part.total)
    year = min(total, less(Interval.YEAR, whole.year, part.year))
    month = min(year, less(Interval.MONTH, whole.month, part.month))
    week = min(total, less(Interval.WEEK, whole.week, part.week))
    day = min(week, month, less(Interval.DAY, whole.day, part.day))
    return replace(whole, total=total, year=year, month=month, week=week, day=day)


def next_start(interval: Interval, *, now: datetime, zone: tzinfo) -> datetime:
    """The instant (UTC) at which the interval after the one containing `now` starts."""
    today = now.astimezone(zone).date()
    match interval:
        case Interval.DAY:
            start = today + timedelta(days=1)
        case Interval.WEEK:
            start = today + timedelta(days=7 - today.weekday())
        case Interval.MONTH:
            start = first_of_next_month(today)
        case Interval.YEAR:
            start = date(today.year + 1, 1, 1)
        case _:
            assert_never(interval)
    return datetime.combine(start, time.min, tzinfo=zone).astimezone(UTC)


def _same(interval: Interval, one: datetime, other: datetime, *, zone: tzinfo) -> bool:
    a, b = one.astimezone(zone).date(), other.astimezone(zone).date()
    match interval:
        case Interval.DAY:
            return a == b
        case Interval.WEEK:
            return week_key(a) == week_key(b)
        case Interval.MONTH:
            return month_key(a) == month_key(b)
        case Interval.YEAR:
            return a.year == b.year
        case _:
            assert_never(interval)
