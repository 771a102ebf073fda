"""The published sample of Get Customer comes out of a program and a customer built like it.

Whatever differs must be listed here with its reason: because the sample contradicts itself, or
because the contract has grown a field since.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.seed import (
    DOCUMENT,
    program_of_the_configuration,
    program_of_the_customer,
)
from tests.contract.headless.worlds import GET, Shop
from tests.programs import Document

NOW = datetime(2025, 6, 10, 12, tzinfo=UTC)
JOINED = datetime(2025, 6, 1, 15, tzinfo=UTC)
CLAIMED = datetime(2025, 6, 3, tzinfo=UTC)
ABSENT = "absent"

PROGRESS = "customer.tier_membership.progress"

CONTRADICTIONS: dict[str, tuple[object, str]] = {
    f"{PROGRESS}.valid_until": (
        "2026-01-15T00:00:00Z",
        "if $200 counts now and $100 at the end, something leaves the window before the end",
    ),
    f"{PROGRESS}.spend_needed_for_upgrade.amount": (
        0,
        "the configuration's Gold begins at $100 and $200 counts now",
    ),
    f"{PROGRESS}.spend_needed_for_upgrade.formatted": ("$0", "the same"),
    "customer.next_birthday": (
        "2025-06-22",
        "three visits within the day of 10 June say that the next 22 June is in 2025",
    ),
    **{
        f"customer.referral_urls.{channel}": (
            f"https://prz.io/_?via={channel}",
            "a placeholder for one address a channel, each told apart from the others",
        )
        for channel in ("email", "facebook", "twitter", "whatsapp", "device_share")
    },
}
"""Path -> what is served instead, and why the sample cannot be right there."""

AGAINST_THE_CONFIGURATION = {
    "customer.available_rules": "pageview has other points, limit and id; joining is no rule there",
    "customer.available_rewards[1]": "reward 2 is a variable discount there, and off for Silver",
}
"""What contradicts the sample's configuration, when that is the program."""

AGAINST_THE_CUSTOMER = {
    "configuration.rules": "other ids, points and limits than on offer to the customer",
    "configuration.rewards[1]": "another kind than on offer to the customer",
}
"""What contradicts the offers to the sample's customer, when those are the program."""

LATER: dict[str, object] = {
    f"{PROGRESS}.forecasted_tier_id": None,
    "customer.claimed_rewards[0].redeemable.supports_active_subscriptions": False,
    "customer.email_marketing_consent": {"state": "subscribed"},
    "customer.sms_marketing_consent": {"state": "unknown"},
    "customer.receipt_upload_url": None,
    "customer.referral_urls.instagram": "https://prz.io/_?via=instagram",
    "customer.history": [
        {
            "kind": "redeemed_points_for_reward",
            "label": "$5 discount",
            "date": "2025-06-03T00:00:00Z",
            "points": -500,
            "points_text": "-500 points",
            "reward": {"id": 1, "kind": "cart_discount_voucher"},
            "claimed_reward_id": 1,
            "state": "approved",
        },
        {
            "kind": "entered_tier",
            "label": "Entered tier Silver",
            "date": "2025-06-01T15:00:00Z",
            "tier": {"id": 1, "name": "Silver"},
        },
    ],
}
"""Fields that the contract has and the sample has not: path -> what is served."""


@pytest.mark.parametrize(
    ("program", "against", "later"),
    [
        (
            program_of_the_configuration(),
            AGAINST_THE_CONFIGURATION,
            {
                "customer.available_rewards[0]": 2,
                "configuration.rules[0]": 2,
                "configuration.rules[1]": 2,
                "configuration.rewards[0]": 3,
                "configuration.rewards[1]": 2,
            },
        ),
        (
            program_of_the_customer(),
            AGAINST_THE_CUSTOMER,
            {
                "customer.available_rules[0]": 1,
                "customer.available_rules[1]": 1,
                "customer.available_rules[2]": 1,
                "customer.available_rewards[0]": 2,
                "customer.available_rewards[1]": 2,
                "configuration.rewards[0]": 3,
            },
        ),
    ],
    ids=["the configuration is right", "the customer's offers are right"],
)
def test_the_sample_comes_out(
    new_world: NewWorld, program: Document, against: dict[str, str], later: dict[str, int]
) -> None:
    shop = Shop(new_world(program))
    build_alice(shop)
    served = shop.call(GET, "1001").json
    found = dict(differences(DOCUMENT, served))

    described = {path for path in found if is_later_offer_field(path)}
    assert {
        offer: sum(path.startswith(f"{offer}.") for path in described) for offer in later
    } == later, "a description for each variant, subscriptions for each cart discount"
    assert all(found[path] in ((ABSENT, None), (ABSENT, False)) for path in described)

    rest = {path: found[path] for path in found.keys() - described}
    unlisted = {path for path in rest if path.startswith(tuple(against))}
    rest = {path: pair for path, pair in rest.items() if path not in unlisted}
    assert rest == {
        **{path: (at(DOCUMENT, path), right) for path, (right, _) in CONTRADICTIONS.items()},
        **{path: (ABSENT, value) for path, value in LATER.items()},
    }
    for path in against:
        assert any(each.startswith(path) for each in unlisted), f"{path} is no contradiction"


