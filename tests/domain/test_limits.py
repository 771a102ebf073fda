"""Limits by calendar interval: never exceeded, and open again at the first instant of the next.

Planted bugs these catch: weeks that start on Sunday, days counted in UTC instead of the zone, a
clock that jumps back opening an old interval again.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leal.domain.customers import Counter, Subject
from leal.domain.limits import (
    NoLimit,
    NotReached,
    ReachedForever,
    ReachedUntilReset,
    counted,
    is_reached,
    limit_status,
    next_start,
    tally,
    untally,
)
from leal.domain.offers import Interval, Limit

NEW_YORK = ZoneInfo("America/New_York")
ZONES = (UTC, NEW_YORK, ZoneInfo("Asia/Kathmandu"), ZoneInfo("Pacific/Auckland"))


def times(*moments: datetime, zone: ZoneInfo = NEW_YORK) -> Counter:
    counter: Counter | None = None
    for moment in moments:
        counter = tally(counter, subject=Subject.RULE, subject_id=1, now=moment, zone=zone)
    assert counter is not None
    return counter


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("interval", "now", "expected"),
    [
        (Interval.DAY, "2025-06-10T12:00:00-04:00", "2025-06-11T00:00:00-04:00"),
        (Interval.DAY, "2025-03-08T23:59:59-05:00", "2025-03-09T00:00:00-05:00"),
        (Interval.DAY, "2025-03-09T12:00:00-04:00", "2025-03-10T00:00:00-04:00"),
        (Interval.DAY, "2025-11-02T12:00:00-05:00", "2025-11-03T00:00:00-05:00"),
        (Interval.WEEK, "2025-06-10T12:00:00-04:00", "2025-06-16T00:00:00-04:00"),
        (Interval.WEEK, "2025-06-16T00:00:00-04:00", "2025-06-23T00:00:00-04:00"),
        (Interval.WEEK, "2025-06-15T23:59:59-04:00", "2025-06-16T00:00:00-04:00"),
        (Interval.MONTH, "2025-12-31T23:59:59-05:00", "2026-01-01T00:00:00-05:00"),
        (Interval.YEAR, "2024-02-29T00:00:00-05:00", "2025-01-01T00:00:00-05:00"),
    ],
)
def test_the_next_interval_starts_at_local_midnight(
    interval: Interval, now: str, expected: str
) -> None:
    assert next_start(interval, now=at(now), zone=NEW_YORK) == at(expected)


def test_the_four_states() -> None:
    now = at("2025-06-10T12:00:00-04:00")
    once = times(now)
    assert limit_status(None, once, now=now, zone=NEW_YORK) == NoLimit()
    assert limit_status(Limit(count=2), once, now=now, zone=NEW_YORK) == NotReached(None, 2, 1)
    assert limit_status(Limit(count=1), once, now=now, zone=NEW_YORK) == ReachedForever()
    daily = Limit(count=1, interval=Interval.DAY)
    assert limit_status(daily, once, now=now, zone=NEW_YORK) == ReachedUntilReset(
        Interval.DAY, at("2025-06-11T00:00:00-04:00")
    )


def test_a_limit_opens_at_the_first_instant_of_the_next_interval_and_not_before() -> None:
    once = times(at("2025-06-10T20:30:00-04:00"))
    daily = Limit(count=1, interval=Interval.DAY)
    # 01:00 the next day in UTC is still the same evening in New York
    last = at("2025-06-10T23:59:59.999-04:00")
    assert is_reached(limit_status(daily, once, now=last, zone=NEW_YORK))
    midnight = at("2025-06-11T00:00:00-04:00")
    assert not is_reached(limit_status(daily, once, now=midnight, zone=NEW_YORK))


def test_a_clock_that_jumps_back_opens_nothing() -> None:
    once = times(at("2025-06-10T12:00:00-04:00"))
    earlier = at("2025-06-08T12:00:00-04:00")
    assert counted(once, Interval.DAY, now=earlier, zone=NEW_YORK) == 1
    daily = Limit(count=1, interval=Interval.DAY)
    assert is_reached(limit_status(daily, once, now=earlier, zone=NEW_YORK))


@given(
    st.sampled_from(list(Interval)),
    st.integers(1, 4),
    st.sampled_from(ZONES),
    st.lists(st.integers(0, 5 * 24 * 60), min_size=1, max_size=60),
)
def test_however_often_one_tries_no_interval_ever_holds_more_than_allowed(
    interval: Interval, count: int, zone: ZoneInfo, minutes: list[int]
) -> None:
    limit = Limit(count=count, interval=interval)
    now, counter, done = datetime(2024, 12, 20, tzinfo=UTC), None, []
    for step in minutes:
        now += timedelta(minutes=step)
        if not is_reached(limit_status(limit, counter, now=now, zone=zone)):
            counter = tally(counter, subject=Subject.RULE, subject_id=1, now=now, zone=zone)
            done.append(now)
    starts = [next_start(interval, now=moment, zone=zone) for moment in done]
    assert max((starts.count(start) for start in starts), default=0) <= count
    assert counter is not None
    assert counter.total == len(done)


MOMENTS = st.lists(st.integers(0, 3 * 24 * 60), min_size=1, max_size=25)


@given(MOMENTS, st.sampled_from(ZONES), st.data())
def test_what_is_taken_back_is_as_if_it_had_never_been(
    minutes: list[int], zone: ZoneInfo, data: st.DataObject
) -> None:
    """Planted bugs this catches: giving back what another interval counted; never giving back."""
    now, done = datetime(2024, 12, 20, tzinfo=UTC), []
    for step in minutes:
        now += timedelta(minutes=step)
        done.append(now)
    gone = data.draw(st.integers(0, len(done) - 1))
    counter = untally(times(*done, zone=zone), at=done[gone], zone=zone)
    left = [moment for number, moment in enumerate(done) if number != gone]
    assert counter.total == len(left)
    for interval in Interval:
        running = next_start(interval, now=now, zone=zone)
        same = [next_start(interval, now=moment, zone=zone) == running for moment in left]
        assert counted(counter, interval, now=now, zone=zone) == sum(same)


@given(MOMENTS, st.sampled_from(ZONES), st.integers(-10_000, 10_000))
def test_taking_back_never_opens_more_than_one_place(
    minutes: list[int], zone: ZoneInfo, apart: int
) -> None:
    now = datetime(2024, 12, 20, tzinfo=UTC)
    before = times(*(now + timedelta(minutes=step) for step in sorted(minutes)), zone=zone)
    after = untally(before, at=now + timedelta(minutes=apart), zone=zone)
    for interval in (*Interval, None):
        had = counted(before, interval, now=before.last_at, zone=zone)
        has = counted(after, interval, now=before.last_at, zone=zone)
        assert max(0, had - 1) <= has <= had
    assert after.last_at == before.last_at
    assert 0 <= after.day <= min(after.week, after.month)
    assert after.month <= after.year <= after.total >= after.week
