"""What redemptions of every kind, and the refund, have in common: who may ask, and how it is said.

Planted bug: the body's customer not held against the session token lets anyone spend the points of
everybody.
"""

import json
from typing import Any

import pytest

from leal.usecases.access import Scope
from tests.contract.conftest import NewWorld
from tests.contract.headless.offers import MUG
from tests.contract.headless.redeeming import (
    ALL_POINTS,
    EXTRAS,
    REDEEM,
    REFUND,
    Member,
    joins,
    number_of,
    rewards_program,
)
from tests.contract.headless.test_input_traps import BODY_TRAPS, EXTRA_HARMLESS, EXTRA_TRAPS
from tests.contract.headless.worlds import Shop
from tests.programs import second_site

EVERY = pytest.mark.parametrize("kind", REDEEM)
WITH_A_TOKEN = pytest.mark.parametrize("kind", [each for each in REDEEM if each != "custom"])


@pytest.fixture(scope="module")
def shop(shared_world: NewWorld) -> Shop:
    """Two sites; ann is left alone, bob is suited by good bodies."""
    mug = {**MUG, "variants": [{"id": "501"}]}
    document = rewards_program(
        product_cart={"product": mug, "max_redemptions_per_cart": None},
        active_subscription_product={"product": mug},
    )
    second_site({"subscription_provider": "practice", "languages": ["en"]})(document)
    shop = Shop(shared_world(document))
    for name in ("ann", "bob", "1001"):
        joins(shop, name)
    return shop


def body(kind: str, merchant_id: object = "ann", **parts: object) -> Any:
    sent = {"reward_id": number_of(kind), "customer_merchant_id": merchant_id}
    return {**sent, **EXTRAS.get(kind, {}), **parts}


def is_refused(shop: Shop, kind: str, status: int, *names: str, **how: Any) -> Any:
    before = shop.everything()
    answer = shop.call(REDEEM[kind], **how)
    assert answer.status == status, answer.body[:500]
    if status == 400:
        assert answer.json["error"]["message"] == "Invalid request"
        assert tuple(answer.json["error"]["details"]) == names
    assert len(answer.body) < 2_000, "what was sent is not echoed at length"
    assert shop.everything() == before
    return answer


# --- who may ask ---------------------------------------------------------------------------------


@EVERY
def test_without_credentials(shop: Shop, kind: str) -> None:
    for header in ("", "Bearer nobody", "Basic YTpi"):
        is_refused(shop, kind, 401, json=body(kind), headers={"authorization": header})


@EVERY
def test_without_the_scope(shop: Shop, kind: str) -> None:
    others = [scope for scope in Scope if scope is not Scope.WRITE_CUSTOMERS]
    key = shop.world.new_key(shop.world.tenant.program_id, *others)
    is_refused(shop, kind, 403, json=body(kind), key=key)


@EVERY
def test_with_the_scope_alone(shop: Shop, kind: str) -> None:
    key = shop.world.new_key(shop.world.tenant.program_id, Scope.WRITE_CUSTOMERS)
    assert shop.call(REDEEM[kind], json=body(kind, "bob"), key=key).status == 201


@EVERY
def test_another_program_knows_neither_customer_nor_reward(shop: Shop, kind: str) -> None:
    other = shop.world.add_program(rewards_program())
    missing = is_refused(shop, kind, 404, json=body(kind), key=other.key)
    assert missing.body == is_refused(shop, kind, 404, json=body(kind, "nobody")).body


@EVERY
def test_an_unknown_site(shop: Shop, kind: str) -> None:
    is_refused(shop, kind, 404, json=body(kind), site=99)


@WITH_A_TOKEN
def test_shoppers_redeem_for_themselves(shop: Shop, kind: str) -> None:
    for said in ("1001", "gid://shopify/Customer/1001"):
        answer = shop.call(REDEEM[kind], json=body(kind, said), key=shop.token("1001"))
        assert answer.status == 201
        assert answer.json["customer"]["merchant_id"] == "1001"


@EVERY
def test_shoppers_redeem_for_nobody_else(shop: Shop, kind: str) -> None:
    token = shop.token("bob")
    said = [
        is_refused(shop, kind, 403, json=body(kind, customer, **parts), key=token)
        for customer in ("ann", "nobody")
        for parts in ({}, {"reward_id": 999}, {"reward_id": "x"}, {"variant_id": 5})
    ]
    assert len({answer.body for answer in said}) == 1, "it does not tell who there is"
    is_refused(shop, kind, 403, json=body(kind, "bob"), key=token, site=2)


@WITH_A_TOKEN
def test_a_shopper_who_does_not_say_who_they_are(shop: Shop, kind: str) -> None:
    sent = body(kind)
    del sent["customer_merchant_id"]
    is_refused(shop, kind, 400, "customer_merchant_id", json=sent, key=shop.token("ann"))


