"""Walks the contract: every operation is served, and gives every answer that it is documented to.

An operation or a code that the contract gains fails here until somebody says how it comes about.
Planted: an operation taken off the route table, and a code taken out of the dialect, each fail.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest

from leal.api.gate import Gate
from leal.api.headless import routes
from leal.domain.sites import ConsentProvider, SubscriptionProvider, VoucherStoreKind
from leal.integrations.consent import LocalConsent, RefusingConsent
from leal.integrations.subscriptions import PracticeSubscriptions
from leal.integrations.voucher_stores import RefusingVoucherStore
from leal.usecases.desk import Desk
from tests.contract import schema
from tests.contract.conftest import NewWorld
from tests.contract.headless.completing import rule_of
from tests.contract.headless.friends import CLAIM, HERE, Party
from tests.contract.headless.redeeming import (
    ALL_POINTS,
    REFUND,
    number_of,
    passes,
    rewards_program,
)
from tests.contract.headless.subscriptions import Nobody
from tests.contract.headless.walk import KIND_OF, RULE_OF, Walk
from tests.contract.headless.worlds import CONFIGURATION, SESSION, Shop, email_of
from tests.programs import Document
from tests.worlds import Answer

STORE = {"kind": "webhook", "url": "https://lion.example/vouchers"}

REFUSALS = [(each, code) for each in schema.operations() for code in schema.refusals(each)]
STATUSES = [
    (each, status)
    for each in schema.operations()
    for status in schema.statuses(each)
    # nothing that the configuration is asked for can be refused for a reason of the program's
    if status != 422 or schema.refusals(each)
]


@pytest.fixture(scope="module")
def shop(shared_world: NewWorld) -> Shop:
    return Shop(shared_world(rewards_program()))


@pytest.fixture
def walk(shop: Shop, request: pytest.FixtureRequest) -> Walk:
    """Everything in order, for the operation of the test."""
    shop.world.consent[ConsentProvider.LOCAL] = LocalConsent()
    shop.world.subscriptions[SubscriptionProvider.PRACTICE] = PracticeSubscriptions()
    shop.world.voucher_stores[VoucherStoreKind.WEBHOOK] = RefusingVoucherStore()
    shop.world.limit_rate(0)
    shop.world.run(shop.world.database.execute("DELETE FROM reward_stock"))
    operation, outcome = request.node.callspec.params.values()
    made = Walk(shop, operation, f"{operation.rpartition('.')[2]}-{outcome}")
    made.publish()
    return made


def test_every_operation_has_a_route() -> None:
    # the table only keeps the desk and the gate for later, when a request comes
    table = routes.table(cast("Desk", None), cast("Gate", None))
    served = {each.name: (each.method, each.path) for each, _ in table}
    assert served == {each: schema.route(each) for each in schema.operations()}


# --- every code ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("operation", "code"), REFUSALS)
def test_every_code_is_told(walk: Walk, operation: str, code: str) -> None:
    assert walk.operation == operation
    answer = HOW.get(code, _nobody_knows)(walk)
    assert (answer.status, answer.code) == (422, code), answer.body


def _nobody_knows(walk: Walk) -> Answer:
    raise AssertionError(f"say in this file how {walk.operation} comes to refuse this")


def _different(walk: Walk, **publish: Any) -> Answer:
    walk.publish(**publish)
    walk.joins()
    return walk.asks()


def _not_enrolled(walk: Walk) -> Answer:
    walk.joins()
    statement = "UPDATE customers SET enrolled_at = NULL WHERE merchant_id = $1"
    walk.shop.sql(statement, walk.name)
    return walk.asks()


def _blocked(walk: Walk) -> Answer:
    walk.joins()
    walk.shop.block(walk.name)
    return walk.asks()


def _email_taken(walk: Walk) -> Answer:
    walk.joins()
    return walk.shop.call(
        SESSION, f"{walk.name}-2", json={"customer": {"email": email_of(walk.name)}}
    )


def _no_such_day(walk: Walk) -> Answer:
    walk.joins()
    return walk.shop.birthday(walk.name, 2, 30)


def _no_consent(walk: Walk) -> Answer:
    walk.shop.world.consent[ConsentProvider.LOCAL] = RefusingConsent()
    walk.joins()
    return walk.asks()


def _too_dear(walk: Walk) -> Answer:
    varies = "variable" in KIND_OF[walk.operation]
    price: Document = {"points_per_unit" if varies else "cost": ALL_POINTS + 1}
    return _different(walk, offer=price)


def _sold_out(walk: Walk) -> Answer:
    kind = KIND_OF[walk.operation]
    if kind in ("product_cart", "active_subscription_product"):
        variants = [{"id": "501", "inventory_count": 0}]
        return _different(walk, offer={"product": {"id": "500", "variants": variants}})
    voucher: Document = {"fulfillment": {"kind": "voucher"}} if kind == "custom" else {}
    return _different(walk, offer={"codes": "pool", **voucher})


def _another_kind(walk: Walk) -> Answer:
    member = walk.joins()
    if walk.operation == REFUND:
        walk.claim_id = member.redeems("gift_card")["claimed_reward"]["id"]
        return walk.asks()
    other = "custom" if KIND_OF[walk.operation] == "gift_card" else "gift_card"
    return walk.asks(parts={"reward_id": number_of(other)})


def _again(walk: Walk) -> Answer:
    walk.publish(offer={"limit": {"count": 1, "interval": None}})
    walk.joins()
    assert walk.asks().status in (200, 201)
    return walk.asks()


def _no_such_variant(walk: Walk) -> Answer:
    walk.joins()
    return walk.asks(parts={"variant_id": "999"})


def _full_cart(walk: Walk) -> Answer:
    walk.publish(offer={"max_redemptions_per_cart": 1})
    walk.joins()
    assert walk.asks().status == 201
    return walk.asks()


def _not_subscribed(walk: Walk) -> Answer:
    Nobody.subscribes(walk.shop)
    walk.joins()
    return walk.asks()


def _store_refuses(walk: Walk) -> Answer:
    offer = {"fulfillment": {"kind": "voucher"}} if "Custom" in walk.operation else {}
    return _different(walk, offer=offer, site={"voucher_store": STORE})


def _too_small(walk: Walk) -> Answer:
    walk.joins()
    return walk.asks(parts={"discount_amount": 0.5})


def _back_already(walk: Walk) -> Answer:
    walk.joins()
    assert walk.asks().status == 201
    return walk.asks()


def _used(walk: Walk) -> Answer:
    walk.joins().orders(walk.name, claimed_reward_ids=[walk.claim_id])
    return walk.asks()


def _expired(walk: Walk) -> Answer:
    walk.joins()
    walk.shop.sql(
        "UPDATE claimed_rewards SET auto_refund_at = NULL, expires_at = $2"
        " WHERE claimed_reward_id = $1",
        walk.claim_id,
        walk.shop.world.now,
    )
    passes(walk.shop)
    return walk.asks()


def _another_rule(walk: Walk) -> Answer:
    walk.joins()
    other = "custom" if RULE_OF[walk.operation] == "clickthrough" else "clickthrough"
    return walk.asks(parts={"rule_id": rule_of(other)})


def _own_friend(walk: Walk) -> Answer:
    walk.joins()
    return walk.asks(parts={"referee_email": email_of(walk.name)})


def _capped(walk: Walk) -> Answer:
    walk.publish(referrals={"stop_at_cap": True})
    walk.joins()
    party = Party(walk.shop)
    party.orders(f"{walk.name}-1", f"{walk.name}-friend", referral_id=walk.link())
    return walk.asks()


def _same_place(walk: Walk) -> Answer:
    walk.publish(referrals={"distinct_ips": True})
    walk.joins().orders(walk.name, ip_address=HERE)
    return walk.asks()


def _without(name: str) -> Callable[[Walk], Answer]:
    def ask(walk: Walk) -> Answer:
        walk.joins()
        return walk.asks(parts={name: None})

    return ask


def _no_such_link(walk: Walk) -> Answer:
    walk.joins()
    return walk.asks(parts={"referral_id": "nobody"})


def _referrals_off(walk: Walk) -> Answer:
    walk.joins()
    link = walk.link()
    walk.publish(referrals={"enabled": False})
    return walk.asks(parts={"referral_id": link}) if walk.operation != CLAIM else _claim(walk, link)


def _claim(walk: Walk, link: str) -> Answer:
    sent = {
        "referral_id": link,
        "referee_email": "a@friends.example",
        "ip_address": HERE,
        "user_agent": None,
    }
    return walk.shop.call(CLAIM, json=sent)


HOW: Mapping[str, Callable[[Walk], Answer]] = {
    "customer_not_enrolled": _not_enrolled,
    "customer_blocked": _blocked,
    "email_already_in_use": _email_taken,
    "invalid_date": _no_such_day,
    "subscription_failed": _no_consent,
    "unsupported_platform": lambda walk: _different(walk, site={"consent_provider": None}),
    "insufficient_points": _too_dear,
    "reward_not_enabled_for_customer": lambda walk: _different(walk, offer={"enabled": False}),
    "reward_out_of_stock": _sold_out,
    "reward_kind_mismatch": _another_kind,
    "reward_limit_reached": _again,
    "invalid_variant_id": _no_such_variant,
    "max_cart_redemptions_reached": _full_cart,
    "no_subscription_integration_configured": lambda walk: _different(
        walk, site={"subscription_provider": None}
    ),
    "no_active_subscriptions": _not_subscribed,
    "voucher_allocation_failed": _store_refuses,
    "invalid_discount_amount": _too_small,
    "reward_already_refunded": _back_already,
    "reward_already_used": _used,
    "reward_expired": _expired,
    "rule_not_enabled_for_customer": lambda walk: _different(walk, offer={"enabled": False}),
    "rule_kind_mismatch": _another_rule,
    "rule_limit_reached": _again,
    "rule_requirements_not_met": lambda walk: _different(walk, offer={"opens_on": "2125-01-01"}),
    "referee_email_required": _without("referee_email"),
    "invalid_referee": _own_friend,
    "referrals_not_enabled": _referrals_off,
    "invalid_referral_id": _no_such_link,
    "referral_cap_reached": _capped,
    "fraud_detected": _same_place,
    "no_vouchers_available": lambda walk: _different(
        walk, referrals={"incentive": {"codes": "pool"}}
    ),
}
"""How each code comes about."""


# --- every status --------------------------------------------------------------------------------


@pytest.mark.parametrize(("operation", "status"), STATUSES)
def test_every_status_is_answered(walk: Walk, operation: str, status: int) -> None:
    assert walk.operation == operation
    assert BY_STATUS[status](walk).status == status


def _succeeds(walk: Walk) -> Answer:
    walk.joins()
    return walk.asks()


def _malformed(walk: Walk) -> Answer:
    walk.joins()
    return walk.asks(query="channel=tv")


def _unknown_key(walk: Walk) -> Answer:
    walk.joins()
    return walk.asks(key="pat_unknown")


def _elsewhere(walk: Walk) -> Answer:
    walk.joins()
    return walk.asks(site=2, key=walk.shop.token(walk.name))


def _missing(walk: Walk) -> Answer:
    walk.joins()
    return walk.asks(site=999)


def _refused(walk: Walk) -> Answer:
    return HOW.get(schema.refusals(walk.operation)[0], _nobody_knows)(walk)


def _too_many(walk: Walk) -> Answer:
    walk.joins()
    walk.asks()
    walk.shop.world.limit_rate(1)
    if walk.operation == CLAIM:
        walk.shop.call(CONFIGURATION)
        return _claim(walk, "any")
    walk.asks()
    return walk.asks()


BY_STATUS: Mapping[int, Callable[[Walk], Answer]] = {
    200: _succeeds,
    201: _succeeds,
    204: _succeeds,
    400: _malformed,
    401: _unknown_key,
    403: _elsewhere,
    404: _missing,
    422: _refused,
    429: _too_many,
}
"""How each status comes about."""
