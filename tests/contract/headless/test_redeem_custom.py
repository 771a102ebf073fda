"""Redeem what the merchant fulfils: by hand, by webhook, with a code of a pool."""

from typing import Any

import pytest

from leal.usecases import fulfilments
from leal.usecases.codes import add_codes
from leal.usecases.desk import Ask
from tests.contract.conftest import NewWorld
from tests.contract.headless.redeeming import (
    ALL_POINTS,
    at,
    expires,
    is_sound,
    joins,
    number_of,
    passes,
    rewards_program,
    row,
    shown_claim,
)
from tests.contract.headless.worlds import Shop
from tests.programs import Document

KIND = "custom"
MANUAL: Document = {"fulfillment": {"kind": "manual"}, "fulfilment_explanation": "It comes by mail"}
WEBHOOK: Document = {"fulfillment": {"kind": "webhook", "url": "https://lion.example/hook"}}
VOUCHER: Document = {"fulfillment": {"kind": "voucher"}, "codes": "pool"}
ORDER: Document = {"kind": "order", "merchant_id": "1"}


def shop_of(new_world: NewWorld, custom: Document) -> Shop:
    return Shop(new_world(rewards_program(custom=custom)))


def redeemable(**parts: object) -> Any:
    return {
        "kind": KIND,
        "usage_status": "not_used",
        "fulfilled_at": None,
        "fulfilment_explanation": "It comes by mail",
        **parts,
    }


def test_its_life(new_world: NewWorld) -> None:
    shop = shop_of(new_world, MANUAL)
    ann = joins(shop, "ann")
    body = ann.redeems(KIND)
    claimed = body["claimed_reward"]
    assert body["fulfillment_explanation"] == "It comes by mail"
    assert claimed == shown_claim(shop, claimed["id"], KIND, redeemable())
    assert ann.points == (ALL_POINTS - 100, 100)
    assert ann.history_of(claimed["id"]) == [row(shop, claimed["id"], KIND)]

    fulfilled(shop, claimed["id"])
    done = redeemable(fulfilled_at=at(shop.world.now))
    assert ann.claim(claimed["id"]) == {**claimed, "redeemable": done}
    ann.orders("1", claimed_reward_ids=[claimed["id"]])
    used = {**done, "usage_status": "used"}
    assert ann.claim(claimed["id"]) == {**claimed, "redeemable": used}
    ann.is_refunded("1")
    assert ann.claim(claimed["id"]) == {**claimed, "redeemable": used, "state": "void"}
    assert ann.points == (ALL_POINTS, 0)
    expires(ann, ann.redeems(KIND)["claimed_reward"])
    assert is_sound(shop)


def fulfilled(shop: Shop, claim_id: int) -> None:
    """The merchant brings it."""
    world = shop.world
    ask = Ask(program_id=world.tenant.program_id)
    world.run(fulfilments.complete(world.desk, ask, claim_id))


@pytest.mark.parametrize(
    ("custom", "sent", "at_once"),
    [
        (MANUAL, {}, False),
        (MANUAL, {"fulfill_immediately": False}, False),
        (MANUAL, {"fulfill_immediately": None}, False),
        (MANUAL, {"fulfill_immediately": True}, True),
        (WEBHOOK, {"fulfill_immediately": True}, False),
    ],
)
def test_fulfilled_at_once_only_by_hand(
    new_world: NewWorld, custom: Document, sent: Document, at_once: object
) -> None:
    shop = shop_of(new_world, custom)
    body = joins(shop, "ann").redeems(KIND, **sent)
    moment = at(shop.world.now) if at_once else None
    assert body["claimed_reward"]["redeemable"]["fulfilled_at"] == moment


def test_without_an_explanation(new_world: NewWorld) -> None:
    shop = shop_of(new_world, WEBHOOK)
    body = joins(shop, "ann").redeems(KIND)
    assert body["fulfillment_explanation"] is None
    assert body["claimed_reward"]["redeemable"] == redeemable(fulfilment_explanation=None)


