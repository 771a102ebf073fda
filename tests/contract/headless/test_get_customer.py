"""Get Customer: three shapes, one statement, and nothing is ever changed by looking."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.contract import schema
from tests.contract.conftest import NewWorld
from tests.contract.headless.offers import REWARDS, RULES, every_reward, every_rule
from tests.contract.headless.worlds import GET, Shop, email_of, program
from tests.programs import lion_rewards, put

MANUAL = {"mode": "manual"}


@pytest.fixture(scope="module")
def shop(shared_world: NewWorld) -> Shop:
    """The lion's shop, where shoppers have to ask to join."""
    return Shop(shared_world({**lion_rewards(), "enrolment": MANUAL}))


@pytest.fixture(scope="module")
def offered(shared_world: NewWorld) -> Any:
    """A new member of a program of every kind of rule and reward."""
    document = program(rules=every_rule(), rewards=every_reward(), referrals={})
    shop = Shop(shared_world(document))
    return shop.visit("1")["customer"]


def member(shop: Shop, merchant_id: str) -> None:
    shop.visit(merchant_id)
    assert shop.call("customers.enroll", merchant_id).json["enrolled"]


def test_a_guest_shows_who_they_are_and_no_more(shop: Shop) -> None:
    shop.visit("guest")
    served = shop.customer("guest")
    assert served == {
        "state": "guest",
        "id": served["id"],
        "merchant_id": "guest",
        "email": email_of("guest"),
        "first_name": None,
        "last_name": None,
    }


def test_the_blocked_show_no_more_than_guests_members_or_not(shop: Shop) -> None:
    for merchant_id in ("blocked", "blocked-member"):
        shop.visit(merchant_id)
    shop.call("customers.enroll", "blocked-member")
    for merchant_id in ("blocked", "blocked-member"):
        shop.block(merchant_id)
        served = shop.customer(merchant_id)
        assert served == {
            "state": "blocked",
            "id": served["id"],
            "merchant_id": merchant_id,
            "email": email_of(merchant_id),
            "first_name": None,
            "last_name": None,
        }


def test_a_new_member_in_full(shop: Shop) -> None:
    member(shop, "new")
    served = shop.customer("new")
    offers = {"claimed_rewards", "available_rules", "available_rewards", "history"}
    link = served["referral_urls"]["direct"]
    assert {name: value for name, value in served.items() if name not in offers} == {
        "state": "enrolled",
        "id": served["id"],
        "merchant_id": "new",
        "email": email_of("new"),
        "first_name": None,
        "last_name": None,
        "points_approved": 100,
        "points_pending": 0,
        "points_spent": 0,
        "enrolled_at": "2025-06-10T12:00:00Z",
        "tier_membership": {
            "tier_id": 1,
            "started_at": "2025-06-10T12:00:00Z",
            "expires_at": None,
            "progress": {
                "kind": "spend",
                "valid_until": None,
                "spend_needed_for_renewal": None,
                "upgrade_tier_id": 2,
                "spend_needed_for_upgrade": {"amount": 100, "formatted": "$100"},
                "tier_spend": {
                    "now": {"amount": 0, "formatted": "$0"},
                    "at_expiration": None,
                },
                "forecasted_tier_id": None,
            },
        },
        "birthday": None,
        "next_birthday": None,
        "active_cart_redemptions": [],
        "email_marketing_consent": {"state": "unknown"},
        "sms_marketing_consent": {"state": "unknown"},
        "receipt_upload_url": None,
        "referral_urls": {
            "direct": link,
            **{
                channel: f"{link}?via={channel}"
                for channel in (
                    "facebook", "twitter", "email", "whatsapp", "instagram", "device_share"
                )
            },
        },
    }  # fmt: skip
    assert served["claimed_rewards"] == []
    assert link.startswith("http://leal.test/r/")


def test_offers_are_those_of_the_customers_tier(shop: Shop) -> None:
    member(shop, "silver")
    member(shop, "gold")
    shop.sql("UPDATE customers SET tier_id = 2 WHERE merchant_id = 'gold'")
    silver, gold = shop.customer("silver"), shop.customer("gold")
    assert offers(silver, "available_rules") == [(1, 1), (2, 1), (3, 1)], "4 is off for silver"
    assert offers(gold, "available_rules") == [(1, 2), (2, 2), (3, 2), (4, 2)]
    assert offers(silver, "available_rewards") == [(1, 1), (3, 1)], "2 is off for silver"
    assert offers(gold, "available_rewards") == [(1, 2), (2, 2), (3, 2)]
    assert [rule["variant"]["result"].get("points") for rule in gold["available_rules"]] == [
        10, 200, 100, None
    ]  # fmt: skip


def offers(customer: Any, part: str) -> list[tuple[int, int]]:
    return [(each["id"], each["variant"]["tier_id"]) for each in customer[part]]


@pytest.mark.parametrize("kind", RULES)
def test_every_kind_of_rule_is_available(offered: Any, kind: str) -> None:
    [rule] = [each for each in offered["available_rules"] if each["kind"] == kind]
    schema.check_shape(_shape("CustomerAvailableRule", kind), rule)
    assert rule.get("properties") == RULES[kind][1].get("properties")
    done = kind == "join_program"
    assert rule["context"]["completion_count"] == int(done)


