"""Initialize Session: who is created, who joins, and what a visit earns and when."""

from zlib import crc32

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.worlds import SESSION, Shop, email_of, program
from tests.programs import lion_rewards, second_site

HOME = "https://lion.example/"


@pytest.fixture(scope="module")
def shop(shared_world: NewWorld) -> Shop:
    return Shop(shared_world(lion_rewards()))


@pytest.fixture(scope="module")
def manual(shared_world: NewWorld) -> Shop:
    return Shop(shared_world({**lion_rewards(), "enrolment": {"mode": "manual"}}))


def visits(shop: Shop, merchant_id: str) -> int:
    """How often the first rule was completed."""
    served: int = shop.customer(merchant_id)["available_rules"][0]["context"]["completion_count"]
    return served


def test_a_stranger_is_created_joined_and_rewarded(shop: Shop) -> None:
    whole = shop.visit("new", HOME)
    assert whole["requested_cart_actions"] == []
    customer = whole["customer"]
    assert customer["state"] == "enrolled"
    assert customer["email"] == email_of("new")
    assert customer["points_approved"] == 200
    assert [(row["kind"], row["label"]) for row in customer["history"]] == [
        ("earned_points_from_rule", "Visit our online store"),
        ("earned_points_from_rule", "Join our loyalty program"),
        ("entered_tier", "Entered tier Silver"),
    ]
    assert customer["history"][1] == {
        "kind": "earned_points_from_rule",
        "label": "Join our loyalty program",
        "date": "2025-06-10T12:00:00Z",
        "points": 100,
        "points_text": "100 points",
        "rule": {"id": 3, "kind": "join_program"},
        "points_will_approve_at": None,
        "points_will_expire_at": None,
        "state": "approved",
    }


@pytest.mark.parametrize("page", [None, HOME])
def test_the_answer_is_the_customer_as_stored(shop: Shop, page: str | None) -> None:
    whole = shop.visit(f"stored-{page is None}", page)
    assert whole["customer"] == shop.customer(f"stored-{page is None}")


def test_coming_again_changes_nothing_but_the_visits(shop: Shop) -> None:
    shop.visit("again", HOME)
    before = shop.everything()
    shop.visit("again", HOME)
    shop.visit("again")
    assert shop.everything() == before, "one visit a week is rewarded"


def test_by_hand_nobody_joins_or_earns(manual: Shop) -> None:
    before = manual.everything()
    customer = manual.visit("guest", HOME)["customer"]
    assert customer["state"] == "guest"
    after = manual.everything()
    changed = {table for table, rows in after.items() if rows != before[table]}
    assert changed <= {"customers", "events"}
    assert manual.customer("guest") == customer


def test_by_hand_members_still_earn_visits(manual: Shop) -> None:
    manual.visit("member")
    manual.call("customers.enroll", "member")
    assert manual.visit("member", HOME)["customer"]["points_approved"] == 200


def test_a_guest_joins_once_the_program_is_automatic(new_world: NewWorld) -> None:
    shop = Shop(new_world({**lion_rewards(), "enrolment": {"mode": "manual"}}))
    assert shop.visit("1")["customer"]["state"] == "guest"
    shop.world.publish(lion_rewards())
    shop.world.later(hours=1)
    customer = shop.visit("1")["customer"]
    assert customer["state"] == "enrolled"
    assert customer["enrolled_at"] == "2025-06-10T13:00:00Z"
    assert customer["points_approved"] == 100


def test_the_blocked_are_left_as_they_are(shop: Shop) -> None:
    shop.visit("blocked")
    shop.block("blocked")
    before = shop.everything()
    customer = shop.visit("blocked", HOME, email="other@example.com")["customer"]
    assert customer["state"] == "blocked"
    assert customer["email"] == email_of("blocked")
    assert shop.everything() == before


def test_a_changed_address_is_taken_over(shop: Shop) -> None:
    shop.visit("mail", email="old@example.com")
    assert shop.visit("mail", email="new@example.com")["customer"]["email"] == "new@example.com"
    assert shop.customer("mail")["email"] == "new@example.com"
    assert shop.visit("mail-2", email="old@example.com")["customer"]["state"] == "enrolled"


@pytest.mark.parametrize("spelling", ["taken@example.com", "TAKEN@Example.com"])
@pytest.mark.parametrize("who", ["stranger", "known"])
def test_an_address_of_another_customer(shop: Shop, spelling: str, who: str) -> None:
    shop.visit("taken", email="taken@example.com")
    if who == "known":
        shop.visit("known")
    before = shop.everything()
    answer = shop.call(SESSION, who, json={"customer": {"email": spelling}})
    assert (answer.status, answer.code) == (422, "email_already_in_use")
    assert shop.everything() == before


