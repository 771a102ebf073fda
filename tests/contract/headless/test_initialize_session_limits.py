"""Initialize Session: how often a visit earns, by the calendar of the site."""

from datetime import UTC, datetime

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.worlds import Shop, only_site, program
from tests.programs import Document

HOME = "https://lion.example/"
NEW_YORK = "America/New_York"


def clocked(interval: str | None, count: int = 1, zone: str = NEW_YORK) -> Document:
    """A visit is worth a point, so often in an interval, at a site in a zone."""
    limit: Document = {"count": count}
    if interval:
        limit["interval"] = interval
    rule = {"id": 1, "kind": "pageview", "title": "V", "points": 1, "limit": limit}
    return only_site(program(rules=rule), timezone=zone)


@pytest.mark.parametrize(
    ("interval", "times", "points", "resets_at"),
    [
        # midnight in New York is 04:00 UTC in summer and 05:00 in winter
        ("day", ["2025-06-11T03:59:59", "2025-06-11T04:00:00"], 2, "2025-06-12T04:00:00Z"),
        ("day", ["2025-06-10T12:00:00", "2025-06-11T03:59:59"], 1, "2025-06-11T04:00:00Z"),
        # 9 March 2025 has 23 hours there, 2 November 25
        ("day", ["2025-03-09T05:00:00", "2025-03-10T03:59:59"], 1, "2025-03-10T04:00:00Z"),
        ("day", ["2025-03-09T04:59:59", "2025-03-09T05:00:00"], 2, "2025-03-10T04:00:00Z"),
        ("day", ["2025-03-09T05:00:00", "2025-03-10T04:00:00"], 2, "2025-03-11T04:00:00Z"),
        ("day", ["2025-11-02T04:00:00", "2025-11-03T04:59:59"], 1, "2025-11-03T05:00:00Z"),
        ("day", ["2025-11-02T04:00:00", "2025-11-03T05:00:00"], 2, "2025-11-04T05:00:00Z"),
        # weeks begin on Monday: 9 June 2025
        ("week", ["2025-06-09T03:59:59", "2025-06-09T04:00:00"], 2, "2025-06-16T04:00:00Z"),
        ("week", ["2025-06-09T04:00:00", "2025-06-16T03:59:59"], 1, "2025-06-16T04:00:00Z"),
        # one week over the turn of the year
        ("week", ["2024-12-31T12:00:00", "2025-01-01T12:00:00"], 1, "2025-01-06T05:00:00Z"),
        ("month", ["2024-02-29T12:00:00", "2024-03-01T04:59:59"], 1, "2024-03-01T05:00:00Z"),
        ("month", ["2024-02-29T12:00:00", "2024-03-01T05:00:00"], 2, "2024-04-01T04:00:00Z"),
        ("year", ["2025-01-01T05:00:00", "2026-01-01T04:59:59"], 1, "2026-01-01T05:00:00Z"),
        ("year", ["2025-01-01T05:00:00", "2026-01-01T05:00:00"], 2, "2027-01-01T05:00:00Z"),
    ],
)
def test_limits_reset_with_the_calendar_of_the_site(
    new_world: NewWorld, interval: str, times: list[str], points: int, resets_at: str
) -> None:
    shop = Shop(new_world(clocked(interval)))
    for time in times:
        shop.world.now = datetime.fromisoformat(time).replace(tzinfo=UTC)
        shop.visit("1", HOME)
    customer = shop.customer("1")
    assert customer["points_approved"] == points
    limit = customer["available_rules"][0]["context"]["completion_limit"]
    words = limit.pop("resets_at_relative_to_now")
    assert limit == {
        "state": "limit_reached_until_reset",
        "interval": interval,
        "resets_at": resets_at,
    }
    assert words.startswith("in ")


@pytest.mark.parametrize("interval", ["day", "week", "month", "year"])
def test_a_count_starts_anew_at_the_sites_midnight(new_world: NewWorld, interval: str) -> None:
    """An hour apart on one day of UTC; in New York the year 2024 turns on a Sunday night."""
    sunday, monday = {
        "year": ("2024-01-01T04:30:00", "2024-01-01T05:30:00"),
        "month": ("2024-03-01T04:30:00", "2024-03-01T05:30:00"),
    }.get(interval, ("2025-06-09T03:30:00", "2025-06-09T04:30:00"))
    shop = Shop(new_world(clocked(interval, count=2)))
    for time in (sunday, monday):
        shop.world.now = datetime.fromisoformat(time).replace(tzinfo=UTC)
        shop.visit("1", HOME)
    context = shop.customer("1")["available_rules"][0]["context"]
    assert context["completion_count"] == 2
    assert context["completion_limit"] == {
        "state": "limit_not_reached",
        "interval": interval,
        "allowed_completions_within_interval": 2,
        "completion_count_within_interval": 1,
        "remaining_completions_within_interval": 1,
    }


def test_a_limit_on_its_way(new_world: NewWorld) -> None:
    shop = Shop(new_world(clocked("day", count=2, zone="UTC")))
    states = [shop.visit("1", HOME, query="channel=web&language=de") for _ in range(3)]
    limits = [
        each["customer"]["available_rules"][0]["context"]["completion_limit"] for each in states
    ]
    assert limits[0] == {
        "state": "limit_not_reached",
        "interval": "day",
        "allowed_completions_within_interval": 2,
        "completion_count_within_interval": 1,
        "remaining_completions_within_interval": 1,
    }
    assert (
        limits[1]
        == limits[2]
        == {
            "state": "limit_reached_until_reset",
            "interval": "day",
            "resets_at": "2025-06-11T00:00:00Z",
            "resets_at_relative_to_now": "in 12 Stunden",
        }
    )
    assert states[2]["customer"]["points_approved"] == 2
    shop.world.later(hours=12)
    reset = shop.customer("1")["available_rules"][0]["context"]["completion_limit"]
    assert reset["completion_count_within_interval"] == 0


def test_a_limit_for_ever(new_world: NewWorld) -> None:
    shop = Shop(new_world(clocked(None)))
    for _ in range(3):
        shop.visit("1", HOME)
        shop.world.later(days=400)
    customer = shop.customer("1")
    assert customer["points_approved"] == 1
    context = customer["available_rules"][0]["context"]
    assert context == {
        "last_completed_at": "2025-06-10T12:00:00Z",
        "completion_count": 1,
        "completion_limit": {"state": "limit_reached_forever"},
    }
