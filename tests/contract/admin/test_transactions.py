"""The ledger, of all and of one customer: whole documents, filters, and pages."""

from typing import Any

import pytest

from tests.contract.admin.counter import VOUCHER, Counter, rewards_shop
from tests.contract.admin.ledger import earn, expire
from tests.contract.admin.office import (
    ADD,
    REMOVE,
    TRANSACTIONS,
    TRANSACTIONS_OF,
    Office,
    links,
)
from tests.contract.admin.till import LIST, REFUND, Till
from tests.contract.conftest import NewWorld
from tests.programs import drop, lion_rewards
from tests.worlds import Answer

BOTH = pytest.mark.parametrize("operation", [TRANSACTIONS, TRANSACTIONS_OF])


@pytest.fixture(scope="module")
def crowd(shared_world: NewWorld) -> Office:
    """Six entries, by the hour: 1001 and 1002 join (1, 2), 1001 is given points (3 to 6)."""
    office = Office(shared_world(lion_rewards()))
    for merchant_id in ("1001", "1002"):
        office.signup(merchant_id)
        office.world.later(hours=1)
    for points in (3, 4, 5, 6):
        office.call(ADD, json={"points": points})
        office.world.later(hours=1)
    office.settle()
    return office


def ids(answer: Answer) -> list[int]:
    assert answer.status == 200, answer.body
    return [entry["id"] for entry in answer.json["transactions"]]


def summary(office: Office, merchant_id: str = "1001") -> dict[str, Any]:
    person = office.customer(merchant_id)
    members = ("id", "merchant_id", "email", "points_pending", "points_approved", "points_spent")
    return {name: person[name] for name in members}


def test_what_a_rule_gave(office: Office) -> None:
    office.signup("1001")
    office.settle()
    (entry,) = office.call(TRANSACTIONS).json["transactions"]
    assert entry == {
        "id": 1,
        "customer": summary(office),
        "points_approved": 100,
        "points_pending": 0,
        "created_at": "2025-06-10T12:00:00.000Z",
        "resource": "activity",
        "activity": {
            "id": entry["activity"]["id"],
            "merchant_id": None,
            "value": 100,
            "state": "approved",
            "customer": summary(office),
            "created_at": "2025-06-10T12:00:00.000Z",
            "rule": {"id": 3, "name": "$join_program", "title": "Join our loyalty program"},
            "resource": None,
        },
    }


def test_what_an_order_gave_shows_the_order_of_now(office: Office) -> None:
    office.signup("1001")
    till = Till(office.world)
    till.order("5001", merchant_number="#1")
    till.call(REFUND, "5001", json={"amount": "50.00"})
    till.settle("orders")
    office.settle()
    (listed,) = till.call(LIST).json["orders"]
    less, more, joined = office.call(TRANSACTIONS_OF).json["transactions"]
    assert (more["points_pending"], less["points_pending"]) == (500, -250)
    for entry in (less, more):
        assert entry["activity"]["resource"] == "order"
        assert entry["activity"]["order"] == listed
        assert (entry["activity"]["value"], entry["activity"]["merchant_id"]) == (250, None)
    assert (listed["merchant_id"], listed["total_refunded"]) == ("5001", "50.00")
    assert (joined["activity"]["resource"], "order" in joined["activity"]) == (None, False)


@BOTH
@pytest.mark.parametrize(
    ("scope", "shown"), [(None, False), ("read_orders", True), ("write_orders", True)]
)
def test_an_order_is_only_for_keys_that_may_read_orders(
    office: Office, operation: str, scope: str | None, *, shown: bool
) -> None:
    office.signup("1001")
    Till(office.world).order()
    office.settle()
    scopes = ("read_customers", *([scope] if scope else []))
    key = office.world.new_key(office.world.tenant.program_id, *scopes)
    activity = office.call(operation, key=key).json["transactions"][0]["activity"]
    assert (activity["resource"], "order" in activity) == ("order", shown)


def test_what_a_merchant_gave_and_took(office: Office) -> None:
    office.signup("1001")
    office.call(ADD, json={"points": 20, "reason": "Sorry"})
    office.call(REMOVE, json={"points": 5})
    office.settle()
    taken, given, _ = office.call(TRANSACTIONS_OF).json["transactions"]
    assert (taken["points_approved"], taken["resource"]) == (-5, "adjustment")
    assert taken["adjustment"] == {"note": None}
    assert given == {
        "id": 2,
        "customer": summary(office),
        "points_approved": 20,
        "points_pending": 0,
        "created_at": "2025-06-10T12:00:00.000Z",
        "resource": "adjustment",
        "adjustment": {"note": "Sorry"},
    }


