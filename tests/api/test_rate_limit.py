"""A key gets its number of requests in any second, not one more, and is forgotten afterwards."""

import pytest

from leal.api.rate_limit import RateLimit
from leal.domain.problems import TooMany


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def accepted(limit: RateLimit, key: str, times: int) -> int:
    count = 0
    for _ in range(times):
        try:
            limit.check(key)
        except TooMany:
            continue
        count += 1
    return count


@pytest.mark.parametrize("start", [0.0, 0.5, 0.95])
def test_a_key_gets_its_number_in_any_second(start: float) -> None:
    clock = Clock()
    limit = RateLimit(20, clock=clock)
    clock.seconds += start
    assert accepted(limit, "a", 12) == 12
    clock.seconds += 0.1
    assert accepted(limit, "a", 30) == 8
    assert accepted(limit, "b", 30) == 20
    clock.seconds += 0.91
    assert accepted(limit, "a", 30) == 12
    clock.seconds += 5
    assert accepted(limit, "a", 30) == 20


def test_never_more_than_its_number_within_a_second() -> None:
    clock = Clock()
    limit = RateLimit(20, clock=clock)
    taken: list[float] = []
    for step in range(2_000):
        clock.seconds += 0.013 * (step % 7)
        taken += [clock.seconds] * accepted(limit, "a", 3)
    assert all(later - sooner >= 1 for sooner, later in zip(taken, taken[20:], strict=False))
    assert len(taken) > 20 * (clock.seconds - 100) * 0.8


def test_a_refused_caller_is_told_to_wait_a_second() -> None:
    limit = RateLimit(1, clock=Clock())
    limit.check("a")
    with pytest.raises(TooMany) as caught:
        limit.check("a")
    assert caught.value.retry_after_seconds == 1


def test_zero_switches_it_off() -> None:
    assert accepted(RateLimit(0), "a", 1_000) == 1_000


def test_keys_of_the_past_are_forgotten() -> None:
    clock = Clock()
    limit = RateLimit(20, clock=clock)
    for step in range(10_000):
        clock.seconds += 0.01
        limit.check(f"key {step}")
    assert len(limit) < 250
