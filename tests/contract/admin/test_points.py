"""POST …/points and …/remove_points: the merchant gives and takes by hand."""

import pytest

from tests.contract.admin.office import ADD, REMOVE, TRANSACTIONS_OF, UPDATE, Office, fits
from tests.contract.conftest import NewWorld
from tests.programs import lion_rewards, put

MOST = 2**53 - 1


@pytest.fixture(scope="module")
def crowd(shared_world: NewWorld) -> Office:
    """One member with 100 points, whom refused requests leave alone."""
    office = Office(shared_world(lion_rewards()))
    office.signup("1001")
    return office


def balance(office: Office, merchant_id: str = "1001") -> int:
    found: int = office.customer(merchant_id)["points_approved"]
    return found


def test_added_points_are_approved_at_once_and_the_answer_is_empty(office: Office) -> None:
    office.signup("1001")
    answer = office.call(ADD, json={"points": 250, "reason": "Sorry for the delay"})
    assert (answer.status, answer.body) == (201, b"")
    assert balance(office) == 350


def test_removed_points_go_at_once_and_the_answer_is_empty(office: Office) -> None:
    office.signup("1001")
    answer = office.call(REMOVE, json={"points": 30, "reason": None})
    assert (answer.status, answer.body) == (204, b"")
    assert balance(office) == 70


def test_more_than_there_is_may_be_removed(office: Office) -> None:
    office.signup("1001")
    assert office.call(REMOVE, json={"points": 150}).status == 204
    assert balance(office) == -50
    assert office.call(ADD, json={"points": 60}).status == 201
    assert balance(office) == 10


@pytest.mark.parametrize("points", [1, 1_000_000, 5.0])
def test_the_bounds_of_adding_are_inside(office: Office, points: float) -> None:
    office.signup("1001")
    assert office.call(ADD, json={"points": points}).status == 201
    assert balance(office) == 100 + points


def test_the_most_can_be_removed_but_not_twice(office: Office) -> None:
    office.signup("1001")
    assert office.call(REMOVE, json={"points": MOST}).status == 204
    answer = office.call(REMOVE, json={"points": MOST})
    assert (answer.status, answer.code) == (422, "balance_out_of_range")
    assert balance(office) == 100 - MOST


@pytest.mark.parametrize("operation", [ADD, REMOVE])
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("", "body"),
        ("[]", "body"),
        ('{"points": 5', "body"),
        ('{"points": NaN}', "body"),
        ('{"points": 5, "points": 6}', "body"),
        ('{"points": 5, "reason": "\\u0000"}', "body"),
        ('{"points": 5, "reason": "\\ud800"}', "body"),
        ("{}", "points"),
        ('{"points": null}', "points"),
        ('{"points": "5"}', "points"),
        ('{"points": true}', "points"),
        ('{"points": [5]}', "points"),
        ('{"points": 1.5}', "points"),
        ('{"points": 0}', "points"),
        ('{"points": -1}', "points"),
        ('{"points": 9007199254740992}', "points"),
        ('{"points": 9223372036854775807}', "points"),
        ('{"points": 5, "reason": 7}', "reason"),
        ('{"points": 5, "reason": "%s"}' % ("x" * 1001), "reason"),
    ],
)
def test_bad_bodies_change_nothing(crowd: Office, operation: str, body: str, field: str) -> None:
    answer = crowd.call(operation, body=body.encode())
    assert answer.status == 400
    assert set(answer.json["error"]["details"]) == {field}
    assert balance(crowd) == 100


def test_a_million_is_the_most_that_can_be_added(crowd: Office) -> None:
    answer = crowd.call(ADD, json={"points": 1_000_001})
    assert answer.json["error"]["details"] == {"points": "Too big: expected at most 1000000"}
    assert not fits(ADD, {"points": 1_000_001})
    assert fits(REMOVE, {"points": 1_000_001})


@pytest.mark.parametrize("operation", [ADD, REMOVE])
def test_an_unknown_customer_is_missing(crowd: Office, operation: str) -> None:
    answer = crowd.good(operation, "nobody")
    assert answer.status == 404
    assert answer.json == {"error": {"message": "No customer with this merchant id"}}


def test_guests_and_the_blocked_can_be_given_points(new_world: NewWorld) -> None:
    document = lion_rewards()
    put("enrolment", {"mode": "manual"})(document)
    office = Office(new_world(document))
    office.signup("1001", "1002")
    assert office.call(UPDATE, "1002", json={"customer": {"blocked": True}}).status == 200
    for merchant_id in ("1001", "1002"):
        assert office.call(ADD, merchant_id, json={"points": 40}).status == 201
        assert office.call(REMOVE, merchant_id, json={"points": 10}).status == 204
        assert balance(office, merchant_id) == 30


def test_the_reason_is_kept_as_the_note(office: Office) -> None:
    office.signup("1001")
    reason = "Danke 🦁\u200f\n" + "x" * 900
    office.call(ADD, json={"points": 5, "reason": reason})
    office.call(ADD, json={"points": 6, "reason": ""})
    office.call(REMOVE, json={"points": 7})
    office.settle()
    rows = office.call(TRANSACTIONS_OF).json["transactions"][:3]
    assert [row["adjustment"]["note"] for row in rows] == [None, "", reason]


def test_each_write_is_two_round_trips(crowd: Office) -> None:
    crowd.good(ADD)
    before = len(crowd.world.statements)
    crowd.good(ADD)
    assert len(crowd.world.statements) == before + 2
    crowd.call(REMOVE, json={"points": 10})
