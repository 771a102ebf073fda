"""Give a free product back: once, unused, one's own."""

from typing import Any

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.redeeming import (
    ALL_POINTS,
    REFUND,
    Member,
    is_sound,
    joins,
    passes,
    rewards_program,
)
from tests.contract.headless.worlds import Shop

KIND = "product_cart"


@pytest.fixture(scope="module")
def shop(shared_world: NewWorld) -> Shop:
    document = rewards_program(
        product_cart={"expires_after_days": 1, "auto_refund_minutes": None},
    )
    return Shop(shared_world(document))


def claim_of(member: Member) -> Any:
    return member.redeems(KIND, variant_id="502")["claimed_reward"]


def test_the_points_come_back(shop: Shop) -> None:
    ann = joins(shop, "ann")
    claimed = claim_of(ann)
    answer = ann.returns(claimed["id"])
    assert answer.status == 201
    body = answer.json
    assert body.keys() == {"claimed_reward", "customer"}
    gone = {**claimed["redeemable"], "active_cart_redemption": None}
    assert body["claimed_reward"] == {**claimed, "state": "void", "redeemable": gone}
    assert body["customer"]["active_cart_redemptions"] == []
    assert ann.points == (ALL_POINTS, 0)
    assert [each["state"] for each in ann.history_of(claimed["id"])] == ["void"]
    again = ann.returns(claimed["id"])
    assert (again.status, again.code) == (422, "reward_already_refunded")
    assert ann.points == (ALL_POINTS, 0)
    assert is_sound(shop)


def test_what_was_used_is_kept(shop: Shop) -> None:
    bob = joins(shop, "bob")
    claimed = claim_of(bob)
    bob.orders("bobs", claimed_reward_ids=[claimed["id"]])
    answer = bob.returns(claimed["id"])
    assert (answer.status, answer.code) == (422, "reward_already_used")


def test_another_kind(shop: Shop) -> None:
    cleo = joins(shop, "cleo")
    claimed = cleo.redeems("gift_card")["claimed_reward"]
    answer = cleo.returns(claimed["id"])
    assert (answer.status, answer.code) == (422, "reward_kind_mismatch")


def test_what_has_expired(shop: Shop) -> None:
    """leal's addition: the contract has no word for it."""
    eve = joins(shop, "eve")
    claimed = claim_of(eve)
    shop.world.later(days=1)
    passes(shop)
    answer = eve.returns(claimed["id"])
    assert (answer.status, answer.code) == (422, "reward_expired")
    assert eve.points == (ALL_POINTS - 100, 100)


def test_the_blocked_come_first_then_the_kind_then_the_state(shop: Shop) -> None:
    dan = joins(shop, "dan")
    cart, card = claim_of(dan), dan.redeems("gift_card")["claimed_reward"]
    dan.orders("dans", discount_codes=[], claimed_reward_ids=[card["id"], cart["id"]])
    assert dan.returns(card["id"]).code == "reward_kind_mismatch"
    assert dan.returns(cart["id"]).code == "reward_already_used"
    shop.block("dan")
    assert dan.returns(card["id"]).code == "customer_blocked"


def test_who_is_no_member_any_more(shop: Shop) -> None:
    fay = joins(shop, "fay")
    claimed = claim_of(fay)
    shop.sql("UPDATE customers SET enrolled_at = NULL WHERE merchant_id = $1", "fay")
    assert fay.returns(claimed["id"]).code == "customer_not_enrolled"


@pytest.mark.parametrize("claim_id", [999_999, 2**53 - 1, 2**63 - 1])
def test_an_unknown_claim(shop: Shop, claim_id: int) -> None:
    answer = shop.call(REFUND, json={"claimed_reward_id": claim_id})
    assert (answer.status, answer.code) == (404, "not_found")


def test_another_programs_claim(shop: Shop) -> None:
    gil = joins(shop, "gil")
    other = shop.world.add_program(rewards_program())
    claimed = claim_of(gil)
    answer = gil.returns(claimed["id"], key=other.key)
    assert (answer.status, answer.code) == (404, "not_found")
    assert gil.claim(claimed["id"]) == claimed


def test_a_session_reaches_only_its_own(shop: Shop) -> None:
    hal, ida = joins(shop, "hal"), joins(shop, "ida")
    claimed = claim_of(hal)
    stranger = ida.returns(claimed["id"], key=shop.token("ida"))
    nobodys = ida.returns(999_999, key=shop.token("ida"))
    assert stranger.status == nobodys.status == 403
    assert stranger.body == nobodys.body, "it does not tell what there is"
    assert hal.claim(claimed["id"]) == claimed
    assert hal.returns(claimed["id"], key=shop.token("hal")).status == 201


@pytest.mark.parametrize("claim_id", [None, 0, -1, 1.5, "5", True, [5], {}, 2**63])
def test_no_claim_id(shop: Shop, claim_id: object) -> None:
    answer = shop.call(REFUND, json={"claimed_reward_id": claim_id})
    assert answer.status == 400
    assert list(answer.json["error"]["details"]) == (
        ["body"] if claim_id == 2**63 else ["claimed_reward_id"]
    )
