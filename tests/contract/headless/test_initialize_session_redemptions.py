"""Initialize Session settles the free products of the cart it is told of.

Planted bug: the cart not handed on leaves every redemption alone.
"""

from typing import Any

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.redeeming import (
    ALL_POINTS,
    Member,
    is_sound,
    joins,
    number_of,
    passes,
    rewards_program,
)
from tests.contract.headless.test_initialize_session_carts import cart, line
from tests.contract.headless.worlds import Shop
from tests.programs import Document

KIND = "product_cart"
CART = "gid://shopify/Cart/1"
PAID = line("20.00", 2)
MET: Document = {"state": "requirement_met"}


@pytest.fixture
def shop(new_world: NewWorld) -> Shop:
    """A mug for who spends $5 on at least two things."""
    return Shop(new_world(rewards_program()))


def claims(member: Member, cart_id: str = CART) -> tuple[Any, str]:
    """A free product for a cart: the claim, and what marks its line."""
    body = member.redeems(KIND, cart_id=cart_id, variant_id="502")
    return body["claimed_reward"], body["active_cart_redemption"]["id"]


def free(mark: str, **parts: object) -> Document:
    """The line of a free product, with an attribute of the shop's own before the mark."""
    attributes = [{"key": "gift", "value": None}, {"key": "__lion_sfp_id", "value": mark}]
    return line("0.00", 1, **{"id": "free-1", "attributes": attributes, **parts})


def removal(mark: str, reason: str) -> Any:
    return {
        "kind": "remove_cart_line",
        "reason": reason,
        "cart_line_to_remove": {
            "kind": "shopify",
            "id": "free-1",
            "merchandise_id": "gid://shopify/ProductVariant/1",
            "attributes": [{"key": "gift", "value": None}, {"key": "__lion_sfp_id", "value": mark}],
        },
        "cart_redemption": {"id": mark},
    }


def visits(member: Member, sent: Document) -> Any:
    """Open the shop with a cart; what Get Customer says next is the same, without the cart."""
    whole = member.shop.visit(member.merchant_id, cart=sent)
    shown = member.document
    settled = {"claimed_rewards", "available_rewards", "active_cart_redemptions"}
    for name in shown.keys() - settled:
        assert whole["customer"][name] == shown[name], name
    states = [(each["id"], each["state"]) for each in shown["claimed_rewards"]]
    assert [(each["id"], each["state"]) for each in whole["customer"]["claimed_rewards"]] == states
    return whole


def test_in_the_cart_and_well(shop: Shop) -> None:
    ann = joins(shop, "ann")
    claimed, mark = claims(ann)
    whole = visits(ann, cart("20.00", PAID, free(mark)))
    assert whole["requested_cart_actions"] == []
    [waiting] = whole["customer"]["active_cart_redemptions"]
    assert waiting["current_cart_state"] == {
        "in_cart": True,
        "cart_requirements_met": True,
        "cart_requirements_detail": {
            "minimum_cart_total": MET,
            "minimum_line_item_quantity": MET,
        },
    }
    shown = whole["customer"]["claimed_rewards"][0]
    assert shown["redeemable"]["active_cart_redemption"] == waiting
    assert ann.claim(claimed["id"]) == claimed
    assert ann.points == (ALL_POINTS - 100, 100)


def test_taken_out_of_the_cart(shop: Shop) -> None:
    ann = joins(shop, "ann")
    claimed, _ = claims(ann)
    whole = visits(ann, cart("20.00", PAID))
    assert whole["requested_cart_actions"] == []
    assert whole["customer"]["points_approved"] == ALL_POINTS
    assert whole["customer"]["active_cart_redemptions"] == []
    assert ann.claim(claimed["id"])["state"] == "void"
    assert visits(ann, cart("20.00", PAID))["customer"]["points_approved"] == ALL_POINTS
    assert is_sound(shop)


@pytest.mark.parametrize("total", ["4.99", "100.00"])
def test_the_cart_does_not_hold_enough_any_more(shop: Shop, total: str) -> None:
    ann = joins(shop, "ann")
    claimed, mark = claims(ann)
    one = line(total, 2 if total == "4.99" else 1)
    sent = cart(total, one, free(mark))
    whole = visits(ann, sent)
    gone = removal(mark, "redemption_cart_requirements_not_met")
    assert whole["requested_cart_actions"] == [gone]
    assert whole["customer"]["active_cart_redemptions"] == []
    assert ann.claim(claimed["id"])["state"] == "void"
    assert ann.points == (ALL_POINTS, 0)
    again = visits(ann, sent)["requested_cart_actions"]
    assert again == [removal(mark, "redemption_expired")], "as long as it is there"
    assert ann.points == (ALL_POINTS, 0)
    assert is_sound(shop)


