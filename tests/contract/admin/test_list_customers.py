"""GET /v2/customers: whole documents, orders and filters, and readers who come again."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from tests.contract.admin.office import CUSTOMERS, Office, crowd_of, names
from tests.contract.conftest import NewWorld
from tests.programs import drop, lion_rewards, put


def test_a_member_whole(office: Office) -> None:
    office.signup("1001")
    assert office.customer() == {
        "id": 1,
        "merchant_id": "1001",
        "email": "1001@example.com",
        "points_approved": 100,
        "points_pending": 0,
        "points_spent": 0,
        "rewards_claimed": 0,
        "rewards_used": 0,
        "properties": {},
        "metadata": {},
        "blocked": False,
        "guest": False,
        "enrolled": True,
        "enrolled_at": "2025-06-10T12:00:00.000Z",
        "referral_id": (referral_id := office.customer()["referral_id"]),
        "referred_by": None,
        "loyalty_tier_membership": {
            "started_at": "2025-06-10T12:00:00.000Z",
            "expires_at": None,
            "manual": False,
            "loyalty_tier": {
                "id": 1,
                "name": "Silver",
                "number": 1,
                "position": 0,
                "default": True,
                "hidden": False,
                "lower_bound": "0.00",
                "upper_bound": "100.00",
            },
        },
        "tier_eligibility": None,
        "insights_segment": None,
        "birthday": None,
        "referral_url": f"http://leal.test/r/{referral_id}",
        "loyalty_pass_url": None,
        "linked_merchant_ids": [],
        "created_at": "2025-06-10T12:00:00.000Z",
        "updated_at": "2025-06-10T12:00:00.000Z",
    }


def test_a_guest_of_a_program_without_tiers_or_referrals(new_world: NewWorld) -> None:
    document = lion_rewards()
    for change in (
        drop("tiers"),
        drop("referrals"),
        put("enrolment", {"mode": "manual"}),
        put("rules.0.tiers", {}),
        put("rules.1.tiers", {}),
        put("rules.3.tiers", {}),
        put("rewards.0.tiers", {}),
        put("rewards.1.tiers", {}),
    ):
        change(document)
    office = Office(new_world(document))
    office.signup("1001")
    person = office.customer()
    assert (person["guest"], person["enrolled"], person["enrolled_at"]) == (True, False, None)
    assert person["loyalty_tier_membership"] is None
    assert person["referral_url"] is None


@pytest.mark.parametrize(
    ("mode", "bounds"),
    [
        ("points", [("0.00", "50.00"), ("50.00", None)]),
        ("spend", [("0.00", "5000.00"), ("5000.00", None)]),
        ("orders", [("0.00", "5000.00"), ("5000.00", None)]),
    ],
)
def test_bounds_are_decimal_strings_and_those_of_points_are_divided_by_a_hundred(
    new_world: NewWorld, mode: str, bounds: list[tuple[str, str | None]]
) -> None:
    document = lion_rewards()
    for change in (put("tiers.boundary_mode", mode), put("tiers.tiers.1.lower_bound", 5000)):
        change(document)
    office = Office(new_world(document))
    office.signup("1001", "1002")
    office.world.run(
        office.world.database.execute("UPDATE customers SET tier_id = 2 WHERE customer_id = 2")
    )
    tiers = [
        office.customer(name)["loyalty_tier_membership"]["loyalty_tier"]
        for name in ("1001", "1002")
    ]
    assert [(tier["lower_bound"], tier["upper_bound"]) for tier in tiers] == bounds
    assert [(tier["number"], tier["position"], tier["default"]) for tier in tiers] == [
        (1, 0, True),
        (2, 1, False),
    ]


def test_referral_links_lead_where_the_program_says(new_world: NewWorld) -> None:
    document = lion_rewards()
    put("referrals.base_url", "https://lion.example/invite/")(document)
    office = Office(new_world(document))
    office.signup("1001")
    person = office.customer()
    assert person["referral_url"] == f"https://lion.example/invite/{person['referral_id']}"


def test_what_the_shop_knows_is_passed_on(office: Office) -> None:
    office.signup("1001", "1002")
    world = office.world
    world.run(
        world.database.execute(
            "UPDATE customers SET first_name = 'Kim', properties = '{\"vip\": true}',"
            " metadata = '{\"shopify_source_url\": null}', linked_merchant_ids = '{a,b}',"
            " referred_by = 2, insights_segment = 'Loyal', birth_month = 2, birth_day = 29"
            " WHERE customer_id = 1"
        )
    )
    person = office.customer()
    assert person["properties"] == {"first_name": "Kim", "vip": True}
    assert person["metadata"] == {"shopify_source_url": None}
    assert person["linked_merchant_ids"] == ["a", "b"]
    assert person["referred_by"] == {"id": 2, "merchant_id": "1002"}
    assert person["insights_segment"] == "Loyal"
    assert person["birthday"] == "0004-02-29"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", (7, 6, 5, 4, 3, 2, 1)),
        ("per_page=1&created_at_gte=nonsense", (7, 6, 5, 4, 3, 2, 1)),
        ("limit=2", (7, 6)),
        ("limit=500", (7, 6, 5, 4, 3, 2, 1)),
        ("since_id=0", (1, 2, 3, 4, 5, 6, 7)),
        ("since_id=5", (6, 7)),
        ("since_id=5&sort_direction=desc&sort_field=updated_at", (6, 7)),
        ("since_id=9007199254740991", ()),
        ("page=1&limit=3", (7, 6, 5)),
        ("page=3&limit=3", (1,)),
        ("page=4&limit=3", ()),
        ("sort_field=id&sort_direction=asc&limit=2", (1, 2)),
        ("sort_field=updated_at&limit=2", (7, 6)),
        ("sort_field=updated_at&sort_direction=asc&limit=2", (1, 2)),
        ("sort_direction=asc&limit=1", (1,)),
        ("email=1003", (3,)),
        ("email=1003%40EXAMPLE", (3,)),
        ("email=", (7, 6, 5, 4, 3, 2, 1)),
        ("email=_", ()),
        ("email=%F0%9F%A6%81", ()),
        ("created_at_min=2025-06-10T14:00:00Z", (7, 6, 5, 4, 3)),
        ("created_at_max=2025-06-10T14:00:00Z", (2, 1)),
        ("created_at_min=2025-06-10T16:00:00%2B02:00&created_at_max=2025-06-10T14:00:01Z", (3,)),
        ("created_at_min=2025-06-10T14:00:00+00:00", (7, 6, 5, 4, 3)),
        ("created_at_min=2025-06-11", ()),
        ("updated_at_min=2025-06-10T17:00:00.000Z&since_id=0", (6, 7)),
        ("updated_at_max=2025-06-10T12:00:00.001Z", (1,)),
    ],
)
def test_which_customers_come_in_which_order(
    crowd: Office, query: str, expected: tuple[int, ...]
) -> None:
    assert names(crowd.call(CUSTOMERS, query=query)) == crowd_of(*expected)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=-1", "limit"),
        ("limit=1.0", "limit"),
        ("limit=1e2", "limit"),
        ("limit=", "limit"),
        ("limit=1_0", "limit"),
        ("limit=" + quote("١٢"), "limit"),
        ("limit=5&limit=5", "limit"),
        ("limit=99999999999999999999999", "limit"),
        ("since_id=-1", "since_id"),
        ("since_id=9223372036854775808", "since_id"),
        ("since_id=9007199254740992", "since_id"),
        ("since_id=abc", "since_id"),
        ("page=0", "page"),
        ("page=10001", "page"),
        ("page=2001&limit=500", "page"),
        ("page=9223372036854775807", "page"),
        ("sort_field=email", "sort_field"),
        ("sort_field=ID", "sort_field"),
        ("sort_direction=up", "sort_direction"),
        ("email=" + "x" * 255, "email"),
        ("email=%00", "email"),
        ("email=%FF", "email"),
        ("created_at_min=1990-W19-4", "created_at_min"),
        ("created_at_min=9999-12-31T23:59:59-14:00", "created_at_min"),
        ("created_at_max=2025-06-10T12:00:00%2B17:09", "created_at_max"),
        ("updated_at_min=yesterday", "updated_at_min"),
        ("updated_at_max=2025-02-30", "updated_at_max"),
        ("updated_at_max=", "updated_at_max"),
    ],
)
def test_bad_values_are_named(crowd: Office, query: str, field: str) -> None:
    answer = crowd.call(CUSTOMERS, query=query)
    assert answer.status == 400
    assert answer.json["error"]["message"] == "Invalid request"
    assert set(answer.json["error"]["details"]) == {field}


def test_the_deepest_page_is_allowed(crowd: Office) -> None:
    assert names(crowd.call(CUSTOMERS, query="page=2000&limit=500")) == []


def test_a_reader_by_id_goes_on_where_it_stopped(office: Office) -> None:
    office.signup("1001", "1002")
    office.settle()
    first = office.call(CUSTOMERS, query="since_id=0")
    last = first.json["customers"][-1]["id"]
    office.signup("1003")
    office.settle()
    assert names(first) == crowd_of(1, 2)
    assert names(office.call(CUSTOMERS, query=f"since_id={last}")) == crowd_of(3)
    assert names(office.call(CUSTOMERS, query="since_id=3")) == []


def test_a_reader_by_change_sees_who_changed(office: Office) -> None:
    office.signup("1001", "1002", "1003")
    office.world.later(minutes=1)
    office.good("customers.addPointsToCustomer", "1002")
    moment = quote((office.world.now - timedelta(seconds=1)).isoformat())
    query = f"sort_field=updated_at&sort_direction=asc&updated_at_min={moment}"
    assert names(office.call(CUSTOMERS, query=query)) == crowd_of(2)


def test_look_ups_see_what_readers_by_id_must_wait_for(office: Office) -> None:
    """Someone else's transaction is open: a row with a smaller id might still appear."""
    world = office.world

    async def work() -> tuple[list[int], list[int]]:
        async with world.database.transaction() as open_one:
            await open_one.value("SELECT pg_current_xact_id()::text")
            await world.database.execute(
                "INSERT INTO customers (program_id, site_id, merchant_id, email, email_key,"
                " referral_id, created_at, updated_at, settles) VALUES ($1, 1, 'x', 'x@y.z',"
                " 'x@y.z', 'x', now(), now(),"
                " (pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 9)::text::xid8)",
                world.tenant.program_id,
            )
            headers = {"authorization": f"Bearer {world.tenant.key}"}
            counts: list[list[int]] = []
            for queries in (
                ("since_id=0", "", "limit=9", "sort_direction=asc"),
                ("email=x", "page=1", "sort_field=updated_at"),
            ):
                answers = [
                    await world.answer("GET", f"/v2/customers?{query}", headers=headers, body=b"")
                    for query in queries
                ]
                counts.append([len(answer.json["customers"]) for answer in answers])
        return counts[0], counts[1]

    assert world.run(work()) == ([0, 0, 0, 0], [1, 1, 1])


def test_a_page_of_many_costs_one_statement(crowd: Office) -> None:
    crowd.call(CUSTOMERS)
    before = len(crowd.world.statements)
    crowd.call(CUSTOMERS)
    assert len(crowd.world.statements) == before + 1
