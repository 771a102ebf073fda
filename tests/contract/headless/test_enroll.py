"""Enroll: a guest becomes a member, once, with what joining gives."""

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.worlds import ENROLL, Shop, program
from tests.programs import lion_rewards


@pytest.fixture(scope="module")
def shop(shared_world: NewWorld) -> Shop:
    return Shop(shared_world({**lion_rewards(), "enrolment": {"mode": "manual"}}))


def test_a_guest_joins(shop: Shop) -> None:
    shop.visit("guest")
    answer = shop.call(ENROLL, "guest")
    assert answer.status == 200
    assert answer.json["enrolled"] is True
    customer = answer.json["customer"]
    assert customer["state"] == "enrolled"
    assert customer["points_approved"] == 100
    assert customer["enrolled_at"] == "2025-06-10T12:00:00Z"
    assert [row["kind"] for row in customer["history"]] == [
        "earned_points_from_rule",
        "entered_tier",
    ]
    assert customer == shop.customer("guest")


def test_a_member_stays_as_they_are(shop: Shop) -> None:
    shop.visit("member")
    shop.call(ENROLL, "member")
    customer, before = shop.customer("member"), shop.everything()
    for _ in range(2):
        answer = shop.call(ENROLL, "member")
        assert answer.json == {"enrolled": False, "customer": customer}
    assert shop.everything() == before


def test_a_member_by_an_automatic_visit_stays_as_they_are(new_world: NewWorld) -> None:
    shop = Shop(new_world(program()))
    shop.visit("1")
    assert shop.call(ENROLL, "1").json["enrolled"] is False


@pytest.mark.parametrize("joined", [False, True])
def test_the_blocked_may_not(shop: Shop, joined: bool) -> None:  # noqa: FBT001 - a column
    merchant_id = f"blocked-{joined}"
    shop.visit(merchant_id)
    if joined:
        shop.call(ENROLL, merchant_id)
    shop.block(merchant_id)
    before = shop.everything()
    answer = shop.call(ENROLL, merchant_id)
    assert (answer.status, answer.code) == (422, "customer_blocked")
    assert shop.everything() == before


def test_strangers_are_not_created(shop: Shop) -> None:
    before = shop.everything()
    answer = shop.call(ENROLL, "nobody")
    assert (answer.status, answer.code) == (404, "not_found")
    assert shop.everything() == before


def test_a_body_is_not_needed_and_not_read(shop: Shop) -> None:
    for number, body in enumerate((b"", b"{}", b"not json", b"\xff" * 100)):
        shop.visit(f"body-{number}")
        assert shop.call(ENROLL, f"body-{number}", body=body).json["enrolled"] is True


def test_joining_is_rewarded_once_even_if_the_rule_comes_later(new_world: NewWorld) -> None:
    shop = Shop(new_world(program()))
    shop.visit("1")
    rule = {"id": 1, "kind": "join_program", "title": "J", "points": 5}
    shop.world.publish(program(rules=rule))
    shop.visit("1")
    shop.call(ENROLL, "1")
    assert shop.customer("1")["points_approved"] == 0