def test_the_customer_beside_an_entry_is_that_of_now(crowd: Office) -> None:
    first = crowd.call(TRANSACTIONS, query="since_id=0&limit=1").json["transactions"][0]
    assert first["customer"]["points_approved"] == 118


def test_what_expired(office: Office) -> None:
    office.signup("1001")
    expire(office, points=30)
    office.settle()
    entry = office.call(TRANSACTIONS).json["transactions"][0]
    assert (entry["resource"], entry["expiry"], entry["points_approved"]) == ("expiry", {}, -30)


@pytest.mark.parametrize(
    ("state", "rule_id", "kind", "shown"),
    [
        ("pending", 1, "purchase", ("pending", 1, "$purchase", "Make a purchase")),
        ("declined", 2, "pageview", ("declined", 2, "$pageview", "Visit our online store")),
        ("void", 4, "custom", ("void", 4, "quiz", "Take our quiz")),
        ("expired", 77, "review", ("approved", 77, "$review", "As it was called then")),
        ("approved", 78, "custom", ("approved", 78, None, "As it was called then")),
    ],
    ids=["pending", "declined", "custom", "gone", "custom and gone"],
)
def test_rules_have_names(
    office: Office, state: str, rule_id: int, kind: str, shown: tuple[object, ...]
) -> None:
    office.signup("1001")
    earn(office, state=state, rule_id=rule_id, kind=kind)
    office.settle()
    activity = office.call(TRANSACTIONS).json["transactions"][0]["activity"]
    rule = activity["rule"]
    assert (activity["state"], rule["id"], rule["name"], rule["title"]) == shown


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [6, 5, 4, 3, 2, 1]),
        ("type=json&limit=2&per_page=1", [6, 5]),
        ("since_id=0", [1, 2, 3, 4, 5, 6]),
        ("since_id=4", [5, 6]),
        ("customer_id=2", [2]),
        ("customer_id=1&since_id=3", [4, 5, 6]),
        ("customer_id=99", []),
        ("created_at_min=2025-06-10T15:00:00Z", [6, 5, 4]),
        ("created_at_max=2025-06-10T15:00:00Z", [3, 2, 1]),
        ("page=2&limit=5", [6, 5, 4, 3, 2]),
    ],
)
def test_which_entries_come_in_which_order(crowd: Office, query: str, expected: list[int]) -> None:
    assert ids(crowd.call(TRANSACTIONS, query=query)) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [6, 5, 4, 3, 1]),
        ("customer_id=2", [6, 5, 4, 3, 1]),
        ("since_id=3&limit=2", [4, 5]),
        ("created_at_min=2025-06-10T15:00:00Z", [6, 5, 4]),
    ],
)
def test_one_customer_s_entries(crowd: Office, query: str, expected: list[int]) -> None:
    assert ids(crowd.call(TRANSACTIONS_OF, query=query)) == expected


def test_an_unknown_customer_is_missing(crowd: Office) -> None:
    answer = crowd.call(TRANSACTIONS_OF, "nobody")
    assert answer.status == 404
    assert answer.json == {"error": {"message": "No customer with this merchant id"}}


def test_a_customer_without_entries_has_an_empty_list(new_world: NewWorld) -> None:
    document = lion_rewards()
    drop("rules")(document)
    office = Office(new_world(document))
    office.signup("1001")
    answer = office.call(TRANSACTIONS_OF)
    assert answer.json == {"transactions": [], "cursor": {"prev": None, "next": None}}
    assert "link" not in answer.headers


@BOTH
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=501", "limit"),
        ("since_id=9223372036854775808", "since_id"),
        ("created_at_min=2025-06-10T12:00:00%2B17:09", "created_at_min"),
        ("created_at_max=1990-W19-4", "created_at_max"),
        ("type=xml", "type"),
        ("type=CSV", "type"),
        ("cursor=abc", "cursor"),
    ],
)
def test_bad_values_are_named(crowd: Office, operation: str, query: str, field: str) -> None:
    answer = crowd.call(operation, query=query)
    assert answer.status == 400
    assert set(answer.json["error"]["details"]) == {field}


