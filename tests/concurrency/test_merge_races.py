"""Merging while everybody is at work on both customers: nothing is lost, doubled or turned away.

Seen to fail, both: without the row locks and the look at both versions before a merge.
"""

from collections import Counter

import pytest

from tests.concurrency.fleet import Answer, Call, Fleet, Shop
from tests.programs import lion_rewards, put

_ROUNDS = 4


@pytest.fixture
def shop(fleet: Fleet) -> Shop:
    document = lion_rewards()
    put("rules.1", {"id": 3, "kind": "join_program", "title": "Join", "points": 1000})(document)
    document["rules"] = [each for each in _rules(document["rules"]) if each["id"] in (1, 3)][:2]
    return fleet.new_shop(document)


def _rules(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)
    return value


def merge(one: str, other: str) -> Call:
    return Call(path=f"/leal/v1/customers/{one}/merge", body={"merchant_id": other})


def order(name: str, number: int) -> Call:
    body = {
        "merchant_id": f"{name}-{number}",
        "customer_id": name,
        "customer_email": f"{name}@lion.example",
        "total": "10.00",
        "total_shipping": "0",
        "payment_status": "paid",
    }
    return Call(path="/v2/orders", body=body)


def redeem(name: str) -> Call:
    body = {"reward_id": 1, "customer_merchant_id": name}
    path = "/headless/2025-06/1/rewards/cart_discount_voucher/redeem?channel=web"
    return Call(path=path, body=body)


def told(answers: list[Answer]) -> Counter[str]:
    return Counter(answer.told for answer in answers)


def test_a_merge_amid_awards_orders_and_redemptions(shop: Shop) -> None:
    for number in range(_ROUNDS):
        ann, bob = f"ann-{number}", f"bob-{number}"
        shop.at_once(shop.session(ann), shop.session(bob))
        work = [shop.add(ann, 3)] * 8 + [shop.add(bob, 5)] * 8 + [redeem(ann), redeem(bob)] * 3
        work += [order(name, each) for name in (ann, bob) for each in range(4)]
        answers = shop.at_once(*work[:15], merge(ann, bob), *work[15:])
        counted = told(answers)
        assert counted["200"] == 1, counted
        assert not any(answer.status >= 500 for answer in answers), counted
        redeemed = counted["201"] - 16 - 8  # awards and orders, all of which come to something
        assert counted["422 insufficient_points"] == 6 - redeemed, counted
        seen = shop.at_once(shop.session(ann), shop.session(bob))
        people = [answer.json["customer"] for answer in seen]
        assert people[0]["id"] == people[1]["id"]
        spent, total = 500 * redeemed, 2 * 1000 + 8 * 3 + 8 * 5
        assert people[0]["points_spent"] == spent
        assert people[0]["points_approved"] == total - spent
        assert people[0]["points_pending"] == 8 * 10 * 5
    assert shop.verified().is_clean


def test_one_of_many_merges_and_undos_of_the_same_two_happens(shop: Shop) -> None:
    for number in range(_ROUNDS):
        ann, bob = f"a-{number}", f"b-{number}"
        shop.at_once(shop.session(ann), shop.session(bob))
        answers = shop.at_once(*[merge(ann, bob), merge(bob, ann)] * 5)
        assert told(answers) == {"200": 1, "422 same_customer": 9}
        done = next(each for each in answers if each.status == 200).json["merge"]
        path = f"/leal/v1/customers/{ann}/merges/{done['id']}/undo"
        undone = shop.at_once(*[Call(path=path)] * 8)
        counted = told(undone)
        assert counted["200"] == 1
        assert counted["422 merge_already_undone"] + counted["404 merge_not_found"] == 7, counted
        balances = shop.balances()
        assert (balances[ann], balances[bob]) == ((1000, 5), (1000, 5))
    assert shop.verified().is_clean
