"""Customers of several sites at the same moment, through two servers: one person is one of them."""

from collections import Counter

import pytest

from tests.concurrency.fleet import Answer, Call, Fleet, Shop
from tests.programs import lion_rewards, put, second_site

_ROUNDS = 5


@pytest.fixture
def shop(fleet: Fleet) -> Shop:
    document = lion_rewards()
    second_site()(document)
    put("rules", [{"id": 1, "kind": "join_program", "title": "Join", "points": 100}])(document)
    return fleet.new_shop(document)


def session(site: int, merchant_id: str, email: str) -> Call:
    return Call(
        path=f"/headless/2025-06/{site}/customers/{merchant_id}/sessions?channel=web",
        body={"customer": {"email": email}},
    )


def told(answers: list[Answer]) -> Counter[str]:
    return Counter(answer.told for answer in answers)


def ids_of(answers: list[Answer]) -> set[int]:
    return {answer.json["customer"]["id"] for answer in answers if answer.status == 200}


def test_one_of_many_ids_of_a_site_becomes_the_customers(shop: Shop) -> None:
    for number in range(_ROUNDS):
        email = f"kim-{number}@lion.example"
        first = shop.at_once(session(1, f"a-{number}", email))
        calls = [session(2, f"b-{number}-{each}", email) for each in range(12)]
        answers = shop.at_once(*calls)
        assert told(answers) == {"200": 1, "422 email_already_in_use": 11}
        assert ids_of(answers) == ids_of(first)
        assert shop.balances()[f"a-{number}"] == (100, 1)
    assert len(shop.balances()) == _ROUNDS
    assert shop.verified().is_clean


def test_who_appears_on_both_sites_at_once_is_one_customer(shop: Shop) -> None:
    for number in range(_ROUNDS):
        email = f"lee-{number}@lion.example"
        both = [session(1, f"a-{number}", email), session(2, f"b-{number}", email)]
        answers = shop.at_once(*both * 6)
        assert told(answers) == {"200": 12}
        assert len(ids_of(answers)) == 1
    assert sorted(shop.balances().values()) == [(100, 1)] * _ROUNDS
    assert shop.verified().is_clean


def test_the_same_id_on_two_sites_is_two_customers(shop: Shop) -> None:
    for number in range(_ROUNDS):
        calls = [session(site, f"n-{number}", f"{site}-{number}@x.example") for site in (1, 2)]
        answers = shop.at_once(*calls * 6)
        assert told(answers) == {"200": 12}
        assert len(ids_of(answers)) == 2
    assert shop.verified().is_clean


def test_an_id_that_two_customers_claim_is_one_customers(shop: Shop) -> None:
    for number in range(_ROUNDS):
        emails = [f"{who}-{number}@lion.example" for who in ("ann", "bob")]
        shop.at_once(*(session(1, email, email) for email in emails))
        answers = shop.at_once(*(session(2, f"b-{number}", email) for email in emails * 5))
        assert told(answers) == {"200": 5, "422 email_already_in_use": 5}
        assert len(ids_of(answers)) == 1
    assert shop.verified().is_clean