@pytest.mark.parametrize("customer_id", ["0", "x", "1001x", "9007199254740992"])
def test_a_customer_id_is_a_number(crowd: Office, customer_id: str) -> None:
    answer = crowd.call(TRANSACTIONS, query=f"customer_id={customer_id}")
    assert set(answer.json["error"]["details"]) == {"customer_id"}


@pytest.mark.parametrize(
    ("operation", "query", "expected"),
    [
        (TRANSACTIONS, "limit=4", [6, 5, 4, 3, 2, 1]),
        (TRANSACTIONS, "limit=2&since_id=1", [2, 3, 4, 5, 6]),
        (TRANSACTIONS, "limit=2&customer_id=1", [6, 5, 4, 3, 1]),
        (TRANSACTIONS, "limit=1&created_at_min=2025-06-10T14:00:00Z", [6, 5, 4, 3]),
        (TRANSACTIONS_OF, "limit=2", [6, 5, 4, 3, 1]),
        (TRANSACTIONS_OF, "limit=3&since_id=1", [3, 4, 5, 6]),
    ],
)
def test_cursors_lead_there_and_back(
    crowd: Office, operation: str, query: str, expected: list[int]
) -> None:
    limit = query.partition("&")[0]
    answer = crowd.call(operation, query=query)
    pages = [ids(answer)]
    while cursor := answer.json["cursor"]["next"]:
        answer = crowd.call(operation, query=f"cursor={cursor}&{limit}&customer_id=99")
        pages.append(ids(answer))
    assert [each for page in pages for each in page] == expected
    back = pages[-1:]
    while cursor := answer.json["cursor"]["prev"]:
        answer = crowd.call(operation, query=f"cursor={cursor}&{limit}")
        back.insert(0, ids(answer))
    assert back == pages


def test_a_customer_s_cursor_is_no_cursor_of_all(crowd: Office) -> None:
    cursor = crowd.call(TRANSACTIONS_OF, query="limit=1").json["cursor"]["next"]
    assert crowd.call(TRANSACTIONS, query=f"cursor={cursor}").status == 400


def test_link_addresses_keep_the_customer_s_id_as_it_was_written(crowd: Office) -> None:
    long_form = "gid:%2F%2Fshopify%2FCustomer%2F1001"
    answer = crowd.call(TRANSACTIONS_OF, long_form, query="limit=4")
    url = links(answer)["next"]
    assert url.startswith(f"http://leal.test/v2/customers/{long_form}/transactions?")
    assert ids(crowd.world.get(url.removeprefix("http://leal.test"))) == [1]


def test_an_address_cannot_break_out_of_the_link_header(office: Office) -> None:
    merchant_id = 'a>;rel="evil",<b'
    session = f"/headless/2025-06/1/customers/{merchant_id}/sessions?channel=web"
    office.world.post(session, {"customer": {"email": "evil@example.com"}})
    office.call(ADD, merchant_id, json={"points": 1})
    office.settle()
    answer = office.call(TRANSACTIONS_OF, merchant_id, query="limit=1")
    assert answer.headers["link"].count("<") == answer.headers["link"].count(">") == 1
    assert ids(office.world.get(links(answer)["next"].removeprefix("http://leal.test"))) == [1]


@BOTH
def test_a_page_costs_one_statement(crowd: Office, operation: str) -> None:
    crowd.call(operation)
    before = len(crowd.world.statements)
    crowd.call(operation)
    assert len(crowd.world.statements) == before + 1


def test_a_claimed_reward_is_shown_as_it_is_now(new_world: NewWorld) -> None:
    """Both the entry that spent the points and the one that gave them back tell of its end."""
    counter = Counter(new_world(rewards_shop()))
    counter.joins(points=1000)
    kept, returned = counter.claims(VOUCHER), counter.claims(VOUCHER)
    counter.orders(claimed_reward_ids=[kept["id"]])
    void = counter.refunds(returned)
    counter.settle()
    back, spent, first = counter.world.get("/v2/transactions").json["transactions"][:3]
    assert [each["resource"] for each in (back, spent, first)] == ["claimed_reward"] * 3
    assert (back["points_approved"], spent["points_approved"]) == (500, -500)
    assert back["claimed_reward"] == spent["claimed_reward"] == void
    assert void["state"] == "void"
    assert first["claimed_reward"]["redeemable"]["usage_count"] == 1
    assert first["claimed_reward"]["state"] == "approved"
