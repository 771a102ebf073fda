"""Pauses between tries: ever longer, long enough in all, and never longer than they should be."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from leal.domain.webhooks import ALERT_AFTER, PAUSE_AFTER, fail, pause_after

CHANCE = st.floats(0, 1)


@given(failures=st.integers(1, 10_000), chance=CHANCE)
def test_pauses_double_from_five_seconds_to_six_hours(failures: int, chance: float) -> None:
    wanted = min(5 * 2 ** min(failures - 1, 60), 6 * 3600)
    found = pause_after(failures, chance=chance).total_seconds()
    assert 0.8 * wanted <= found <= 1.2 * wanted + 0.001


@given(st.lists(CHANCE, min_size=PAUSE_AFTER - 1, max_size=PAUSE_AFTER - 1))
def test_thirty_tries_take_75_hours_and_not_a_week(chances: list[float]) -> None:
    pauses = (pause_after(number, chance=each) for number, each in enumerate(chances, start=1))
    assert timedelta(hours=75) <= sum(pauses, timedelta(0)) <= timedelta(days=7)


@given(failures=st.integers(1, 29), chance=CHANCE, wish=st.integers(0, 10**9))
def test_a_wish_makes_it_longer_but_not_beyond_a_day(
    failures: int, chance: float, wish: int
) -> None:
    plain = pause_after(failures, chance=chance)
    found = pause_after(failures, chance=chance, wish_seconds=wish)
    assert found == max(plain, min(timedelta(seconds=wish), timedelta(days=1)))


@given(
    webhook=st.integers(0, 100), delivery=st.integers(0, 100), status=st.sampled_from([None, 500])
)
def test_what_follows_a_failure(webhook: int, delivery: int, status: int | None) -> None:
    found = fail(webhook=webhook, delivery=delivery, status=status, chance=0.5, wish_seconds=None)
    assert (found.of_webhook, found.of_delivery) == (webhook + 1, delivery + 1)
    assert found.alerts == (webhook + 1 == ALERT_AFTER)
    assert (found.paused_because is not None) == (webhook + 1 >= PAUSE_AFTER)
    assert found.is_given_up == (delivery + 1 >= PAUSE_AFTER and found.paused_because is None)


def test_gone_is_gone_at_once() -> None:
    found = fail(webhook=0, delivery=40, status=410, chance=0.5, wish_seconds=None)
    assert "410" in (found.paused_because or "")
    assert not found.is_given_up
