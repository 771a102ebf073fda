"""Redeem a gift card: its code is told once, then it is used until it is empty."""

from typing import Any

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.redeeming import (
    ALL_POINTS,
    Member,
    at,
    expires,
    is_sound,
    joins,
    rewards_program,
    row,
    shown_claim,
)
from tests.contract.headless.worlds import Shop

KIND = "gift_card"


@pytest.fixture
def shop(new_world: NewWorld) -> Shop:
    """A card of $9.90 for 100 points."""
    return Shop(new_world(rewards_program()))


def dollars(amount: float) -> Any:
    return {"amount": amount, "formatted": f"${amount:.2f}" if amount % 1 else f"${amount:.0f}"}


def balance(member: Member, claim_id: int) -> tuple[Any, str]:
    shown = member.claim(claim_id)["redeemable"]
    return shown["current_balance"], shown["usage_status"]


def test_its_life(shop: Shop) -> None:
    ann = joins(shop, "ann")
    body = ann.redeems(KIND)
    claimed, code = body["claimed_reward"], body["gift_card_code"]
    assert body.keys() == {"gift_card_code", "claimed_reward", "customer"}
    assert (len(code), code) == (16, code.lower())
    redeemable = {
        "kind": KIND,
        "code_last_characters": code[-4:],
        "initial_balance": dollars(9.9),
        "current_balance": dollars(9.9),
        "expires_at": at(shop.world.now, days=30),
        "usage_status": "not_used",
    }
    assert claimed == shown_claim(shop, claimed["id"], KIND, redeemable)
    assert ann.history_of(claimed["id"]) == [row(shop, claimed["id"], KIND)]

    ann.orders("1", discount_codes=[{"code": code.upper(), "amount": "4.00"}])
    assert balance(ann, claimed["id"]) == (dollars(5.9), "partially_used")
    ann.orders("1", discount_codes=[{"code": code, "amount": "4.00"}])
    assert balance(ann, claimed["id"]) == (dollars(5.9), "partially_used"), "told twice"
    ann.orders("2", discount_codes=[{"code": code, "amount": "9.00"}])
    assert balance(ann, claimed["id"]) == (dollars(0), "used")
    ann.is_refunded("2")
    assert ann.claim(claimed["id"])["state"] == "approved"
    assert ann.points == (ALL_POINTS - 100, 100), "the money was given back, not the points"
    assert is_sound(shop)


def test_it_expires_with_what_is_left_on_it(shop: Shop) -> None:
    ann = joins(shop, "ann")
    body = ann.redeems(KIND)
    claimed = body["claimed_reward"]
    ann.orders("1", discount_codes=[{"code": body["gift_card_code"], "amount": "4.00"}])
    expires(ann, claimed)
    assert balance(ann, claimed["id"]) == (dollars(5.9), "partially_used")
    ann.orders("2", discount_codes=[{"code": body["gift_card_code"], "amount": "4.00"}])
    assert balance(ann, claimed["id"]) == (dollars(5.9), "partially_used")
    assert is_sound(shop)


def test_the_whole_code_is_told_only_once(shop: Shop) -> None:
    ann = joins(shop, "ann")
    answer = ann.asks(KIND)
    code = answer.json["gift_card_code"].encode()
    assert answer.body.count(code) == 1
    again = ann.asks(KIND)
    for later in (
        again,
        shop.call("customers.getCustomer", "ann"),
        shop.call("customers.initializeSession", "ann", json={"customer": {"email": "a@b.co"}}),
    ):
        assert code not in later.body
