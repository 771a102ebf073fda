"""The program that the model is a model of, in its versions."""

from tests.programs import Document, lion_rewards, put
from tests.usecases.model import EXPIRE_MONTHS, JOIN_POINTS, REVIEW_POINTS, Setup

RULES = {1: "order", 2: "visit", 3: "join", 4: "review", None: "hand"}
SETUPS = tuple(
    Setup(
        rate=rate,
        gold_rate=2 * rate,
        approval_days=days,
        rounding=rounding,
        visit_points=visit,
        visits=visits,
        interval=interval,
    )
    for rate, days, rounding, visit, visits, interval in (
        (1, 0, "floor", 5, 1, "day"),
        (5, 14, "floor", 10, 1, "week"),
        (3, 1, "ceil", 7, 2, "day"),
        (2, 30, "round", 1, 2, "month"),
    )
)


def document(setup: Setup) -> Document:
    """A program as a setup says it."""
    made = lion_rewards()
    rules = [
        {
            "id": 1,
            "kind": "purchase",
            "title": "Buy",
            "points": setup.rate,
            "tiers": {"gold": {"points": setup.gold_rate}},
            "approval_days": setup.approval_days,
        },
        {
            "id": 2,
            "kind": "pageview",
            "title": "Visit",
            "points": setup.visit_points,
            "limit": {"count": setup.visits, "interval": setup.interval},
        },
        {"id": 3, "kind": "join_program", "title": "Join", "points": JOIN_POINTS},
        {"id": 4, "kind": "review", "title": "Review", "points": REVIEW_POINTS},
    ]
    for path, value in {
        "rules": rules,
        "sites.0.timezone": "America/New_York",
        "tiers.membership": {"mode": "lifetime"},
        "points": {"rounding": setup.rounding},
        "expiry": {"mode": "date_earned", "months": EXPIRE_MONTHS, "enabled_on": "2020-01-01"},
    }.items():
        put(path, value)(made)
    return made
