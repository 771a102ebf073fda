"""Redeeming what cannot be had: every code, what Get Customer says, and which comes first."""

from itertools import combinations
from typing import Any

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.offers import MUG
from tests.contract.headless.redeeming import (
    ALL_POINTS,
    REDEEM,
    Member,
    joins,
    number_of,
    rewards_program,
)
from tests.contract.headless.worlds import Shop, email_of, only_site
from tests.programs import Document

EVERY = pytest.mark.parametrize("kind", REDEEM)
SOLD_OUT = {**MUG, "variants": [{"id": "501", "inventory_count": 0}, {"id": "502"}]}
NOTHING_LEFT = {**MUG, "variants": [{"id": "501", "inventory_count": 0}]}


@pytest.fixture(scope="module")
def shop(shared_world: NewWorld) -> Shop:
    return Shop(shared_world(rewards_program()))


def dear(kind: str) -> Document:
    """Too dear for anybody."""
    field = "points_per_unit" if kind == "cart_variable_discount_voucher" else "cost"
    return {field: ALL_POINTS + 1}


def sold_out(kind: str) -> Document:
    if "product" in kind and "discount" not in kind:
        return {"product": NOTHING_LEFT}
    if kind == "custom":
        return {"codes": "pool", "fulfillment": {"kind": "voucher"}}
    return {"codes": "pool"}


def refused(member: Member, kind: str, code: str, **how: Any) -> Any:
    before = member.shop.everything()
    answer = member.asks(kind, **how)
    assert (answer.status, answer.code) == (422, code)
    assert answer.json["error"]["message"]
    assert member.shop.everything() == before
    return answer.json["error"]


@EVERY
def test_insufficient_points(shop: Shop, kind: str) -> None:
    shop.world.publish(rewards_program(**{kind: dear(kind)}))
    member = joins(shop, f"dear-{kind}")
    short = {"state": "insufficient_points", "additional_points_required": 1}
    assert member.can_redeem(kind) == short
    refused(member, kind, "insufficient_points")


@EVERY
def test_customer_not_enrolled(shop: Shop, kind: str) -> None:
    shop.world.publish({**rewards_program(), "enrolment": {"mode": "manual"}})
    guest = joins(shop, f"guest-{kind}")
    refused(guest, kind, "customer_not_enrolled")


@EVERY
def test_customer_blocked(shop: Shop, kind: str) -> None:
    shop.world.publish(rewards_program())
    member = joins(shop, f"blocked-{kind}")
    shop.block(member.merchant_id)
    refused(member, kind, "customer_blocked")


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        (kind, parts)
        for kind in REDEEM
        for parts in (
            {"enabled": False},
            {"channels": ["pos"]},
            {"countries": ["DE"]},
            {"trigger_only": True},
        )
        # nothing but the customer could say how large such a discount is to be
        if (kind, next(iter(parts))) != ("cart_variable_discount_voucher", "trigger_only")
    ],
)
def test_reward_not_enabled_for_customer(shop: Shop, kind: str, parts: Document) -> None:
    shop.world.publish(rewards_program(**{kind: parts}))
    member = joins(shop, f"off-{kind}-{'-'.join(parts)}")
    assert member.can_redeem(kind) is None
    refused(member, kind, "reward_not_enabled_for_customer")


@pytest.mark.parametrize(
    ("name", "query"), [("anna", "channel=pos&country=DE"), ("otto", "channel=pos&country=de")]
)
def test_it_may_be_enabled_elsewhere(shop: Shop, name: str, query: str) -> None:
    parts = {"channels": ["pos"], "countries": ["DE"]}
    shop.world.publish(rewards_program(gift_card=parts))
    member = joins(shop, name)
    assert member.asks("gift_card", how={"query": query}).status == 201
    refused(member, "gift_card", "reward_not_enabled_for_customer", how={"query": "channel=pos"})


def test_content_sites_give_nothing_away(shop: Shop) -> None:
    shop.world.publish(only_site(rewards_program(), kind="content", subscription_provider=None))
    member = joins(shop, "reader")
    assert member.document["available_rewards"] == []
    refused(member, "gift_card", "reward_not_enabled_for_customer")


def test_a_tier_may_be_left_out(shop: Shop) -> None:
    tiers = {
        "boundary_mode": "points",
        "membership": {"mode": "lifetime"},
        "tiers": [{"id": 1, "key": "all", "name": "All", "lower_bound": 0}],
    }
    closed: Document = {"tiers": {"all": {"enabled": False}}}
    shop.world.publish({**rewards_program(gift_card=closed), "tiers": tiers})
    member = joins(shop, "left-out")
    assert member.can_redeem("gift_card") is None
    refused(member, "gift_card", "reward_not_enabled_for_customer")
    cheap: Document = {"tiers": {"all": {"cost": 7}}}
    shop.world.publish({**rewards_program(gift_card=cheap), "tiers": tiers})
    source = member.redeems("gift_card")["claimed_reward"]["source"]
    assert source == {"kind": "points_redemption", "points_cost": 7}


