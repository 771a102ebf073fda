"""Set birthday: told once, kept with or without its year, and only a day that exists."""

from datetime import UTC, datetime

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.worlds import BIRTHDAY, Shop, only_site, program
from tests.programs import Document
from tests.worlds import World

TODAY = datetime(2025, 6, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def with_year(shared_world: NewWorld) -> Shop:
    """A program that keeps the year, in a zone where the day ends before that of UTC begins."""
    return _on(shared_world(only_site(program(), timezone="Pacific/Auckland")))


@pytest.fixture(scope="module")
def without_year(shared_world: NewWorld) -> Shop:
    return _on(shared_world(program(birthdays={"store_year": False})))


@pytest.fixture(scope="module")
def guests(shared_world: NewWorld) -> Shop:
    return _on(shared_world(program(enrolment={"mode": "manual"})))


def _on(world: World) -> Shop:
    shop = Shop(world)
    shop.world.now = TODAY
    return shop


def test_the_first_answer_stands(with_year: Shop) -> None:
    with_year.visit("once")
    told = with_year.birthday("once", 12, 24, year=1990)
    assert told.status == 200
    born = {"month": 12, "day": 24, "year": 1990}
    assert {name: told.json[name] for name in ("updated", "birthday")} == {
        "updated": True,
        "birthday": born,
    }
    customer = with_year.customer("once")
    assert told.json["customer"] == customer
    assert (customer["birthday"], customer["next_birthday"]) == (born, "2025-12-24")

    before = with_year.everything()
    for month, day, year in ((12, 24, 1990), (1, 1, 2000)):
        again = with_year.birthday("once", month, day, year=year)
        assert again.json == {"updated": False, "birthday": born, "customer": customer}
    assert with_year.everything() == before


def test_the_year_is_dropped_where_it_is_not_kept(without_year: Shop) -> None:
    without_year.visit("1")
    told = without_year.birthday("1", 12, 24, year=1990).json
    assert told["updated"] is True
    assert told["birthday"] == told["customer"]["birthday"] == {"month": 12, "day": 24}
    [row] = [each for each in without_year.rows("customers") if '"merchant_id":"1"' in each]
    assert "1990" not in row


@pytest.mark.parametrize(
    ("month", "day", "following"),
    [
        (6, 21, "2026-06-21"),
        (6, 22, "2026-06-22"),  # today: the next one is in a year
        (6, 23, "2025-06-23"),
        (12, 31, "2025-12-31"),
        (1, 1, "2026-01-01"),
        (2, 28, "2026-02-28"),
        (2, 29, "2026-02-28"),
    ],
)
def test_next_birthday(without_year: Shop, month: int, day: int, following: str) -> None:
    merchant_id = f"next-{month}-{day}"
    without_year.visit(merchant_id)
    told = without_year.birthday(merchant_id, month, day, year=2000).json
    assert told["customer"]["next_birthday"] == following


def test_29_february_in_a_leap_year(without_year: Shop) -> None:
    without_year.visit("leap")
    without_year.birthday("leap", 2, 29, year=2000)
    without_year.world.now = datetime(2028, 2, 1, tzinfo=UTC)
    try:
        assert without_year.customer("leap")["next_birthday"] == "2028-02-29"
    finally:
        without_year.world.now = TODAY


@pytest.mark.parametrize(
    ("month", "day", "year"),
    [
        (2, 29, 2024),
        (6, 22, 2025),
        (6, 23, 2025),  # already that day in Auckland
        (1, 1, 1900),
        (12.0, 2.4e1, 1990.0),
    ],
)
def test_days_that_exist(with_year: Shop, month: float, day: float, year: float) -> None:
    merchant_id = f"good-{month}-{day}-{year}"
    with_year.visit(merchant_id)
    told = with_year.birthday(merchant_id, month, day, year=year)
    assert told.json["birthday"] == {"month": month, "day": day, "year": year}


@pytest.mark.parametrize(
    ("month", "day", "year"),
    [
        (2, 29, 2023),
        (2, 29, 1900),
        (2, 30, 2024),
        (4, 31, 1990),
        (6, 24, 2025),
        (1, 1, 2026),
        (1, 1, 9998),
    ],
)
def test_days_that_do_not(with_year: Shop, month: int, day: int, year: int) -> None:
    with_year.visit("bad")
    before = with_year.everything()
    answer = with_year.birthday("bad", month, day, year=year)
    assert (answer.status, answer.code) == (422, "invalid_date")
    assert with_year.everything() == before


@pytest.mark.parametrize(("month", "day"), [(2, 30), (2, 31), (4, 31), (9, 31)])
def test_impossible_days_without_a_year(without_year: Shop, month: int, day: int) -> None:
    without_year.visit("bad")
    answer = without_year.birthday("bad", month, day)
    assert (answer.status, answer.code) == (422, "invalid_date")


@pytest.mark.parametrize("year", [2023, 2090])
def test_any_year_will_do_where_it_is_not_kept(without_year: Shop, year: int) -> None:
    merchant_id = f"any-{year}"
    without_year.visit(merchant_id)
    told = without_year.birthday(merchant_id, 2, 29, year=year)
    assert (told.status, told.json["birthday"]) == (200, {"month": 2, "day": 29})


@pytest.mark.parametrize(
    ("born", "field"),
    [
        ({"day": 1, "year": 1990}, "birthday.month"),
        ({"month": 1, "year": 1990}, "birthday.day"),
        ({"month": 1, "day": 1}, "birthday.year"),
        ({"month": 0, "day": 1, "year": 1990}, "birthday.month"),
        ({"month": 13, "day": 1, "year": 1990}, "birthday.month"),
        ({"month": 1, "day": 0, "year": 1990}, "birthday.day"),
        ({"month": 1, "day": 32, "year": 1990}, "birthday.day"),
        ({"month": 1, "day": 1, "year": 1899}, "birthday.year"),
        ({"month": 1, "day": 1, "year": 10_000}, "birthday.year"),
        ({"month": -1, "day": 1, "year": 1990}, "birthday.month"),
        ({"month": 1, "day": 1, "year": 2**31}, "birthday.year"),
        ({"month": 1, "day": 1, "year": 2**53}, "birthday.year"),
        ({"month": 1.5, "day": 1, "year": 1990}, "birthday.month"),
        ({"month": "1", "day": 1, "year": 1990}, "birthday.month"),
        ({"month": True, "day": 1, "year": 1990}, "birthday.month"),
        ({"month": None, "day": 1, "year": 1990}, "birthday.month"),
        ({"month": [1], "day": 1, "year": 1990}, "birthday.month"),
        ("1990-01-01", "birthday"),
        (None, "birthday"),
        ([1, 1, 1990], "birthday"),
    ],
)
def test_what_is_not_a_birthday(with_year: Shop, born: object, field: str) -> None:
    with_year.visit("bad")
    before = with_year.everything()
    answer = with_year.call(BIRTHDAY, "bad", json={"birthday": born})
    assert answer.status == 400
    assert list(answer.json["error"]["details"]) == [field]
    assert with_year.everything() == before


def test_only_for_members(guests: Shop) -> None:
    guests.visit("guest")
    guests.visit("blocked")
    guests.call("customers.enroll", "blocked")
    guests.block("blocked")
    before = guests.everything()
    codes = {
        merchant_id: (answer.status, answer.code)
        for merchant_id in ("guest", "blocked", "nobody")
        for answer in [guests.birthday(merchant_id, 1, 1)]
    }
    assert codes == {
        "guest": (422, "customer_not_enrolled"),
        "blocked": (422, "customer_blocked"),
        "nobody": (404, "not_found"),
    }
    assert guests.everything() == before


def test_a_blocked_guest_is_blocked_first(guests: Shop) -> None:
    guests.visit("both")
    guests.block("both")
    assert guests.birthday("both", 2, 30).code == "customer_blocked"


def test_the_birthday_rule_is_not_completed_by_telling(new_world: NewWorld) -> None:
    rule: Document = {"id": 1, "kind": "birthday", "title": "B", "points": 5}
    shop = Shop(new_world(program(rules=rule)))
    shop.world.now = TODAY
    shop.visit("1")
    told = shop.birthday("1", 6, 22).json["customer"]
    assert told["points_approved"] == 0
    assert told["available_rules"][0]["context"]["completion_count"] == 0
