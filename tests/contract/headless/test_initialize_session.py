"""Initialize Session: who is created, who joins, and what a visit earns and when."""

from datetime import UTC, datetime
from typing import Any
from zlib import crc32

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.offers import MUG
from tests.contract.headless.worlds import SESSION, Shop, email_of, program
from tests.programs import Document, lion_rewards, second_site

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
    customer = manual.visit("guest", HOME)["customer"]
    assert customer["state"] == "guest"
    for table in ("history", "counters", "transactions"):
        assert manual.rows(table) == []


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


NEW_YORK = "America/New_York"


def clocked(interval: str | None, count: int = 1, zone: str = NEW_YORK) -> Document:
    """A visit is worth a point, so often in an interval, at a site in a zone."""
    limit: Document = {"count": count}
    if interval:
        limit["interval"] = interval
    rule = {"id": 1, "kind": "pageview", "title": "V", "points": 1, "limit": limit}
    document = program(rules=rule)
    [site] = document["sites"]  # type: ignore[misc]  # a list of one site
    return {**document, "sites": [{**site, "timezone": zone}]}


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
        customer = shop.visit("1", HOME)["customer"]
    assert customer["points_approved"] == points
    limit = customer["available_rules"][0]["context"]["completion_limit"]
    words = limit.pop("resets_at_relative_to_now")
    assert limit == {
        "state": "limit_reached_until_reset",
        "interval": interval,
        "resets_at": resets_at,
    }
    assert words.startswith("in ")


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
    assert limits[1] == limits[2] == {
        "state": "limit_reached_until_reset",
        "interval": "day",
        "resets_at": "2025-06-11T00:00:00Z",
        "resets_at_relative_to_now": "in 12 Stunden",
    }
    assert states[2]["customer"]["points_approved"] == 2
    shop.world.later(hours=12)
    reset = shop.customer("1")["available_rules"][0]["context"]["completion_limit"]
    assert reset["completion_count_within_interval"] == 0


def test_a_limit_for_ever(new_world: NewWorld) -> None:
    shop = Shop(new_world(clocked(None)))
    for _ in range(3):
        customer = shop.visit("1", HOME)["customer"]
        shop.world.later(days=400)
    assert customer["points_approved"] == 1
    context = customer["available_rules"][0]["context"]
    assert context == {
        "last_completed_at": "2025-06-10T12:00:00Z",
        "completion_count": 1,
        "completion_limit": {"state": "limit_reached_forever"},
    }


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


# --- carts ---------------------------------------------------------------------------------------


def money(amount: object, currency: str = "USD") -> Document:
    return {"amount": amount, "currency_code": currency}


def line(amount: str = "10.00", quantity: object = 1, **parts: object) -> Document:
    return {
        "id": "gid://shopify/CartLine/1",
        "quantity": quantity,
        "cost": {"total_amount": money(amount), "amount_per_quantity": money(amount)},
        "merchandise": {"id": "gid://shopify/ProductVariant/1"},
        "attributes": [],
        **parts,
    }


def cart(total: object, *lines: Document, **parts: object) -> Document:
    return {
        "kind": "shopify",
        "id": "gid://shopify/Cart/1?key=abc",
        "cost": {"total_amount": money(total)},
        "lines": list(lines),
        **parts,
    }


FREE = {"attributes": [{"key": "__lion_sfp_id", "value": "19fdf4cb"}]}
OTHER = {"attributes": [{"key": "__lion_sfp_id", "value": None}, {"key": "gift", "value": "yes"}]}
NEEDS_20_AND_2: Document = {"minimum_cart_total": 20, "minimum_line_item_count": 2}


@pytest.fixture(scope="module")
def carts(shared_world: NewWorld) -> Shop:
    """A free mug for 10 points, of which joining gives 50."""
    return Shop(shared_world(mugs(NEEDS_20_AND_2)))


def mugs(asked: Document, **parts: object) -> Document:
    mug = {"id": 1, "kind": "product_cart", "title": "Mug", "cost": 10, "product": MUG,
           "cart_requirements": asked, **parts}  # fmt: skip
    join = {"id": 1, "kind": "join_program", "title": "J", "points": 50}
    return program(rules=join, rewards=mug)


def can_redeem(customer: Any) -> Any:
    return customer["available_rewards"][0]["context"]["can_redeem"]


def lacks(amount: Document | None, quantity: int | None) -> Document:
    met: Document = {"state": "requirement_met"}
    short: Document = {"state": "requirement_not_met"}
    return {
        "state": "cart_requirements_not_met",
        "cart_requirements_detail": {
            "minimum_cart_total": {**short, "additional_amount_required": amount}
            if amount
            else met,
            "minimum_line_item_quantity": {**short, "additional_quantity_required": quantity}
            if quantity
            else met,
        },
    }


