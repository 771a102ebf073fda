"""PATCH /v2/customers/{merchant_id}: birthdays corrected, customers blocked and let in again."""

import json
from typing import Any

import pytest

from tests.contract.admin.office import UPDATE, Office, fits
from tests.contract.conftest import NewWorld
from tests.programs import lion_rewards, put


@pytest.fixture
def keeping_years(new_world: NewWorld) -> Office:
    """A program that keeps the year of birthdays, where 10 June has ended already in the east."""
    document = lion_rewards()
    put("birthdays.store_year", value=True)(document)
    put("sites.0.timezone", "Pacific/Auckland")(document)
    office = Office(new_world(document))
    office.signup("1001")
    return office


def update(office: Office, **changes: object) -> Any:
    answer = office.call(UPDATE, json={"customer": changes})
    assert answer.status == 200, answer.body
    return answer.json["customer"]


def test_the_answer_is_the_customer_as_listed(office: Office) -> None:
    office.signup("1001")
    office.world.later(minutes=5)
    answered = update(office, birthday="1990-05-17", blocked=True)
    assert answered == office.customer()
    assert answered["blocked"] is True
    assert answered["updated_at"] == "2025-06-10T12:05:00.000Z"


def test_a_birthday_is_kept_with_its_year(keeping_years: Office) -> None:
    assert update(keeping_years, birthday="1990-05-17")["birthday"] == "1990-05-17"
    assert update(keeping_years, birthday="1988-02-29")["birthday"] == "1988-02-29"


def test_where_the_year_is_not_kept_it_reads_0004_and_may_be_sent_back(office: Office) -> None:
    office.signup("1001")
    assert update(office, birthday="1992-02-29")["birthday"] == "0004-02-29"
    office.world.later(minutes=5)
    again = update(office, birthday="0004-02-29")
    assert again["birthday"] == "0004-02-29"
    assert again["updated_at"] == "2025-06-10T12:00:00.000Z"


def test_a_year_of_0004_means_that_it_is_not_known(keeping_years: Office) -> None:
    assert update(keeping_years, birthday="0004-05-17")["birthday"] == "0004-05-17"
    known = keeping_years.world.get("/headless/2025-06/1/customers/1001?channel=web").json
    assert known["customer"]["birthday"] == {"month": 5, "day": 17}


def test_blocking_and_unblocking(office: Office) -> None:
    office.signup("1001")
    assert update(office, blocked=True)["blocked"] is True
    office.world.later(minutes=1)
    assert update(office, blocked=True)["updated_at"] == "2025-06-10T12:00:00.000Z"
    assert update(office, blocked=False)["blocked"] is False
    state = office.world.get("/headless/2025-06/1/customers/1001?channel=web").json["customer"]
    assert state["state"] == "enrolled"


def test_unknown_members_are_ignored(office: Office) -> None:
    office.signup("1001")
    answer = office.call(
        UPDATE, json={"customer": {"blocked": True, "email": "x", "id": []}, "extra": 1}
    )
    assert (answer.status, answer.json["customer"]["email"]) == (200, "1001@example.com")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("", "body"),
        ("[]", "body"),
        ("{", "body"),
        ("{}", "customer"),
        ('{"customer": null}', "customer"),
        ('{"customer": []}', "customer"),
        ('{"customer": {}}', "customer"),
        ('{"customer": {"name": "x"}}', "customer"),
        ('{"customer": {"birthday": null}}', "customer.birthday"),
        ('{"customer": {"birthday": 19900517}}', "customer.birthday"),
        ('{"customer": {"birthday": "17.05.1990"}}', "customer.birthday"),
        ('{"customer": {"birthday": "1990-5-17"}}', "customer.birthday"),
        ('{"customer": {"birthday": "1990-W19-4"}}', "customer.birthday"),
        ('{"customer": {"birthday": "1990-02-30"}}', "customer.birthday"),
        ('{"customer": {"birthday": "1990-05-17T00:00:00Z"}}', "customer.birthday"),
        ('{"customer": {"birthday": "1899-12-31"}}', "customer.birthday"),
        ('{"customer": {"birthday": "0000-01-01"}}', "customer.birthday"),
        ('{"customer": {"birthday": "١٩٩٠-05-17"}}', "customer.birthday"),
        ('{"customer": {"blocked": null}}', "customer.blocked"),
        ('{"customer": {"blocked": 1}}', "customer.blocked"),
        ('{"customer": {"blocked": "true"}}', "customer.blocked"),
        ('{"customer": {"blocked": true, "birthday": "x"}}', "customer.birthday"),
        ('{"customer": {"blocked": true}, "customer": {}}', "body"),
    ],
)
def test_bad_bodies_change_nothing(office: Office, body: str, field: str) -> None:
    office.signup("1001")
    before = office.customer()
    answer = office.call(UPDATE, body=body.encode())
    assert answer.status == 400
    assert set(answer.json["error"]["details"]) == {field}
    assert office.customer() == before


def test_all_that_is_wrong_is_told_at_once(office: Office) -> None:
    answer = office.call(UPDATE, json={"customer": {"birthday": 1, "blocked": 2}})
    assert set(answer.json["error"]["details"]) == {"customer.birthday", "customer.blocked"}


@pytest.mark.parametrize(("born", "status"), [("2025-06-11", 200), ("2025-06-12", 422)])
def test_nobody_is_born_after_today_where_the_program_lives(
    keeping_years: Office, born: str, status: int
) -> None:
    answer = keeping_years.call(UPDATE, json={"customer": {"birthday": born, "blocked": True}})
    assert answer.status == status
    if status == 422:
        assert answer.code == "invalid_date"
        assert keeping_years.customer()["blocked"] is False


def test_an_unknown_customer_is_missing(office: Office) -> None:
    answer = office.good(UPDATE, "nobody")
    assert answer.status == 404
    assert answer.json == {"error": {"message": "No customer with this merchant id"}}


@pytest.mark.parametrize(
    ("segment", "status"),
    [
        ("gid%3A%2F%2Fshopify%2FCustomer%2F1001", 200),
        ("gid%253A%252F%252Fshopify%252FCustomer%252F1001", 200),
        ("gid%3A%2F%2Fshopify%2FOrder%2F1001", 400),
        ("%00", 400),
        ("%FF", 400),
        ("x" * 256, 400),
        ("..%2f1001", 404),
    ],
)
def test_spellings_of_an_id(office: Office, segment: str, status: int) -> None:
    office.signup("1001")
    answer = office.good(UPDATE, segment)
    assert answer.status == status
    if status == 400:
        assert set(answer.json["error"]["details"]) == {"merchant_id"}


def test_the_documented_shape_says_the_same(office: Office) -> None:
    office.signup("1001")
    for text in ('{"customer": {}}', '{"customer": {"blocked": 1}}', "{}"):
        assert not fits(UPDATE, json.loads(text))
    assert fits(UPDATE, {"customer": {"birthday": "1990-05-17"}})
