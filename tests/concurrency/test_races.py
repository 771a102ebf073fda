"""Many at once, through two servers: nothing is lost, nothing is doubled, nobody is turned away.

Seen to fail: with the condition on the customer's version taken out of the save, the balances are
wrong, verify says so, and a newsletter is rewarded twice; with the unique indexes on merchant id
and e-mail gone, shoppers are created twice and share an address.
"""

from collections import Counter
from threading import Timer

import pytest

from tests.concurrency.fleet import Answer, Fleet, Shop
from tests.programs import Document, lion_rewards, lion_rules, put

_JOIN, _VISIT, _NEWSLETTER = 100, 100, 30
_ROUNDS = 8


@pytest.fixture
def shop(fleet: Fleet) -> Shop:
    return fleet.new_shop(_document())


def _document() -> Document:
    newsletter: Document = {"id": 5, "kind": "newsletter_signup", "points": _NEWSLETTER}
    document = lion_rewards()
    put("rules", [*lion_rules(), {**newsletter, "title": "Read our letters"}])(document)
    return document


def test_fifty_awards_and_removals_of_one_customer_all_count(shop: Shop) -> None:
    assert _told(shop.at_once(shop.session("ann"))) == {"200": 1}
    expected = _JOIN + _VISIT
    for number in range(_ROUNDS):
        calls = [shop.add("ann", 7 + number)] * 30 + [shop.remove("ann", 13)] * 20
        assert _told(shop.at_once(*calls)) == {"201": 30, "204": 20}
        expected += 30 * (7 + number) - 20 * 13
    assert shop.balances() == {"ann": (expected, 2 + _ROUNDS * 50)}
    assert shop.verified().is_clean


def test_removals_beyond_the_balance_leave_the_exact_debt(shop: Shop) -> None:
    shop.at_once(shop.session("ann"))
    told = _told(shop.at_once(*[shop.remove("ann", 9)] * 25, *[shop.add("ann", 1)] * 25))
    assert told == {"204": 25, "201": 25}
    assert shop.balances() == {"ann": (_JOIN + _VISIT - 25 * 9 + 25, 52)}
    assert shop.verified().is_clean


def test_a_new_shopper_is_created_and_welcomed_once(shop: Shop) -> None:
    """Twenty tabs open at the same moment: one customer, one welcome, one rewarded visit."""
    for number in range(_ROUNDS):
        name = f"new-{number}"
        answers = shop.at_once(*[shop.session(name)] * 20)
        assert _told(answers) == {"200": 20}
        assert len({answer.json["customer"]["id"] for answer in answers}) == 1
        assert shop.balances()[name] == (_JOIN + _VISIT, 2)
    assert shop.verified().is_clean


def test_an_address_goes_to_one_of_twenty_shoppers(shop: Shop) -> None:
    for number in range(_ROUNDS):
        email = f"same-{number}@lion.example"
        names = [f"{number}-{shopper}" for shopper in range(20)]
        answers = shop.at_once(*(shop.session(name, email=email) for name in names))
        assert _told(answers) == {"200": 1, "422 email_already_in_use": 19}
        winner = next(answer for answer in answers if answer.status == 200)
        assert winner.json["customer"]["merchant_id"] in shop.balances()
        assert len(shop.balances()) == number + 1
    assert shop.verified().is_clean


def test_an_address_goes_to_one_of_twenty_known_shoppers_who_change_theirs(shop: Shop) -> None:
    """The address is taken by an update here, where the database refuses it by an error."""
    names = [f"known-{shopper}" for shopper in range(20)]
    assert _told(shop.at_once(*map(shop.session, names))) == {"200": 20}
    for number in range(_ROUNDS):
        email = f"wanted-{number}@lion.example"
        answers = shop.at_once(*(shop.session(name, email=email) for name in names))
        assert _told(answers) == {"200": 1, "422 email_already_in_use": 19}
    assert shop.verified().is_clean


def test_publishing_while_a_hundred_wait_for_one_customer_turns_nobody_away(shop: Shop) -> None:
    """Whoever holds the customer's lock must not need a second connection to read the program:
    those who wait for the lock have them all. Seen to fail so: half of all were answered 503."""
    shop.at_once(shop.session("ann"))
    for number in range(_ROUNDS):
        publisher = Timer(0.04 + 0.01 * number, lambda: shop.publish(_document()))
        publisher.start()
        told = _told(shop.at_once(*[shop.add("ann", 1)] * 100))
        publisher.join()
        assert told == {"201": 100}
    assert shop.balances() == {"ann": (_JOIN + _VISIT + _ROUNDS * 100, 2 + _ROUNDS * 100)}
    assert shop.verified().is_clean


@pytest.mark.parametrize(
    ("operation", "body", "first", "points", "entries"),
    [
        ("email_marketing/subscribe", None, "updated", _JOIN + _VISIT + _NEWSLETTER, 3),
        (
            "birthday",
            {"birthday": {"month": 2, "day": 28, "year": 1990}},
            "updated",
            _JOIN + _VISIT,
            2,
        ),
    ],
)
def test_what_is_done_once_is_done_by_one_of_twenty(
    shop: Shop, operation: str, body: object, *, first: str, points: int, entries: int
) -> None:
    for number in range(_ROUNDS):
        name = f"ann-{number}"
        shop.at_once(shop.session(name))
        answers = shop.at_once(*[shop.headless(name, operation, body)] * 20)
        assert _told(answers) == {"200": 20}
        assert sorted(answer.json[first] for answer in answers) == [False] * 19 + [True]
        assert shop.balances()[name] == (points, entries)
    assert shop.verified().is_clean


def test_a_guest_joins_once(fleet: Fleet) -> None:
    document = _document()
    put("enrolment.mode", "manual")(document)
    shop = fleet.new_shop(document)
    assert _told(shop.at_once(shop.session("guest"))) == {"200": 1}
    assert shop.balances() == {"guest": (0, 0)}
    answers = shop.at_once(*[shop.headless("guest", "enroll")] * 20)
    assert _told(answers) == {"200": 20}
    assert sorted(answer.json["enrolled"] for answer in answers) == [False] * 19 + [True]
    assert shop.balances() == {"guest": (_JOIN, 1)}
    assert shop.verified().is_clean


def _told(answers: list[Answer]) -> dict[str, int]:
    return dict(Counter(answer.told for answer in answers))