@pytest.mark.parametrize("noticed", [False, True], ids=["by the session", "by background work"])
def test_its_hour_is_over(shop: Shop, noticed: object) -> None:
    ann = joins(shop, "ann")
    claimed, mark = claims(ann)
    shop.world.later(hours=1)
    if noticed:
        passes(shop)
    whole = visits(ann, cart("20.00", PAID, free(mark)))
    assert whole["requested_cart_actions"] == [removal(mark, "redemption_expired")]
    assert whole["customer"]["active_cart_redemptions"] == []
    assert ann.claim(claimed["id"])["state"] == "void"
    assert ann.points == (ALL_POINTS, 0)
    assert is_sound(shop)


def test_an_empty_cart_has_none(shop: Shop) -> None:
    ann = joins(shop, "ann")
    for cart_id in (CART, "another"):
        claims(ann, cart_id)
    whole = visits(ann, {"kind": "empty"})
    assert whole["requested_cart_actions"] == []
    assert whole["customer"]["active_cart_redemptions"] == []
    assert ann.points == (ALL_POINTS, 0)
    assert is_sound(shop)


def test_another_cart_leaves_it_alone(shop: Shop) -> None:
    ann = joins(shop, "ann")
    claimed, mark = claims(ann, "another")
    whole = visits(ann, cart("20.00", PAID))
    assert whole["requested_cart_actions"] == []
    [waiting] = whole["customer"]["active_cart_redemptions"]
    assert (waiting["id"], waiting["current_cart_state"]) == (mark, None)
    assert ann.claim(claimed["id"]) == claimed


def test_no_cart_leaves_it_alone(shop: Shop) -> None:
    ann = joins(shop, "ann")
    claimed, _ = claims(ann)
    whole = shop.visit("ann")
    assert whole["requested_cart_actions"] == []
    assert whole["customer"]["active_cart_redemptions"][0]["current_cart_state"] is None
    assert ann.claim(claimed["id"]) == claimed


def test_several_at_once(shop: Shop) -> None:
    ann = joins(shop, "ann")
    (kept, mark), (_, gone), (other, _) = claims(ann), claims(ann), claims(ann, "another")
    whole = visits(ann, cart("20.00", PAID, free(mark)))
    waiting = whole["customer"]["active_cart_redemptions"]
    assert [each["claimed_reward_id"] for each in waiting] == [kept["id"], other["id"]]
    assert gone not in {each["id"] for each in waiting}
    assert ann.points == (ALL_POINTS - 200, 200)


def test_a_bought_one_is_nobodys_business_any_more(shop: Shop) -> None:
    ann = joins(shop, "ann")
    claimed, mark = claims(ann)
    ann.orders("1", claimed_reward_ids=[claimed["id"]])
    shop.world.later(hours=1)
    whole = visits(ann, cart("20.00", PAID, free(mark)))
    assert whole["requested_cart_actions"] == []
    assert ann.claim(claimed["id"])["redeemable"]["usage_status"] == "used"


def test_the_mark_of_somebody_else_does_nothing_to_them(shop: Shop) -> None:
    ann, bob = joins(shop, "ann"), joins(shop, "bob")
    claimed, mark = claims(ann)
    shop.world.later(hours=1)
    whole = visits(bob, cart("20.00", PAID, free(mark), free("no such mark")))
    assert whole["requested_cart_actions"] == []
    assert ann.claim(claimed["id"])["state"] == "approved"


def test_a_full_cart_says_so(shop: Shop) -> None:
    ann = joins(shop, "ann")
    (_, first), (_, second) = claims(ann), claims(ann)
    whole = visits(ann, cart("20.00", PAID, free(first), free(second)))
    offer = whole["customer"]["available_rewards"][number_of(KIND) - 1]
    assert offer["context"]["can_redeem"] == {"state": "max_redemptions_for_cart_reached"}
    assert ann.can_redeem(KIND) == {"state": "unknown"}
    other = cart("20.00", PAID, id="gid://shopify/Cart/2")
    offer = visits(ann, other)["customer"]["available_rewards"][number_of(KIND) - 1]
    assert offer["context"]["can_redeem"] == {"state": "redeemable"}


def test_free_products_are_no_paid_ones(shop: Shop) -> None:
    """Two things worth $5, and neither is paid: the free one counts for nothing."""
    ann = joins(shop, "ann")
    _, mark = claims(ann)
    worth = free(mark, cost=line("10.00")["cost"])
    whole = visits(ann, cart("14.00", line("4.00", 1), worth))
    assert [each["reason"] for each in whole["requested_cart_actions"]] == [
        "redemption_cart_requirements_not_met"
    ]


def test_a_session_token_settles_as_well(shop: Shop) -> None:
    ann = joins(shop, "ann")
    claims(ann)
    token = shop.token("ann", email="cann@example.com")
    whole = shop.visit("ann", cart={"kind": "empty"}, key=token)
    assert whole["customer"]["points_approved"] == ALL_POINTS