@pytest.mark.parametrize("kind", REWARDS)
def test_every_kind_of_reward_is_available(offered: Any, kind: str) -> None:
    [reward] = [each for each in offered["available_rewards"] if each["kind"] == kind]
    schema.check_shape(_shape("CustomerAvailableReward", kind), reward)
    assert reward["properties"] == REWARDS[kind][1]
    assert reward["context"] == {
        "can_redeem": {"state": "insufficient_points", "additional_points_required": 95},
        "last_claimed_at": None,
        "claim_count": 0,
        "claim_limit": {"state": "no_limit"},
    }


def _shape(prefix: str, kind: str) -> str:
    return prefix + kind.title().replace("_", "")


def test_channels_hide_rewards_from_the_customer_too(new_world: NewWorld) -> None:
    document = lion_rewards()
    put("rewards.0.channels", ["pos"])(document)
    put("rewards.2.countries", ["DE"])(document)
    shop = Shop(new_world(document))
    shop.visit("1")
    assert offers(shop.customer("1"), "available_rewards") == []
    assert offers(shop.customer("1", query="channel=pos"), "available_rewards") == [(1, 1)]
    abroad = shop.customer("1", query="channel=web&country=DE")
    assert offers(abroad, "available_rewards") == [(3, 1)]


@pytest.mark.parametrize("merchant_id", ["nobody", "0", "gid%3A%2F%2Fshopify%2FCustomer%2F9"])
def test_unknown_customer(shop: Shop, merchant_id: str) -> None:
    answer = shop.call(GET, merchant_id)
    assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize("kind", ["guest", "member", "blocked", "nobody"])
def test_looking_changes_nothing(shop: Shop, kind: str) -> None:
    merchant_id = f"look-{kind}"
    if kind != "nobody":
        shop.visit(merchant_id)
    if kind == "member":
        shop.call("customers.enroll", merchant_id)
    if kind == "blocked":
        shop.block(merchant_id)
    before = shop.everything()
    for query in ("channel=web", "channel=mobile", "channel=pos&language=de&country=DE"):
        shop.call(GET, merchant_id, query=query)
    assert shop.everything() == before


def test_one_statement_when_warm(shop: Shop) -> None:
    member(shop, "warm")
    shop.customer("warm")
    shop.world.statements.clear()
    shop.customer("warm")
    assert len(shop.world.statements) == 1
    assert shop.world.statements[0].lstrip().startswith("SELECT")


def test_it_shows_what_is_stored_and_not_what_was_cached(shop: Shop) -> None:
    member(shop, "fresh")
    shop.customer("fresh")
    shop.sql("UPDATE customers SET first_name = 'Ada' WHERE merchant_id = 'fresh'")
    assert shop.customer("fresh")["first_name"] == "Ada"


def test_the_newest_twenty_rows_of_history(new_world: NewWorld) -> None:
    rule = {"id": 1, "kind": "pageview", "title": "Visit", "points": 1}
    shop = Shop(new_world(program(rules=rule)))
    for minute in range(25):
        shop.world.now = datetime(2025, 6, 10, 12, minute, tzinfo=UTC)
        shop.visit("1", "https://lion.example/")
    served = shop.customer("1")
    assert served["points_approved"] == 25
    assert [row["date"] for row in served["history"]] == [
        f"2025-06-10T12:{minute:02}:00Z" for minute in range(24, 4, -1)
    ]
    [rule_shown] = served["available_rules"]
    assert rule_shown["context"] == {
        "last_completed_at": "2025-06-10T12:24:00Z",
        "completion_count": 25,
        "completion_limit": {"state": "no_limit"},
    }


def test_milliseconds_are_shown_where_there_are_any(new_world: NewWorld) -> None:
    shop = Shop(new_world(program()))
    shop.world.now = datetime(2025, 6, 10, 5, 8, 37, 582000, tzinfo=UTC)
    shop.visit("1")
    assert shop.customer("1")["enrolled_at"] == "2025-06-10T05:08:37.582Z"


def test_rewards_given_by_rules_and_tiers_are_shown_as_claims(new_world: NewWorld) -> None:
    rewards = [each | {"trigger_only": each["kind"] == "gift_card"} for each in every_reward()]
    given = [each for each in rewards if each["kind"] != "cart_variable_discount_voucher"]
    rules = [
        {"id": number, "kind": "join_program", "title": "Join", "reward": reward["id"]}
        for number, reward in enumerate(given, start=1)
    ]
    shop = Shop(new_world(program(rules=rules, rewards=rewards)))
    shop.visit("1")
    served = shop.customer("1")
    claims = {claim["reward_id"]: claim for claim in served["claimed_rewards"]}
    assert claims.keys() == {reward["id"] for reward in given}
    assert {claim["state"] for claim in claims.values()} == {"approved"}
    for rule in rules:
        assert claims[rule["reward"]]["source"] == {
            "kind": "rule_completion",
            "rule_id": rule["id"],
        }
    card = claims[1]["redeemable"]
    assert len(card["code_last_characters"]) == 4
    assert (
        card["current_balance"]
        == card["initial_balance"]
        == {
            "amount": 9.9,
            "formatted": "$9.90",
        }
    )
    assert {row["kind"] for row in served["history"]} == {"received_reward"}