@pytest.mark.parametrize(
    ("sent", "state"),
    [
        ({"kind": "empty"}, lacks({"amount": 20, "formatted": "$20"}, 2)),
        (cart("0.0"), lacks({"amount": 20, "formatted": "$20"}, 2)),
        (cart("10.10", line("10.10")), lacks({"amount": 9.9, "formatted": "$9.90"}, 1)),
        (cart("20.00", line("20.00")), lacks(None, 1)),
        (cart("19.99", line("19.99", 2)), lacks({"amount": 0.01, "formatted": "$0.01"}, None)),
        (cart("20.00", line("20.00", 2)), {"state": "redeemable"}),
        (cart("20.00", line(), line(**OTHER)), {"state": "redeemable"}),
        (cart(20, line("20", 2.0)), {"state": "redeemable"}),
        (cart("20.00", line("5.00"), line("15.00", **FREE)),
         lacks({"amount": 15, "formatted": "$15"}, 1)),
        (cart("20.00", line("20.00", 2), line("0.0", 5, **FREE)), {"state": "redeemable"}),
    ],
)  # fmt: skip
def test_the_cart_decides_about_free_products(carts: Shop, sent: Document, state: Document) -> None:
    whole = carts.visit("1", cart=sent)
    assert can_redeem(whole["customer"]) == state
    assert whole["requested_cart_actions"] == []


def test_without_a_cart_nobody_knows(carts: Shop) -> None:
    assert can_redeem(carts.visit("1")["customer"]) == {"state": "unknown"}
    assert can_redeem(carts.customer("1")) == {"state": "unknown"}


@pytest.mark.parametrize(
    ("asked", "parts", "state"),
    [
        ({}, {}, {"state": "redeemable"}),
        (
            {"minimum_line_item_count": 2},
            {},
            {
                "state": "cart_requirements_not_met",
                "cart_requirements_detail": {
                    "minimum_cart_total": {"state": "no_requirement"},
                    "minimum_line_item_quantity": {
                        "state": "requirement_not_met",
                        "additional_quantity_required": 1,
                    },
                },
            },
        ),
        (
            NEEDS_20_AND_2,
            {"cost": 60},
            {"state": "insufficient_points", "additional_points_required": 10},
        ),
        (
            {},
            {"product": {"id": "1", "variants": [{"id": "2", "inventory_count": 0}]}, "cost": 60},
            {"state": "out_of_stock"},
        ),
        (
            {},
            {"product": {"id": "1", "variants": [{"id": "2", "inventory_count": 0}, {"id": "3"}]}},
            {"state": "redeemable"},
        ),
    ],
    ids=["nothing asked", "only lines", "too dear", "sold out", "one variant left"],
)
def test_other_reasons_come_before_the_cart(
    new_world: NewWorld, asked: Document, parts: Document, state: Document
) -> None:
    shop = Shop(new_world(mugs(asked, **parts)))
    assert can_redeem(shop.visit("1", cart=cart("5.00", line("5.00")))["customer"]) == state


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ("cart", "cart"),
        ([], "cart"),
        (True, "cart"),
        ({}, "cart.kind"),
        ({"kind": "magento"}, "cart.kind"),
        ({"kind": "shopify"}, "cart.id"),
        (cart("1", id=5), "cart.id"),
        (cart("1", id=""), "cart.id"),
        (cart("1", cost=None), "cart.cost"),
        (cart("1", cost={}), "cart.cost.total_amount"),
        (cart(None), "cart.cost.total_amount.amount"),
        (cart("ten"), "cart.cost.total_amount.amount"),
        (cart("NaN"), "cart.cost.total_amount.amount"),
        (cart("Infinity"), "cart.cost.total_amount.amount"),
        (cart("1e5"), "cart.cost.total_amount.amount"),
        (cart("-1"), "cart.cost.total_amount.amount"),
        (cart("١"), "cart.cost.total_amount.amount"),
        (cart("9" * 30), "cart.cost.total_amount.amount"),
        (cart(True), "cart.cost.total_amount.amount"),
        (cart("1", cost={"total_amount": {"amount": "1"}}), "cart.cost.total_amount.currency_code"),
        (cart("1", lines={}), "cart.lines"),
        (cart("1", lines=[5]), "cart.lines.0"),
        (cart("1", line(quantity="1")), "cart.lines.0.quantity"),
        (cart("1", line(quantity=-1)), "cart.lines.0.quantity"),
        (cart("1", line(quantity=1.5)), "cart.lines.0.quantity"),
        (cart("1", line(quantity=True)), "cart.lines.0.quantity"),
        (cart("1", line(quantity=2**53)), "cart.lines.0.quantity"),
        (cart("1", line(), line(id=None)), "cart.lines.1.id"),
        (cart("1", line(cost={})), "cart.lines.0.cost.total_amount"),
        (cart("1", line(merchandise={})), "cart.lines.0.merchandise.id"),
        (cart("1", line(attributes="x")), "cart.lines.0.attributes"),
        (cart("1", line(attributes=[{"value": "x"}])), "cart.lines.0.attributes.0.key"),
        (
            cart("1", line(attributes=[{"key": "__lion_sfp_id", "value": 5}])),
            "cart.lines.0.attributes.0.value",
        ),
    ],
)
def test_a_bad_cart_is_refused_before_anything_happens(
    carts: Shop, sent: object, field: str
) -> None:
    before = carts.everything()
    answer = carts.call(SESSION, "bad", json={"customer": {"email": "b@example.com"}, "cart": sent})
    assert answer.status == 400
    assert field in answer.json["error"]["details"], answer.json
    assert carts.everything() == before