@EVERY
def test_reward_out_of_stock(shop: Shop, kind: str) -> None:
    shop.world.publish(rewards_program(**{kind: sold_out(kind)}))
    member = joins(shop, f"stock-{kind}")
    assert member.can_redeem(kind) == {"state": "out_of_stock"}
    refused(member, kind, "reward_out_of_stock")


@EVERY
def test_reward_kind_mismatch(shop: Shop, kind: str) -> None:
    shop.world.publish(rewards_program())
    other = "custom" if kind == "gift_card" else "gift_card"
    member = joins(shop, f"kind-{kind}")
    refused(member, kind, "reward_kind_mismatch", reward=number_of(other))


@EVERY
def test_reward_limit_reached(shop: Shop, kind: str) -> None:
    shop.world.publish(rewards_program(**{kind: {"limit": {"count": 2, "interval": "month"}}}))
    member = joins(shop, f"limit-{kind}")
    member.redeems(kind)
    member.redeems(kind)
    assert member.can_redeem(kind) == {"state": "claim_limit_reached"}
    refused(member, kind, "reward_limit_reached")


def test_a_limit_begins_anew_with_the_month_of_the_program(new_world: NewWorld) -> None:
    limited = {"limit": {"count": 1, "interval": "month"}}
    document = only_site(rewards_program(gift_card=limited), timezone="Europe/Berlin")
    shop = Shop(new_world(document))
    member = joins(shop, "ann")
    member.redeems("gift_card")
    shop.world.later(days=20, hours=9, minutes=59)
    refused(member, "gift_card", "reward_limit_reached")
    shop.world.later(minutes=1)
    assert member.can_redeem("gift_card") == {"state": "redeemable"}
    member.redeems("gift_card")


# --- which comes first ---------------------------------------------------------------------------

FAULTS: dict[str, str] = {
    "unknown customer": "not_found",
    "unknown reward": "not_found",
    "blocked": "customer_blocked",
    "guest": "customer_not_enrolled",
    "another kind": "reward_kind_mismatch",
    "disabled": "reward_not_enabled_for_customer",
    "claimed too often": "reward_limit_reached",
    "sold out": "reward_out_of_stock",
    "no such variant": "invalid_variant_id",
    "full cart": "max_cart_redemptions_reached",
    "too dear": "insufficient_points",
}
"""In the order in which they are looked at."""

IN_THE_PROGRAM: dict[str, Document] = {
    "disabled": {"enabled": False},
    "claimed too often": {"limit": {"count": 1}},
    "sold out": {"product": SOLD_OUT},
    "full cart": {"max_redemptions_per_cart": 1},
    "too dear": {"cost": ALL_POINTS},
}
IN_THE_REQUEST: dict[str, Document] = {
    "unknown customer": {"customer_merchant_id": "nobody"},
    "unknown reward": {"reward": 999},
    "another kind": {"reward": number_of("gift_card")},
    "no such variant": {"variant_id": "999"},
}
NEVER_BOTH = {("unknown reward", "another kind"), ("sold out", "no such variant")}
PAIRS = [pair for pair in combinations(FAULTS, 2) if pair not in NEVER_BOTH]
ALONE = [(fault, fault) for fault in FAULTS]


@pytest.mark.parametrize(("first", "second"), PAIRS + ALONE)
def test_the_first_that_is_wrong_is_told(shop: Shop, first: str, second: str) -> None:
    """Planted bug: points looked at before limits and stock fail some of these."""
    shop.world.publish(rewards_program())
    member = joins(shop, f"{first}-and-{second}".replace(" ", "-"))
    member.redeems("product_cart", variant_id="502")
    member.redeems("gift_card")
    wrong = (first, second)
    goods: Document = {}
    cards: Document = {}
    for fault in wrong:
        goods |= IN_THE_PROGRAM.get(fault, {})
        if fault in ("disabled", "claimed too often", "too dear"):
            cards |= IN_THE_PROGRAM[fault]
    if "sold out" in wrong and "another kind" in wrong:
        cards["codes"] = "pool"
    shop.world.publish(rewards_program(product_cart=goods, gift_card=cards))
    if "guest" in wrong:
        statement = "UPDATE customers SET enrolled_at = NULL WHERE merchant_id = $1"
        shop.sql(statement, member.merchant_id)
    if "blocked" in wrong:
        shop.block(member.merchant_id)
    sent: Document = {}
    for fault in reversed(wrong):
        sent |= IN_THE_REQUEST.get(fault, {})

    answer = member.asks("product_cart", **sent)
    assert answer.code == FAULTS[first], answer.body
    assert answer.status == (404 if FAULTS[first] == "not_found" else 422)
    noun = {"unknown customer": "customer", "unknown reward": "reward"}.get(first, "")
    assert noun in answer.json["error"]["message"]


def test_what_is_malformed_comes_before_all_of_it(shop: Shop) -> None:
    answer = Member(shop, "nobody").asks("gift_card", reward="1")
    assert answer.status == 400


@EVERY
def test_an_address_is_no_customer(shop: Shop, kind: str) -> None:
    joins(shop, "addressed")
    answer = Member(shop, email_of("addressed")).asks(kind)
    assert (answer.status, answer.code) == (404, "not_found")
