"""Get Configuration: everything a program can hold, as each site, channel and language sees it."""

from typing import Any

import pytest

from tests.contract import schema
from tests.contract.conftest import NewWorld
from tests.contract.headless.offers import (
    REWARDS,
    RULES,
    every_reward,
    every_rule,
    shown_reward,
    shown_rule,
)
from tests.contract.headless.worlds import CONFIGURATION, Shop, program
from tests.programs import Document, lion_rewards, put

TIER = {"name": "T", "hidden": False, "benefit_ids": []}
DISCOUNT = {"kind": "cart_discount_voucher", "incentive_text": "Take it"}


@pytest.fixture(scope="module")
def shop(shared_world: NewWorld) -> Shop:
    """A program of every kind of rule and reward; tests that publish leave it to no other."""
    return Shop(shared_world(every_kind()))


@pytest.fixture(scope="module")
def press(shared_world: NewWorld) -> Shop:
    """A program that tests publish over and over."""
    return Shop(shared_world(program()))


def every_kind() -> Document:
    return program(rules=every_rule(), rewards=every_reward(), referrals={})


def published(shop: Shop, document: Document, **how: Any) -> Any:
    """The configuration once this is the program."""
    shop.world.publish(document)
    return shop.configuration(**how)


def test_whole_document(press: Shop) -> None:
    served = published(press, lion_rewards())
    assert {name: served[name] for name in ("channel", "currency", "language", "program")} == {
        "channel": "web",
        "currency": "usd",
        "language": "en",
        "program": {"name": "Lion Rewards"},
    }
    assert [rule["id"] for rule in served["rules"]] == [1, 2, 3, 4]
    assert [reward["id"] for reward in served["rewards"]] == [1, 2, 3]
    assert served["rules"][3] == {
        "id": 4,
        "kind": "custom",
        "limit": None,
        "properties": {"name": "quiz"},
        "variants": [
            {
                "tier_id": tier_id,
                "enabled": enabled,
                "title": "Take our quiz",
                "description": None,
                "result": {
                    "kind": "reward",
                    "reward": {"kind": "free_shipping_voucher", "title": "Free shipping"},
                },
                "result_short_text": "Free shipping",
            }
            for tier_id, enabled in ((1, False), (2, True))
        ],
    }


def test_every_kind_of_the_contract_is_tried() -> None:
    assert RULES.keys() == schema.kinds("SiteConfiguration", "rules")
    assert REWARDS.keys() == schema.kinds("SiteConfiguration", "rewards")


@pytest.mark.parametrize("kind", RULES)
def test_rule(shop: Shop, kind: str) -> None:
    rules = {rule["kind"]: rule for rule in shop.configuration()["rules"]}
    assert rules[kind] == shown_rule(kind)


@pytest.mark.parametrize("kind", REWARDS)
def test_reward(shop: Shop, kind: str) -> None:
    rewards = {reward["kind"]: reward for reward in shop.configuration()["rewards"]}
    assert rewards[kind] == shown_reward(kind)


@pytest.mark.parametrize(
    ("fulfillment", "shown"),
    [
        (
            {"kind": "manual"},
            {
                "fulfillment_type": "store_fulfillment",
                "fulfillment_method": "manual",
                "fulfillment_webhook_url": None,
            },
        ),
        ({"kind": "voucher"}, {"fulfillment_type": "voucher"}),
    ],
)
def test_other_ways_to_fulfil_a_custom_reward(
    press: Shop, fulfillment: Document, shown: Document
) -> None:
    reward = {"id": 1, "kind": "custom", "title": "Hug", "cost": 1, "fulfillment": fulfillment}
    [served] = published(press, program(rewards=reward))["rewards"]
    assert served["properties"] == shown


@pytest.mark.parametrize(
    ("mode", "shown"),
    [
        ({"mode": "rolling", "duration_months": 12}, None),
        ({"mode": "lifetime"}, None),
        (
            {"mode": "calendar", "starts_on": {"month": 2, "day": 29}, "months": 6, "windows": 0},
            {
                "mode": "calendar",
                "evaluation_period": {
                    "starts_on": {"month": 2, "day": 29},
                    "duration": {"months": 6},
                },
                "duration": {"windows": 0},
            },
        ),
        (
            {"mode": "enrollment_anniversary", "windows": 2},
            {"mode": "enrollment_anniversary", "duration": {"windows": 2}},
        ),
    ],
    ids=lambda value: str(value.get("mode")) if value else "as written",
)
def test_membership(press: Shop, mode: Document, shown: Document | None) -> None:
    tiers = {"boundary_mode": "points", "membership": mode, "tiers": [step(1, 0)]}
    served = published(press, program(tiers=tiers))
    assert served["tier_configuration"]["membership"] == (shown or mode)


def step(number: int, lower_bound: object, **parts: object) -> Document:
    return {"id": number, "key": f"t{number}", "name": "T", "lower_bound": lower_bound, **parts}