def test_no_cart_may_be_said_with_null(carts: Shop) -> None:
    assert carts.visit("1", cart=None)["requested_cart_actions"] == []


def test_unknown_fields_are_ignored(carts: Shop) -> None:
    sent = cart("20.00", line("20.00", 2, discount=5), note="hi")
    body = {
        "customer": {"email": email_of("1"), "phone": "1"},
        "cart": sent,
        "session": {"page_url": HOME, "ip": "::1"},
        "extra": [],
    }
    answer = carts.call(SESSION, "1", json=body)
    assert answer.status == 200
    assert can_redeem(answer.json["customer"]) == {"state": "redeemable"}


# --- addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "email",
    [
        "kim@example.com",
        "kim+shop@sub.example.co.uk",
        "o'neil@example.com",
        "kïm@exämple.com",
        "🦁@example.com",
        "a@b.co",
        "x" * 242 + "@example.com",
    ],
)
def test_addresses_that_are_accepted(shop: Shop, email: str) -> None:
    merchant_id = f"e{crc32(email.encode())}"
    customer = shop.visit(merchant_id, email=email)["customer"]
    assert customer["email"] == shop.customer(merchant_id)["email"] == email


@pytest.mark.parametrize(
    "customer",
    [
        {},
        {"email": None},
        {"email": ""},
        {"email": 5},
        {"email": True},
        {"email": ["a@b.co"]},
        {"email": "kim"},
        {"email": "kim@example"},
        {"email": "@example.com"},
        {"email": "kim@"},
        {"email": "kim@@example.com"},
        {"email": "a b@example.com"},
        {"email": "kim@example.com, eve@example.com"},
        {"email": "Kim <kim@example.com>"},
        {"email": "kim@example.com\n"},
        {"email": "x" * 243 + "@example.com"},
        {"email": "x" * 64_000 + "@example.com"},
    ],
)
def test_addresses_that_are_refused(shop: Shop, customer: Document) -> None:
    before = shop.everything()
    answer = shop.call(SESSION, "refused", json={"customer": customer})
    assert answer.status == 400
    assert list(answer.json["error"]["details"]) == ["customer.email"]
    assert shop.everything() == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "customer"),
        ({"customer": None}, "customer"),
        ({"customer": "kim@example.com"}, "customer"),
        ({"customer": []}, "customer"),
        ({"customer": {"email": "a@b.co"}, "session": "x"}, "session"),
        ({"customer": {"email": "a@b.co"}, "session": {"page_url": 5}}, "session.page_url"),
        (
            {"customer": {"email": "a@b.co"}, "session": {"page_url": "x" * 8193}},
            "session.page_url",
        ),
    ],
)
def test_other_bad_bodies(shop: Shop, body: Document, field: str) -> None:
    answer = shop.call(SESSION, "refused", json=body)
    assert answer.status == 400
    assert list(answer.json["error"]["details"]) == [field]


def test_everything_wrong_is_said_at_once(shop: Shop) -> None:
    body = {"customer": {"email": "kim"}, "session": {"page_url": 5}, "cart": {"kind": "x"}}
    answer = shop.call(SESSION, "refused", json=body)
    assert set(answer.json["error"]["details"]) == {"customer.email", "session.page_url",
                                                    "cart.kind"}  # fmt: skip
