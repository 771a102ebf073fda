"""Program documents for tests: plain dicts as YAML would give them, fresh on every call."""

from collections.abc import Callable
from typing import TypeAlias

from leal.domain.checks import read_program
from leal.domain.program import Program

Document: TypeAlias = dict[str, object]
Change: TypeAlias = Callable[[Document], object]


def program_with(*changes: Change) -> Program:
    """Read the lion's program after some changes to its document."""
    document = lion_rewards()
    for change in changes:
        change(document)
    return read_program(document)


def lion_rewards() -> Document:
    """A program of one shop in dollars, with two spend tiers, four rules and three rewards.

    Change it with `program_with(put("rules.0.points", 7), drop("tiers"))`, or by hand.
    """
    return {
        "leal": 1,
        "name": "Lion Rewards",
        "sites": [lion_site()],
        "tiers": lion_tiers(),
        "rules": lion_rules(),
        "rewards": lion_reward_list(),
        "referrals": {
            "incentive": {
                "kind": "cart_discount_voucher",
                "incentive_text": "Get a 10% discount when you spend over $100",
                "discount": {"percentage": 10},
                "minimum_spend": 100,
            }
        },
        "birthdays": {"store_year": False},
    }


def lion_site() -> Document:
    return {
        "id": 1,
        "name": "Lion Shop",
        "url": "https://lion.example",
        "currency": "usd",
        "languages": ["en", "de"],
        "country": "US",
    }


def lion_tiers() -> Document:
    return {
        "boundary_mode": "spend",
        "membership": {"mode": "rolling", "duration_months": 12},
        "benefits": [
            {"id": 1, "label": "Early access to new products"},
            {
                "id": 2,
                "label": "Free makeup classes",
                "details": "Email classes@example.com to sign up to a class",
            },
        ],
        "tiers": [
            {"id": 1, "key": "silver", "name": "Silver", "lower_bound": 0, "benefits": [1]},
            {"id": 2, "key": "gold", "name": "Gold", "lower_bound": 100, "benefits": [1, 2]},
        ],
    }


def lion_rules() -> list[Document]:
    return [
        {
            "id": 1,
            "kind": "purchase",
            "title": {"en": "Make a purchase", "de": "Einkaufen"},
            "points": 5,
            "tiers": {"gold": {"points": 10}},
        },
        {
            "id": 2,
            "kind": "pageview",
            "title": "Visit our online store",
            "points": 100,
            "limit": {"count": 1, "interval": "week"},
            "tiers": {"gold": {"points": 200}},
        },
        {"id": 3, "kind": "join_program", "title": "Join our loyalty program", "points": 100},
        {
            "id": 4,
            "kind": "custom",
            "title": "Take our quiz",
            "name": "quiz",
            "reward": 3,
            "tiers": {"silver": {"enabled": False}},
        },
    ]


def lion_reward_list() -> list[Document]:
    return [
        {
            "id": 1,
            "kind": "cart_discount_voucher",
            "title": "$5 discount",
            "discount": {"amount": 5},
            "minimum_spend": 10,
            "applies_to_order_type": "one_time",
            "recurring_cycle_limit": 1,
            "cost": 500,
            "tiers": {"gold": {"cost": 400}},
        },
        {
            "id": 2,
            "kind": "cart_variable_discount_voucher",
            "title": "Redeem points at checkout",
            "points_per_unit": 100,
            "minimum_discount": 1,
            "maximum_discount": 100,
            "tiers": {"silver": {"enabled": False}},
        },
        {
            "id": 3,
            "kind": "free_shipping_voucher",
            "title": {"en": "Free shipping", "de": "Versand frei"},
            "max_shipping": "9.90",
            "cost": 300,
        },
    ]


def second_site(differing: Document | None = None) -> Change:
    """Add a primary site in Germany; `differing` replaces some of its keys."""
    site: Document = {
        "id": 2,
        "name": "Zweiter Laden",
        "url": "https://lion.example/de",
        "currency": "eur",
        "languages": ["de"],
        "timezone": "Europe/Berlin",
        "primary": True,
    }
    return put("sites.1", site | (differing or {}))


def put(path: str, value: object) -> Change:
    """Set what is at a path such as "rules.0.points", making room at the end of a list."""

    def change(document: Document) -> None:
        *way, last = path.split(".")
        part: object = document
        for step in way:
            part = part[int(step)] if isinstance(part, list) else descend(part, step)
        if isinstance(part, list):
            part[int(last) : int(last) + 1] = [value]
        else:
            assert isinstance(part, dict)
            part[last] = value

    return change


def descend(part: object, step: str) -> object:
    assert isinstance(part, dict)
    return part.setdefault(step, {})


def drop(path: str) -> Change:
    """Remove a key."""

    def change(document: Document) -> None:
        *way, last = path.split(".")
        part: object = document
        for step in way:
            part = part[int(step)] if isinstance(part, list) else descend(part, step)
        assert isinstance(part, dict)
        del part[last]

    return change