def test_the_comparison_notices_every_difference() -> None:
    """The judge itself: values, types, missing and additional keys, and lengths of lists."""
    assert dict(differences({"a": 1}, {"a": 2})) == {"a": (1, 2)}
    assert dict(differences({"a": 1}, {"a": 1.0})) == {"a": (1, 1.0)}
    assert dict(differences({"a": 1}, {"a": True})) == {"a": (1, True)}
    assert dict(differences({"a": None}, {})) == {"a": (None, ABSENT)}
    assert dict(differences({}, {"a": {"b": 1}})) == {"a": (ABSENT, {"b": 1})}
    assert dict(differences([1], [])) == {"[0]": (1, ABSENT)}
    assert dict(differences({"a": [1]}, {"a": [1, 2]})) == {"a[1]": (ABSENT, 2)}


def build_alice(shop: Shop) -> None:
    """The sample's customer, as rows: her balances, tier, claim, counters and what she spent."""
    shop.world.now = NOW
    program_id = shop.world.tenant.program_id
    shop.sql(
        """
        INSERT INTO customers (
            program_id, site_id, merchant_id, email, email_key, first_name, last_name, enrolled_at,
            points_approved, points_pending, points_spent, rewards_claimed, tier_id,
            tier_started_at, tier_expires_at, birth_month, birth_day, email_consent, referral_id,
            created_at, updated_at)
        VALUES ($1, 1, '1001', 'alice@example.com', 'alice@example.com', 'Alice', 'Kyako', $2,
            500, 200, 500, 1, 1, $2, $3, 6, 22, 'subscribed', '_', $2, $2)
        """,
        program_id,
        JOINED,
        JOINED.replace(year=2026),
    )
    shop.sql("INSERT INTO customer_ids VALUES ($1, '1001', 1, 1)", program_id)
    for rule_id, counts, last_at in COUNTERS:
        insert_counter(shop, "rule", rule_id, counts, last_at)
    insert_counter(shop, "reward", 1, (1, 1), CLAIMED)
    for earned_on in (date(2025, 1, 15), date(2025, 6, 5)):
        shop.sql(
            "INSERT INTO progress (program_id, customer_id, earned_on, spend)"
            " VALUES ($1, 1, $2, 10000)",
            program_id,
            earned_on,
        )
    insert_claim(shop)
    insert_history(shop)


COUNTERS = (
    (1, (22, 3), datetime(2025, 6, 10, 5, 8, 37, 582000, tzinfo=UTC)),
    (2, (1, 1), datetime(2025, 6, 10, 7, 44, 24, 537000, tzinfo=UTC)),
    (3, (3, 1), datetime(2025, 6, 10, 5, 8, 37, 582000, tzinfo=UTC)),
)
"""Rule, how often ever and on the last day, and when last."""


def insert_counter(
    shop: Shop, subject: str, subject_id: int, counts: tuple[int, int], last_at: datetime
) -> None:
    total, day = counts
    shop.sql(
        "INSERT INTO counters (program_id, customer_id, subject, subject_id, total, day, week,"
        " month, year, last_at) VALUES ($1, 1, $2, $3, $4, $5, $5, $4, $4, $6)",
        shop.world.tenant.program_id,
        subject,
        subject_id,
        total,
        day,
        last_at,
    )


def insert_claim(shop: Shop) -> None:
    terms = {
        "currency": "usd",
        "discount_minor": 500,
        "minimum_spend_minor": 5000,
        "applies_to_order_type": "all",
        "recurring_cycle_limit": 1,
    }
    shop.sql(
        "INSERT INTO claimed_rewards (program_id, customer_id, reward_id, kind, title, state,"
        " source, points_cost, code, terms, claimed_at, expires_at, settles)"
        " VALUES ($1, 1, 1, 'cart_discount_voucher', '$5 discount', 'approved',"
        " 'points_redemption', 500, 'LL-XAIA8471', $2, $3, $4, '1')",
        shop.world.tenant.program_id,
        json.dumps(terms),
        CLAIMED,
        CLAIMED.replace(year=2026),
    )


def insert_history(shop: Shop) -> None:
    program_id = shop.world.tenant.program_id
    shop.sql(
        "INSERT INTO history (program_id, customer_id, kind, happened_at, tier_id, updated_at,"
        " settles) VALUES ($1, 1, 'entered_tier', $2, 1, $2, '1')",
        program_id,
        JOINED,
    )
    shop.sql(
        "INSERT INTO history (program_id, customer_id, kind, state, happened_at, points, reward_id,"
        " reward_kind, claimed_reward_id, updated_at, settles) VALUES ($1, 1,"
        " 'redeemed_points_for_reward', 'approved', $2, -500, 1, 'cart_discount_voucher', 1, $2,"
        " '1')",
        program_id,
        CLAIMED,
    )


def is_later_offer_field(path: str) -> bool:
    """Descriptions and support of running subscriptions, which offers have had since later."""
    part, _, field = path.rpartition(".")
    if not part.startswith(("customer.available_", "configuration.r")):
        return False
    return field == "description" or path.endswith("properties.supports_active_subscriptions")


def at(document: Any, path: str) -> object:
    """What stands at a dotted path; for paths without lists."""
    for key in path.split("."):
        document = document[key]
    return document


def differences(
    expected: Any, actual: Any, path: str = ""
) -> Iterator[tuple[str, tuple[object, object]]]:
    """Every (path, (expected, actual)) where two values differ; types count, order of keys not."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in expected.keys() | actual.keys():
            yield from differences(
                expected.get(key, ABSENT), actual.get(key, ABSENT), f"{path}.{key}".lstrip(".")
            )
    elif isinstance(expected, list) and isinstance(actual, list):
        for index in range(max(len(expected), len(actual))):
            yield from differences(
                expected[index] if index < len(expected) else ABSENT,
                actual[index] if index < len(actual) else ABSENT,
                f"{path}[{index}]",
            )
    elif type(expected) is not type(actual) or expected != actual:
        yield path, (expected, actual)