@pytest.mark.parametrize(
    ("query", "page", "earns"),
    [
        ("channel=web", HOME, True),
        ("channel=web", "https://lion.example", True),
        ("channel=web", "", False),
        ("channel=web", None, False),
        ("channel=pos", HOME, False),
        ("channel=mobile", HOME, True),
        ("channel=mobile", None, True),
    ],
)
def test_what_is_a_visit(shop: Shop, query: str, page: str | None, earns: bool) -> None:  # noqa: FBT001 - a column of the table
    merchant_id = f"visit-{query}-{page is None}-{bool(page)}-{len(page or '')}"
    customer = shop.visit(merchant_id.replace("=", "-"), page, query=query)["customer"]
    assert customer["points_approved"] == (200 if earns else 100)


@pytest.fixture(scope="module")
def patterned(shared_world: NewWorld) -> Shop:
    rule = {"id": 1, "kind": "pageview", "title": "V", "points": 1,
            "page_patterns": ["/sale", "/blog/"]}  # fmt: skip
    return Shop(shared_world(program(rules=rule)))


@pytest.mark.parametrize(
    ("page", "matches"),
    [
        ("https://lion.example/sale", True),
        ("https://lion.example/sale/shoes?size=9#top", True),
        ("https://other.example/blog/1", True),
        ("/sale", True),
        ("https://lion.example/", False),
        ("https://lion.example", False),
        ("https://lion.example/blog", False),
        ("https://lion.example/x/sale", False),
        ("https://lion.example/?page=/sale", False),
        ("https://lion.example/SALE", False),
        ("http://[", False),
        ("not an address", False),
        ("https://lion.example/sale/" + "x" * 8000, True),
    ],
)
def test_patterns_are_beginnings_of_paths(patterned: Shop, page: str, matches: bool) -> None:  # noqa: FBT001 - a column of the table
    merchant_id = f"p{crc32(page.encode())}"
    assert patterned.visit(merchant_id, page)["customer"]["points_approved"] == int(matches)


def test_a_rule_of_another_site_is_not_completed_here(new_world: NewWorld) -> None:
    rules = [
        {"id": 1, "kind": "join_program", "title": "J", "points": 1, "sites": [1]},
        {"id": 2, "kind": "pageview", "title": "V", "points": 10, "sites": [2]},
    ]
    document = program(rules=rules)
    second_site()(document)
    shop = Shop(new_world(document))
    assert shop.visit("1", HOME)["customer"]["points_approved"] == 1
    assert shop.visit("1", HOME, site=2)["customer"]["points_approved"] == 11
    assert shop.visit("2", HOME, site=2)["customer"]["points_approved"] == 10


def test_points_wait_for_approval_where_the_rule_says_so(new_world: NewWorld) -> None:
    rules = [
        {"id": 1, "kind": "join_program", "title": "J", "points": 10, "approval_days": 14},
        {"id": 2, "kind": "pageview", "title": "V", "points": 1, "approval": "trigger"},
    ]
    shop = Shop(new_world(program(rules=rules)))
    customer = shop.visit("1", HOME)["customer"]
    assert (customer["points_approved"], customer["points_pending"]) == (0, 11)
    assert [(row["state"], row["points_will_approve_at"]) for row in customer["history"]] == [
        ("pending", None),
        ("pending", "2025-06-24T12:00:00Z"),
    ]


def test_points_expire_where_the_program_says_so(new_world: NewWorld) -> None:
    rule = {"id": 1, "kind": "join_program", "title": "J", "points": 10}
    expiry = {"mode": "date_earned", "enabled_on": "2025-01-01", "months": 12}
    shop = Shop(new_world(program(rules=rule, expiry=expiry)))
    [row] = shop.visit("1")["customer"]["history"]
    assert row["points_will_expire_at"] == "2026-06-10T00:00:00Z"


def test_points_can_carry_a_newcomer_up_a_tier(new_world: NewWorld) -> None:
    tiers = {
        "boundary_mode": "points",
        "membership": {"mode": "rolling", "duration_months": 12},
        "tiers": [
            {"id": 1, "key": "a", "name": "A", "lower_bound": 0},
            {"id": 2, "key": "b", "name": "B", "lower_bound": 100, "grants": 1},
        ],
    }
    join = {"id": 1, "kind": "join_program", "title": "J", "points": 100}
    card = {"id": 1, "kind": "gift_card", "title": "Card", "initial_balance": 5,
            "trigger_only": True}  # fmt: skip
    shop = Shop(new_world(program(rules=join, rewards=card, tiers=tiers)))
    customer = shop.visit("1")["customer"]
    assert customer["tier_membership"] == {
        "tier_id": 2,
        "started_at": "2025-06-10T12:00:00Z",
        "expires_at": "2026-06-10T12:00:00Z",
        "progress": {
            "kind": "points",
            "valid_until": "2026-06-10T00:00:00Z",
            "points_needed_for_renewal": 100,
            "upgrade_tier_id": None,
            "points_needed_for_upgrade": None,
            "tier_points": {"now": 100, "at_expiration": 0},
            "forecasted_tier_id": 1,
        },
    }
    [claim] = customer["claimed_rewards"]
    assert claim["source"] == {"kind": "tier_entry", "tier_id": 2}
    assert [row["kind"] for row in customer["history"]] == [
        "received_reward", "entered_tier", "earned_points_from_rule", "entered_tier"
    ]  # fmt: skip
    assert customer == shop.customer("1")