@pytest.mark.parametrize(
    ("mode", "bounds"),
    [
        ("points", [(0, 99), (100, None)]),
        ("orders", [(0, 99), (100, None)]),
        (
            "spend",
            [
                ({"amount": 0, "formatted": "$0"}, {"amount": 99.99, "formatted": "$99.99"}),
                ({"amount": 100, "formatted": "$100"}, None),
            ],
        ),
    ],
)
def test_tiers_with_bounds_around_a_conditional_one(
    press: Shop, mode: str, bounds: list[tuple[object, object]]
) -> None:
    staff = {"id": 2, "key": "t2", "name": "T", "kind": "conditional", "hidden": True}
    tiers = {
        "boundary_mode": mode,
        "membership": {"mode": "lifetime"},
        "tiers": [step(1, 0), staff, step(3, 100)],
    }
    served = published(press, program(tiers=tiers))["tier_configuration"]
    (low, below), (high, top) = bounds
    assert served == {
        "boundary_mode": mode,
        "membership": {"mode": "lifetime"},
        "tier_benefits": [],
        "tiers": [
            {**TIER, "id": 1, "kind": mode, "position": 1} | bound(low, below),
            {**TIER, "id": 2, "kind": "conditional", "position": 2, "hidden": True},
            {**TIER, "id": 3, "kind": mode, "position": 3} | bound(high, top),
        ],
    }


def bound(lower: object, upper: object) -> Document:
    return {"lower_bound": lower, "upper_bound": upper}


def test_no_tiers_is_null(shop: Shop) -> None:
    assert shop.configuration()["tier_configuration"] is None


def test_benefits_are_rendered_and_made_safe(press: Shop) -> None:
    details = "**Come in**, <script>alert(1)</script>friend"
    tiers = {
        "boundary_mode": "points",
        "membership": {"mode": "lifetime"},
        "benefits": [{"id": 7, "label": "Lounge", "secret": True, "details": details}],
        "tiers": [step(1, 0, benefits=[7])],
    }
    served = published(press, program(tiers=tiers))["tier_configuration"]
    [benefit] = served["tier_benefits"]
    assert served["tiers"][0]["benefit_ids"] == [7]
    assert benefit["secret"] is True
    assert "<strong>Come in</strong>" in benefit["details"]["html"]
    assert "script" not in benefit["details"]["html"]
    assert benefit["details"]["plaintext"].startswith("Come in, ")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (
            {**DISCOUNT, "discount": {"amount": 5}},
            {"discount_kind": "fixed", "discount": {"amount": 5, "formatted": "$5"}},
        ),
        (
            {
                **DISCOUNT,
                "discount": {"percentage": 10},
                "maximum_discount": "9.90",
                "collection_restriction_text": "Mugs only",
            },
            {
                "discount_kind": "percentage",
                "discount": {"percentage": 10, "formatted": "10%"},
                "maximum_discount": {"amount": 9.9, "formatted": "$9.90"},
                "collection_restriction_text": "Mugs only",
            },
        ),
        ({"kind": "free_shipping_voucher", "incentive_text": "Take it"}, {}),
    ],
    ids=["money", "percentage", "shipping"],
)
def test_referee_incentive(press: Shop, written: Document, shown: Document) -> None:
    served = published(press, program(referrals={"incentive": written}))
    assert served["referee_incentive"] == {
        "kind": written["kind"],
        "incentive_text": "Take it",
        "minimum_spend": None,
        **shown,
    }


@pytest.mark.parametrize(
    "referrals",
    [None, {}, {"enabled": False, "incentive": {**DISCOUNT, "discount": {"amount": 5}}}],
)
def test_no_referee_incentive_without_referrals_or_gift(
    press: Shop, referrals: Document | None
) -> None:
    parts = {} if referrals is None else {"referrals": referrals}
    assert "referee_incentive" not in published(press, program(**parts))


@pytest.mark.parametrize("operation", ["configuration", "customer"])
def test_a_new_version_is_served_at_once(new_world: NewWorld, operation: str) -> None:
    shop = Shop(new_world(lion_rewards()))
    shop.visit("1")
    before = shop.configuration()["rules"][0]["variants"][0]
    document = lion_rewards()
    put("rules.0.points", 7)(document)
    shop.world.publish(document)
    if operation == "configuration":
        served = shop.configuration()
    else:
        served = shop.call("customers.getCustomer", "1").json["configuration"]
    assert before["result"]["points"] == 5
    assert served["rules"][0]["variants"][0]["result"]["points"] == 7
    assert shop.customer("1")["available_rules"][0]["variant"]["result"]["points"] == 7


@pytest.mark.parametrize("site", [2, 99, 2**53, 10**18])
def test_a_site_that_is_not_there(shop: Shop, site: int) -> None:
    answer = shop.call(CONFIGURATION, site=site)
    assert answer.status == 404
    assert "message" in answer.json["error"]


def test_the_configuration_in_a_customers_document_is_the_same(shop: Shop) -> None:
    whole = shop.visit("1")
    for query in ("channel=web", "channel=pos&language=de", "channel=mobile&country=DE"):
        answer = shop.call("customers.getCustomer", "1", query=query)
        assert answer.json["configuration"] == shop.configuration(query=query)
    assert whole["configuration"] == shop.configuration()
