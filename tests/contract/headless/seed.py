"""The sample of Get Customer that the product starts from, as data: 1001 of Lion Rewards.

The sample does not agree with itself: what it lists as on offer to the customer is not what its
configuration offers. So there are two programs here, one for each reading.
"""

from typing import Any

from tests.programs import Document, lion_rewards

Json = dict[str, Any]


def dollars(amount: float, formatted: str) -> Json:
    return {"amount": amount, "formatted": formatted}


def points(count: int, per_currency_unit: int | None = None) -> Json:
    return {"kind": "points", "per_currency_unit": per_currency_unit, "points": count}


def rule_variant(tier_id: int, title: str, result: Json, text: str) -> Json:
    return {
        "tier_id": tier_id,
        "enabled": True,
        "title": title,
        "result": result,
        "result_short_text": text,
    }


def reward_variant(tier_id: int, title: str, cost: int, text: str) -> Json:
    return {
        "tier_id": tier_id,
        "enabled": True,
        "title": title,
        "cost": {"kind": "fixed", "points": cost},
        "cost_text": text,
    }


FIVE_DOLLARS_OFF: Json = {
    "discount_type": "fixed",
    "discount": dollars(5, "$5"),
    "applies_to_order_type": "one_time",
    "recurring_cycle_limit": 1,
    "minimum_spend": dollars(10, "$10"),
}

CUSTOMER: Json = {
    "state": "enrolled",
    "id": 1,
    "merchant_id": "1001",
    "email": "alice@example.com",
    "first_name": "Alice",
    "last_name": "Kyako",
    "points_approved": 500,
    "points_pending": 200,
    "points_spent": 500,
    "enrolled_at": "2025-06-01T15:00:00Z",
    "tier_membership": {
        "tier_id": 1,
        "started_at": "2025-06-01T15:00:00Z",
        "expires_at": "2026-06-01T15:00:00Z",
        "progress": {
            "kind": "spend",
            "tier_spend": {
                "now": dollars(200, "$200"),
                "at_expiration": dollars(100, "$100"),
            },
            "valid_until": "2026-06-01T15:00:00Z",
            "upgrade_tier_id": 2,
            "spend_needed_for_renewal": None,
            "spend_needed_for_upgrade": dollars(800, "$800"),
        },
    },
    "birthday": {"day": 22, "month": 6},
    "next_birthday": "2026-06-22",
    "claimed_rewards": [
        {
            "id": 1,
            "claimed_at": "2025-06-03T00:00:00Z",
            "auto_refund_at": None,
            "reward_id": 1,
            "title": "$5 discount",
            "state": "approved",
            "source": {"kind": "points_redemption", "points_cost": 500},
            "redeemable": {
                "kind": "cart_discount_voucher",
                "applies_to_order_type": "all",
                "recurring_cycle_limit": 1,
                "code": "LL-XAIA8471",
                "discount_type": "fixed",
                "discount": dollars(5, "$5"),
                "minimum_spend": dollars(50, "$50"),
                "expires_at": "2026-06-03T00:00:00Z",
                "used_at": None,
                "usage_status": "not_used",
            },
        }
    ],
    "available_rules": [
        {
            "id": 1,
            "kind": "pageview",
            "limit": {"count": 5, "interval": "day"},
            "variant": rule_variant(1, "Visit our online store", points(10), "10 points"),
            "context": {
                "last_completed_at": "2025-06-10T05:08:37.582Z",
                "completion_count": 22,
                "completion_limit": {
                    "state": "limit_not_reached",
                    "interval": "day",
                    "allowed_completions_within_interval": 5,
                    "completion_count_within_interval": 3,
                    "remaining_completions_within_interval": 2,
                },
            },
        },
        {
            "id": 2,
            "kind": "join_program",
            "limit": {"count": 1, "interval": None},
            "variant": rule_variant(1, "Join our loyalty program", points(100), "100 points"),
            "context": {
                "last_completed_at": "2025-06-10T07:44:24.537Z",
                "completion_count": 1,
                "completion_limit": {"state": "limit_reached_forever"},
            },
        },
        {
            "id": 3,
            "kind": "purchase",
            "limit": None,
            "variant": rule_variant(1, "Make a purchase", points(5, 1), "5 points per $1"),
            "context": {
                "last_completed_at": "2025-06-10T05:08:37.582Z",
                "completion_count": 3,
                "completion_limit": {"state": "no_limit"},
            },
        },
    ],
    "available_rewards": [
        {
            "id": 1,
            "kind": "cart_discount_voucher",
            "limit": None,
            "properties": FIVE_DOLLARS_OFF,
            "variant": reward_variant(1, "$5 discount", 500, "500 points"),
            "context": {
                "can_redeem": {"state": "redeemable"},
                "last_claimed_at": "2025-06-03T00:00:00Z",
                "claim_count": 1,
                "claim_limit": {"state": "no_limit"},
            },
        },
        {
            "id": 2,
            "kind": "cart_discount_voucher",
            "limit": None,
            "properties": {
                "discount_type": "percentage",
                "discount": {"percentage": 10, "formatted": "10%"},
                "applies_to_order_type": "one_time",
                "recurring_cycle_limit": 1,
                "minimum_spend": dollars(50, "$50"),
            },
            "variant": reward_variant(1, "10% discount", 1000, "1,000 points"),
            "context": {
                "can_redeem": {"state": "insufficient_points", "additional_points_required": 500},
                "last_claimed_at": None,
                "claim_count": 0,
                "claim_limit": {"state": "no_limit"},
            },
        },
    ],
    "active_cart_redemptions": [],
    "referral_urls": dict.fromkeys(
        ("email", "direct", "facebook", "twitter", "whatsapp", "device_share"),
        "https://prz.io/_",
    ),
}