def test_it_is_used_when_the_order_comes(new_world: NewWorld) -> None:
    shop = shop_of(new_world, MANUAL)
    ann = joins(shop, "ann")
    claimed = ann.redeems(KIND, usage=ORDER)["claimed_reward"]
    assert claimed["redeemable"]["usage_status"] == "not_used"
    ann.orders("2")
    assert ann.claim(claimed["id"]) == claimed
    ann.orders("1")
    assert ann.claim(claimed["id"])["redeemable"]["usage_status"] == "used"
    ann.is_refunded("1")
    assert ann.claim(claimed["id"])["state"] == "void"
    assert is_sound(shop)


@pytest.mark.parametrize("name", ["1", "gid://shopify/Order/1"])
def test_it_is_used_at_once_by_an_order_that_came_before(new_world: NewWorld, name: str) -> None:
    """Planted bug: answered with what was loaded before, it shows an unused reward."""
    shop = shop_of(new_world, MANUAL)
    ann = joins(shop, "ann")
    ann.orders("1")
    body = ann.redeems(KIND, usage={"kind": "order", "merchant_id": name})
    assert body["claimed_reward"]["redeemable"]["usage_status"] == "used"
    assert is_sound(shop)


def test_a_code_of_a_pool(new_world: NewWorld) -> None:
    shop = shop_of(new_world, VOUCHER)
    ann = joins(shop, "ann")
    assert ann.can_redeem(KIND) == {"state": "out_of_stock"}
    answer = ann.asks(KIND)
    assert (answer.status, answer.code) == (422, "reward_out_of_stock")

    fills(shop, "SPA-1", "SPA-2")
    assert ann.can_redeem(KIND) == {"state": "redeemable"}
    body = ann.redeems(KIND, fulfill_immediately=True, usage=ORDER)
    claimed = body["claimed_reward"]
    code = claimed["redeemable"]["code"]
    assert code in ("SPA-1", "SPA-2")
    shown = redeemable(code=code, fulfilment_explanation=None)
    assert claimed["redeemable"] == {**shown, "fulfilled_at": claimed["redeemable"]["fulfilled_at"]}
    ann.orders("1")
    assert ann.claim(claimed["id"]) == claimed, "what is used is told by the code alone"
    ann.orders("2", discount_codes=[{"code": code}])
    assert ann.claim(claimed["id"])["redeemable"]["usage_status"] == "used"

    last = ann.asks(KIND).json["claimed_reward"]["redeemable"]["code"]
    assert {code, last} == {"SPA-1", "SPA-2"}
    answer = ann.asks(KIND)
    assert (answer.status, answer.code) == (422, "reward_out_of_stock")
    assert passes(shop) == 0
    assert is_sound(shop)


def fills(shop: Shop, *codes: str) -> None:
    world = shop.world
    world.run(add_codes(world.desk, world.tenant.program_id, number_of(KIND), codes=codes))


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"fulfill_immediately": 1}, "fulfill_immediately"),
        ({"fulfill_immediately": "true"}, "fulfill_immediately"),
        ({"usage": "order"}, "usage"),
        ({"usage": {}}, "usage.kind"),
        ({"usage": {"kind": "cart", "merchant_id": "1"}}, "usage.kind"),
        ({"usage": {"kind": "order"}}, "usage.merchant_id"),
        ({"usage": {"kind": "order", "merchant_id": ""}}, "usage.merchant_id"),
        ({"usage": {"kind": "order", "merchant_id": 1}}, "usage.merchant_id"),
        ({"usage": {"kind": "order", "merchant_id": "x" * 256}}, "usage.merchant_id"),
        ({"usage": {"kind": "order", "merchant_id": "gid://shopify/Cart/1"}}, "usage.merchant_id"),
    ],
)
def test_what_is_malformed(new_world: NewWorld, sent: Document, field: str) -> None:
    shop = shop_of(new_world, MANUAL)
    answer = joins(shop, "ann").asks(KIND, **sent)
    assert answer.status == 400
    assert field in answer.json["error"]["details"]


def test_no_session_token_opens_it(new_world: NewWorld) -> None:
    shop = shop_of(new_world, MANUAL)
    ann = joins(shop, "ann")
    answer = ann.asks(KIND, how={"key": shop.token("ann")})
    assert answer.status == 403
    assert ann.points == (ALL_POINTS, 0)