# --- how it is said ------------------------------------------------------------------------------


@EVERY
def test_no_channel(shop: Shop, kind: str) -> None:
    for query in ("", "channel=tv", "channel=web&channel=pos"):
        is_refused(shop, kind, 400, "channel", json=body(kind), query=query)
    answer = shop.call(
        REDEEM[kind],
        json=body(kind, "bob"),
        query="",
        headers={"X-LoyaltyLion-Channel": "mobile"},
    )
    assert answer.status == 201


@EVERY
def test_bodies_that_are_none(shop: Shop, kind: str) -> None:
    for trap in BODY_TRAPS.values():
        is_refused(shop, kind, 400, "body", body=trap)
    good = json.dumps(body(kind)).encode()
    for extra in EXTRA_TRAPS.values():
        is_refused(shop, kind, 400, "body", body=good[:-1] + b', "extra": ' + extra + b"}")
    is_refused(shop, kind, 413, body=good + b" " * 1_000_000)


@EVERY
def test_unknown_members_do_no_harm(shop: Shop, kind: str) -> None:
    good = json.dumps(body(kind, "bob")).encode()
    extra = b", ".join(
        b'"extra %d": %b' % (number, part) for number, part in enumerate(EXTRA_HARMLESS.values())
    )
    answer = shop.call(REDEEM[kind], body=good[:-1] + b", " + extra + b"}")
    assert answer.status == 201


@EVERY
@pytest.mark.parametrize("reward_id", [None, 0, -1, 1.5, "1", "", True, [1], {}, "x" * 65_536])
def test_no_reward_id(shop: Shop, kind: str, reward_id: object) -> None:
    is_refused(shop, kind, 400, "reward_id", json=body(kind, reward_id=reward_id))


@EVERY
@pytest.mark.parametrize("reward_id", [999, 10**6, 10**6 + 1, 2**31, 2**53, 2**63 - 1])
def test_no_such_reward(shop: Shop, kind: str, reward_id: int) -> None:
    is_refused(shop, kind, 404, json=body(kind, reward_id=reward_id))


def test_whole_numbers_however_they_are_written(shop: Shop) -> None:
    for written in (b"1", b"1.0", b"1e0", b"10e-1"):
        sent = b'{"customer_merchant_id": "bob", "reward_id": %b}' % written
        assert shop.call(REDEEM["gift_card"], body=sent).status == 201


@EVERY
@pytest.mark.parametrize(
    "merchant_id",
    [None, "", 1001, True, ["ann"], "x" * 256, "x" * 65_536, "a\nb", "gid://shopify/Order/1"],
    ids=lambda value: repr(value)[:20],
)
def test_no_customer_id(shop: Shop, kind: str, merchant_id: object) -> None:
    is_refused(shop, kind, 400, "customer_merchant_id", json=body(kind, merchant_id))


@EVERY
@pytest.mark.parametrize(
    "merchant_id",
    ["nobody", "ANN", "ann ", "\u200fann", "1001.0", "01001", "🦁" * 255, "' OR 1=1", "%61nn"],
)
def test_no_such_customer(shop: Shop, kind: str, merchant_id: str) -> None:
    is_refused(shop, kind, 404, json=body(kind, merchant_id))


@EVERY
def test_all_that_is_wrong_is_told_at_once(shop: Shop, kind: str) -> None:
    sent: Any = {name: [] for name in body(kind)}
    said = ("customer_merchant_id", "reward_id", *EXTRAS.get(kind, {}))
    is_refused(shop, kind, 400, *said, json=sent)


# --- the refund, which names no customer ---------------------------------------------------------


def test_who_may_give_back(shop: Shop) -> None:
    member = Member(shop, "ann")
    claimed = member.redeems("product_cart")["claimed_reward"]
    reader = shop.world.new_key(shop.world.tenant.program_id, Scope.READ_CUSTOMERS)
    sent = {"claimed_reward_id": claimed["id"]}
    for status, how in (
        (401, {"headers": {"authorization": ""}}),
        (403, {"key": reader}),
        (403, {"key": shop.token("ann"), "site": 2}),
        (404, {"site": 99}),
        (400, {"query": ""}),
    ):
        assert shop.call(REFUND, json=sent, **how).status == status, how
    for trap in BODY_TRAPS.values():
        assert shop.call(REFUND, body=trap).status == 400
    assert member.claim(claimed["id"]) == claimed
    writer = shop.world.new_key(shop.world.tenant.program_id, Scope.WRITE_CUSTOMERS)
    assert shop.call(REFUND, json=sent, key=writer, site=2).status == 201
    assert member.points == (ALL_POINTS, 0)
