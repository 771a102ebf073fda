"""Equal requests with one idempotency key, through two servers: one of them has the effect."""

from collections import Counter

import pytest

from tests.concurrency.fleet import Call, Fleet, Rush, Shop
from tests.programs import lion_rewards

_ROUNDS = 3


@pytest.fixture
def shop(fleet: Fleet) -> Shop:
    return fleet.new_shop(lion_rewards())


@pytest.mark.parametrize("rush", [Rush.TASKS, Rush.LAST_BYTE])
def test_fifty_equal_requests_have_one_effect(shop: Shop, rush: Rush) -> None:
    shop.at_once(shop.session("ann"))
    (before, entries) = shop.balances()["ann"]
    for number in range(_ROUNDS):
        call = Call(path="/v2/customers/ann/points", body={"points": 7}, once=f"k{number}")
        told = Counter(each.told for each in shop.at_once(*[call] * 50, rush=rush))
        assert set(told) <= {"201", "409 idempotency_key_in_use"}, told
        assert told["201"] >= 1
        assert shop.balances()["ann"] == (before + 7 * (number + 1), entries + number + 1)
        assert {each.status for each in shop.at_once(*[call] * 4)} == {201}
    assert shop.balances()["ann"] == (before + 7 * _ROUNDS, entries + _ROUNDS)
    assert shop.verified().is_clean


def test_fifty_equal_redemptions_give_one_code(shop: Shop) -> None:
    shop.at_once(shop.session("ann"), shop.add("ann", 10_000))
    shop.at_once(shop.add("ann", 10_000))
    before, _ = shop.balances()["ann"]
    call = Call(
        path="/headless/2025-06/1/rewards/cart_discount_voucher/redeem?channel=web",
        body={"reward_id": 1, "customer_merchant_id": "ann"},
        once="my code",
    )
    answers = shop.at_once(*[call] * 50, *[call] * 10)
    told = Counter(each.told for each in answers)
    assert set(told) <= {"201", "409 idempotency_key_in_use"}, told
    bodies = {each.body for each in (*answers, *shop.at_once(*[call] * 4)) if each.status == 201}
    assert len(bodies) == 1
    assert shop.balances()["ann"][0] < before
    assert shop.verified().is_clean


def test_requests_with_and_without_keys_share_a_customer_and_a_pool(shop: Shop) -> None:
    """More keyed requests than connections: none may need a second one, and none is turned away."""
    shop.at_once(shop.session("ann"))
    before, entries = shop.balances()["ann"]
    path = "/v2/customers/ann/points"
    keyed = [Call(path=path, body={"points": 3}, once=f"own {n}") for n in range(30)]
    told = Counter(each.told for each in shop.at_once(*keyed, *[shop.add("ann", 2)] * 20))
    assert told == {"201": 50}
    assert shop.balances()["ann"] == (before + 30 * 3 + 20 * 2, entries + 50)
    assert shop.verified().is_clean