def variable_variant(tier_id: int, *, enabled: bool) -> Json:
    return {
        "tier_id": tier_id,
        "enabled": enabled,
        "title": "Redeem points at checkout",
        "cost": {"kind": "variable", "unit": "discount_amount", "points_per_unit": 100},
        "cost_text": "100 points per $1",
    }


CONFIGURATION: Json = {
    "channel": "web",
    "currency": "usd",
    "language": "en",
    "program": {"name": "Lion Rewards"},
    "tier_configuration": {
        "boundary_mode": "spend",
        "tiers": [
            {
                "id": 1,
                "name": "Silver",
                "benefit_ids": [1],
                "hidden": False,
                "kind": "spend",
                "position": 1,
                "lower_bound": dollars(0, "$0"),
                "upper_bound": dollars(99.99, "$99.99"),
            },
            {
                "id": 2,
                "name": "Gold",
                "benefit_ids": [1, 2],
                "hidden": False,
                "kind": "spend",
                "position": 2,
                "lower_bound": dollars(100, "$100"),
                "upper_bound": None,
            },
        ],
        "tier_benefits": [
            {
                "id": 1,
                "label": "Early access to new products",
                "secret": False,
                "details": None,
            },
            {
                "id": 2,
                "label": "Free makeup classes",
                "secret": False,
                "details": {
                    "plaintext": "Email classes@example.com to sign up to a class\n",
                    "html": "<p>Email classes@example.com to sign up to a class</p>",
                },
            },
        ],
        "membership": {"mode": "rolling", "duration_months": 12},
    },
    "referee_incentive": {
        "minimum_spend": dollars(100, "$100"),
        "incentive_text": (
            "Get a 10% discount on your order with this code when you spend over $100"
        ),
        "kind": "cart_discount_voucher",
        "discount_kind": "percentage",
        "discount": {"percentage": 10, "formatted": "10%"},
    },
    "rules": [
        {
            "id": 1,
            "kind": "purchase",
            "variants": [
                rule_variant(1, "Make a purchase", points(5, 1), "5 points per $1"),
                rule_variant(2, "Make a purchase", points(10, 1), "10 points per $1"),
            ],
            "limit": None,
        },
        {
            "id": 2,
            "kind": "pageview",
            "variants": [
                rule_variant(1, "Visit our online store", points(100), "100 points"),
                rule_variant(2, "Visit our online store", points(200), "200 points"),
            ],
            "limit": {"count": 1, "interval": "week"},
        },
    ],
    "rewards": [
        {
            "id": 1,
            "kind": "cart_discount_voucher",
            "properties": FIVE_DOLLARS_OFF,
            "variants": [
                reward_variant(1, "$5 discount", 500, "500 points"),
                reward_variant(2, "$5 discount", 400, "400 points"),
            ],
            "limit": None,
        },
        {
            "id": 2,
            "kind": "cart_variable_discount_voucher",
            "properties": {
                "minimum_discount": dollars(1, "$1"),
                "maximum_discount": dollars(100, "$100"),
                "applies_to_order_type": "all",
                "minimum_spend_before_discount": None,
                "minimum_spend_after_discount": None,
            },
            "variants": [variable_variant(1, enabled=False), variable_variant(2, enabled=True)],
            "limit": None,
        },
    ],
}

DOCUMENT: Json = {
    "channel": "web",
    "currency": "usd",
    "language": "en",
    "customer": CUSTOMER,
    "configuration": CONFIGURATION,
}


def program_of_the_configuration() -> Document:
    """The program as the sample's configuration tells it."""
    lion = lion_rewards()
    rules, rewards = lion["rules"], lion["rewards"]
    assert isinstance(rules, list)
    assert isinstance(rewards, list)
    incentive = {
        "kind": "cart_discount_voucher",
        "incentive_text": CONFIGURATION["referee_incentive"]["incentive_text"],
        "discount": {"percentage": 10},
        "minimum_spend": 100,
    }
    referrals = {"base_url": "https://prz.io", "incentive": incentive}
    return {**lion, "rules": rules[:2], "rewards": rewards[:2], "referrals": referrals}


def program_of_the_customer() -> Document:
    """The program as what is on offer to the sample's customer tells it."""
    program = program_of_the_configuration()
    rewards = program["rewards"]
    assert isinstance(rewards, list)
    percent_off = {
        "id": 2,
        "kind": "cart_discount_voucher",
        "title": "10% discount",
        "discount": {"percentage": 10},
        "minimum_spend": 50,
        "applies_to_order_type": "one_time",
        "recurring_cycle_limit": 1,
        "cost": 1000,
    }
    visit = {
        "id": 1,
        "kind": "pageview",
        "title": "Visit our online store",
        "points": 10,
        "limit": {"count": 5, "interval": "day"},
    }
    join = {"id": 2, "kind": "join_program", "title": "Join our loyalty program", "points": 100}
    purchase = {"id": 3, "kind": "purchase", "title": "Make a purchase", "points": 5}
    return {**program, "rules": [visit, join, purchase], "rewards": [rewards[0], percent_off]}
