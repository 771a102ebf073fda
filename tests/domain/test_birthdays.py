"""Birthdays: told once, valid days only, and when the next one is."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leal.domain.birthdays import correct_birthday, next_birthday, set_birthday
from leal.domain.customers import Birthday
from leal.domain.refusals import CustomerBlocked, CustomerNotEnrolled, InvalidDate
from tests.domain.scenes import member, scene_at
from tests.programs import program_with, put

WITH_YEAR = program_with(put("birthdays", {"store_year": True}))
WITHOUT_YEAR = program_with(put("birthdays", {"store_year": False}))


@pytest.mark.parametrize(
    ("month", "day", "today", "expected"),
    [
        (6, 22, date(2025, 6, 10), date(2025, 6, 22)),
        (6, 10, date(2025, 6, 10), date(2026, 6, 10)),
        (6, 9, date(2025, 6, 10), date(2026, 6, 9)),
        (2, 29, date(2025, 1, 1), date(2025, 2, 28)),
        (2, 29, date(2027, 6, 1), date(2028, 2, 29)),
        (12, 31, date(2025, 12, 31), date(2026, 12, 31)),
    ],
)
def test_the_next_birthday(month: int, day: int, today: date, expected: date) -> None:
    assert next_birthday(Birthday(month=month, day=day), today) == expected


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_it_lies_ahead_and_within_a_year(born: date, today: date) -> None:
    coming = next_birthday(Birthday(month=born.month, day=born.day), today)
    assert 0 < (coming - today).days <= 366


@pytest.mark.parametrize(
    ("year", "month", "day"), [(2001, 2, 29), (2000, 4, 31), (2025, 6, 11), (2026, 1, 1)]
)
def test_days_that_do_not_exist_or_lie_ahead_are_refused(year: int, month: int, day: int) -> None:
    with pytest.raises(InvalidDate):
        set_birthday(member(), scene_at(WITH_YEAR), month=month, day=day, year=year)


def test_the_year_is_dropped_where_the_program_keeps_none_and_then_any_year_will_do() -> None:
    change = set_birthday(member(), scene_at(WITHOUT_YEAR), month=2, day=29, year=2999)
    assert change.customer.birthday == Birthday(month=2, day=29)


def test_the_first_answer_stands_but_the_merchant_may_correct_it() -> None:
    scene = scene_at(WITH_YEAR)
    first = set_birthday(member(), scene, month=5, day=4, year=1990).account
    again = set_birthday(first, scene, month=1, day=1, year=1980)
    assert again.is_empty
    corrected = correct_birthday(first, scene, Birthday(month=1, day=1, year=1980))
    assert corrected.customer.birthday == Birthday(month=1, day=1, year=1980)


def test_guests_and_the_blocked_are_refused() -> None:
    account = member()
    guest = replace(account, customer=replace(account.customer, enrolled_at=None))
    blocked = replace(account, customer=replace(account.customer, blocked=True))
    with pytest.raises(CustomerNotEnrolled):
        set_birthday(guest, scene_at(WITH_YEAR), month=1, day=1, year=1990)
    with pytest.raises(CustomerBlocked):
        set_birthday(blocked, scene_at(WITH_YEAR), month=1, day=1, year=1990)
