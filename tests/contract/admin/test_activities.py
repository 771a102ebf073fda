"""POST, PUT and GET /v2/activities."""

import pytest

from tests.contract.admin.till import (
    ACTIVITIES,
    ACTIVITY_ROUTES,
    MODERATE,
    TELL,
    TILL_SCOPES,
    Till,
    activity,
    basic,
    fits,
)
from tests.contract.conftest import NewWorld
from tests.programs import Document, lion_rewards, put
from tests.worlds import Answer

SALE = "https://lion.example/sale"
RULES: list[Document] = [
    {"id": 1, "kind": "join_program", "title": "Join", "points": 100},
    {"id": 2, "kind": "review", "title": "Write a review", "points": 50},
    {"id": 3, "kind": "custom", "name": "quiz", "title": "Take our quiz", "points": 10},
    {"id": 4, "kind": "clickthrough", "title": "Look", "destination_url": SALE, "points": 5},
    {"id": 5, "kind": "pageview", "title": "Visit", "page_patterns": ["/sale"], "points": 7},
    {"id": 6, "kind": "custom", "name": "gift", "title": "Get a gift", "reward": 9},
    {
        "id": 7,
        "kind": "custom",
        "name": "slow",
        "title": "Wait",
        "points": 20,
        "approval_days": 10,
        "limit": {"count": 1},
    },
]


def shop() -> Document:
    document = lion_rewards()
    del document["tiers"]
    put("rules", RULES)(document)
    shipping = {"id": 9, "kind": "free_shipping_voucher", "title": "Free shipping", "cost": 300}
    put("rewards", [shipping])(document)
    return document


@pytest.fixture
def till(new_world: NewWorld) -> Till:
    """A shop with member 1001, who has 100 points."""
    opened = Till(new_world(shop()))
    opened.signup("1001")
    return opened


@pytest.fixture(scope="module")
def kept(shared_world: NewWorld) -> Till:
    """The same shop with a pending review 1, which refused requests leave alone."""
    opened = Till(shared_world(shop()))
    opened.signup("1001")
    tell(opened, "$review", "1")
    return opened


def tell(till: Till, name: str, merchant_id: object = None, **of: object) -> Answer:
    answer = till.ask(TELL, ACTIVITY_ROUTES[TELL], json=activity(name, merchant_id, **of))
    assert answer.status == 201
    return answer


def moderate(till: Till, name: str, merchant_id: str, state: object) -> int:
    answer = till.ask(
        MODERATE,
        ACTIVITY_ROUTES[MODERATE],
        name=name,
        merchant_id=merchant_id,
        json={"state": state},
    )
    return answer.status


def listed(till: Till, query: str = "") -> Answer:
    return till.ask(ACTIVITIES, ACTIVITY_ROUTES[ACTIVITIES], query=query)


def test_an_activity_earns_in_two_round_trips(till: Till) -> None:
    tell(till, "quiz", 1)
    before = len(till.world.statements)
    answer = tell(till, "quiz", 2)
    assert answer.body == b""
    assert len(till.world.statements) == before + 2
    assert till.points() == (120, 0)


def test_the_same_activity_again_earns_nothing(till: Till) -> None:
    till.signup("1002")
    for _ in range(2):
        tell(till, "$review", 5)
        tell(till, "review", "5")
        tell(till, "$review", 5, customer_id="1002", customer_email="1002@example.com")
    assert till.points() == (100, 50)
    assert till.points("1002") == (100, 0)
    tell(till, "quiz", 5)
    assert till.points() == (110, 50)


def test_without_an_id_each_counts(till: Till) -> None:
    for merchant_id in (None, "", None):
        body = activity("quiz") | {"merchant_id": merchant_id}
        assert till.ask(TELL, ACTIVITY_ROUTES[TELL], json=body).status == 201
    assert till.points() == (130, 0)


@pytest.mark.parametrize("name", ["nothing", "$nothing", "$purchase", "purchase", "Quiz", "🦁"])
def test_a_name_without_a_rule_is_taken_in_and_earns_nothing(till: Till, name: str) -> None:
    tell(till, name, 1)
    assert till.points() == (100, 0)
    assert moderate(till, "nothing", "1", "approved") == 404


@pytest.mark.parametrize(
    ("name", "properties", "points"),
    [
        ("$clickthrough", {"url": SALE}, 5),
        ("clickthrough", {"url": SALE}, 5),
        ("$clickthrough", {"url": SALE + "s"}, 0),
        ("$clickthrough", {}, 0),
        ("$clickthrough", [], 0),
        ("$clickthrough", None, 0),
        ("$visit", {"url": SALE + "/shoes?size=5", "other": [1]}, 7),
        ("$pageview", {"url": "https://lion.example/"}, 0),
        ("$visit", {"url": None}, 0),
    ],
)
def test_addresses_are_properties(till: Till, name: str, properties: object, points: int) -> None:
    body = activity(name) | {"properties": properties}
    assert fits(TELL, body)
    assert till.ask(TELL, ACTIVITY_ROUTES[TELL], json=body).status == 201
    assert till.points() == (100 + points, 0)


@pytest.mark.parametrize("name", ["$signup", "signup", "$join_program"])
@pytest.mark.parametrize(
    ("guest", "joins"), [({}, True), ({"guest": "0"}, True), ({"guest": 1}, False)], ids=str
)
def test_signing_up(till: Till, name: str, guest: dict[str, object], *, joins: bool) -> None:
    who = {"customer_id": 2001, "customer_email": "2001@example.com"}
    tell(till, name, **who, **guest, date="2025-06-10T11:59:00+00:00")
    person = till.customer("2001")
    assert (person["enrolled"], person["points_approved"]) == (joins, 100 if joins else 0)
    tell(till, name, **who)
    assert till.points("2001") == (100, 0)


def test_signing_up_under_another_s_address_is_refused(till: Till) -> None:
    body = activity("$signup", customer_id="2001")
    answer = till.ask(TELL, ACTIVITY_ROUTES[TELL], json=body)
    assert (answer.status, answer.code) == (422, "email_already_in_use")
    assert till.world.get("/v2/customers?page=1").json["customers"][1:] == []


def test_a_guest_s_activity_is_never_credited_later(till: Till) -> None:
    who = {"customer_id": "2001", "customer_email": "2001@example.com"}
    tell(till, "quiz", 1, **who)
    assert till.customer("2001")["guest"]
    till.signup("2001")
    assert till.points("2001") == (100, 0)
    till.world.later(days=1)
    tell(till, "quiz", 1, **who, date="2025-06-09T12:00:00Z")
    assert till.points("2001") == (100, 0)
    tell(till, "quiz", 1, **who)
    assert till.points("2001") == (110, 0)


def test_approval_counts_from_the_date(till: Till) -> None:
    till.world.later(days=30)
    tell(till, "slow", 1, date="2025-07-05T12:00:00Z")
    assert till.points() == (100, 20)
    assert moderate(till, "slow", "1", "declined") == 204
    tell(till, "slow", 2, date="2025-06-20")
    assert till.points() == (120, 0)


@pytest.mark.parametrize("name", ["$review", "%24review", "review"])
@pytest.mark.parametrize("merchant_id", ["23523", "gid%3A%2F%2Fshopify%2FOrder%2F1"])
def test_pending_points_are_approved_or_declined(till: Till, name: str, merchant_id: str) -> None:
    tell(till, "$review", merchant_id.replace("%3A", ":").replace("%2F", "/"))
    assert moderate(till, name, merchant_id, "approved") == 204
    assert till.points() == (150, 0)
    assert moderate(till, name, merchant_id, "approved") == 204
    assert moderate(till, name, merchant_id, "declined") == 204
    assert till.points() == (100, 0)
    # what has ended stays ended
    assert moderate(till, name, merchant_id, "approved") == 204
    assert till.points() == (100, 0)


def test_a_verdict_gives_the_limit_back(till: Till) -> None:
    tell(till, "slow", 1)
    tell(till, "slow", 2)
    assert till.points() == (100, 20)
    assert moderate(till, "slow", "2", "approved") == 404
    assert moderate(till, "slow", "1", "void") == 204
    tell(till, "slow", 3)
    assert moderate(till, "slow", "3", "approved") == 204
    assert till.points() == (120, 0)


def test_a_reward_is_taken_back_with_its_activity(till: Till) -> None:
    tell(till, "gift", 1)
    tell(till, "gift", 1)
    assert till.customer()["rewards_claimed"] == 1
    assert moderate(till, "gift", "1", "approved") == 204
    assert moderate(till, "gift", "1", "void") == 204
    assert moderate(till, "gift", "1", "void") == 204
    states = till.world.run(till.world.database.rows("SELECT state FROM claimed_rewards"))
    assert [row["state"] for row in states] == ["void"]


def test_the_list_shows_what_was_earned_given_and_taken(till: Till) -> None:
    tell(till, "$review", 1001)
    tell(till, "gift", "g:1")
    tell(till, "quiz")
    till.world.post("/v2/customers/1001/points", {"points": 5, "reason": "Sorry"})
    till.world.post("/v2/customers/1001/remove_points", {"points": 6})
    moderate(till, "review", "1001", "declined")
    till.order("1")
    till.settle("history")
    answer = listed(till)
    none = {"id": None, "name": None, "title": None}
    quiz = {"id": 3, "name": "quiz", "title": "Take our quiz"}
    gift = {"id": 6, "name": "gift", "title": "Get a gift"}
    review = {"id": 2, "name": "$review", "title": "Write a review"}
    join = {"id": 1, "name": "$join_program", "title": "Join"}
    rows = answer.json["activities"]
    assert [(r["merchant_id"], r["value"], r["state"], r["rule"]) for r in rows] == [
        (None, -6, "approved", none),
        (None, 5, "approved", none),
        (None, 10, "approved", quiz),
        ("g:1", 0, "approved", gift),
        ("1001", 50, "declined", review),
        (None, 100, "approved", join),
    ]
    assert rows[0]["customer"] == {
        "id": 1,
        "merchant_id": "1001",
        "email": "1001@example.com",
        "points_pending": 0,
        "points_approved": 109,
        "points_spent": 0,
    }
    assert rows[0]["created_at"] == "2025-06-10T12:00:00.000Z"
    ids = [row["id"] for row in rows]
    assert [row["id"] for row in listed(till, "since_id=0").json["activities"]] == ids[::-1]
    page = listed(till, "limit=4")
    rest = listed(till, f"cursor={page.json['cursor']['next']}&limit=4")
    assert [row["id"] for row in page.json["activities"] + rest.json["activities"]] == ids
    assert 'rel="next"' in page.headers["link"]
    assert len(listed(till, "page=2&limit=5").json["activities"]) == 1
    assert listed(till, "created_at_min=2025-06-10T12:00:01Z").json["activities"] == []
    assert len(listed(till, "created_at_max=2025-06-10T12:00:01Z").json["activities"]) == 6


def test_a_transaction_names_its_activity(till: Till) -> None:
    tell(till, "$review", 1001)
    # the ledger refuses to be rewritten, even by a test
    for statement in (
        "ALTER TABLE transactions DISABLE TRIGGER transactions_append_only",
        "UPDATE transactions SET recorded_at = now() - interval '1 day'",
        "ALTER TABLE transactions ENABLE TRIGGER transactions_append_only",
    ):
        till.world.run(till.world.database.execute(statement))
    row = till.world.get("/v2/transactions?limit=1").json["transactions"][0]
    assert (row["activity"]["merchant_id"], row["points_pending"]) == ("1001", 50)


BAD = [
    ("", "body"),
    ("[]", "body"),
    ('{"name": "quiz"', "body"),
    ({"name": None}, "name"),
    ({"name": ""}, "name"),
    ({"name": 5}, "name"),
    ({"name": "x" * 256}, "name"),
    ({"customer_id": None}, "customer_id"),
    ({"customer_id": ""}, "customer_id"),
    ({"customer_id": True}, "customer_id"),
    ({"customer_email": None}, "customer_email"),
    ({"customer_email": "nobody"}, "customer_email"),
    ({"merchant_id": []}, "merchant_id"),
    ({"merchant_id": "x" * 256}, "merchant_id"),
    ({"merchant_id": "\x07"}, "merchant_id"),
    ({"properties": "url"}, "properties"),
    ({"properties": [1]}, "properties"),
    ({"properties": {"url": 5}}, "properties.url"),
    ({"date": "yesterday"}, "date"),
    ({"date": 5}, "date"),
    ({"guest": "perhaps"}, "guest"),
]


@pytest.mark.parametrize(("body", "field"), BAD, ids=str)
def test_a_bad_body_changes_nothing(kept: Till, body: object, field: str) -> None:
    before = kept.customer()
    sent = (
        {"json": {**activity("quiz"), **body}}
        if isinstance(body, dict)
        else {"body": str(body).encode()}
    )
    answer = kept.ask(TELL, ACTIVITY_ROUTES[TELL], **sent)
    assert (answer.status, set(answer.json["error"]["details"])) == (400, {field})
    assert kept.customer() == before


@pytest.mark.parametrize("state", [None, "pending", "Approved", True, ["void"], ""])
def test_a_bad_verdict_changes_nothing(kept: Till, state: object) -> None:
    assert moderate(kept, "$review", "1", state) == 400
    assert kept.points() == (100, 50)


@pytest.mark.parametrize(
    ("name", "merchant_id", "status"),
    [
        ("$review", "2", 404),
        ("$quiz", "1", 404),
        ("nothing", "1", 404),
        ("%00", "1", 400),
        ("$review", "%00", 400),
        ("%FF", "1", 400),
        ("$review", "x" * 256, 400),
    ],
)
def test_unknown_activities(kept: Till, name: str, merchant_id: str, status: int) -> None:
    assert moderate(kept, name, merchant_id, "void") == status
    assert kept.points() == (100, 50)


@pytest.mark.parametrize("query", ["limit=0", "since_id=x", "page=0", "cursor=x", "site_id=0"])
def test_bad_queries(kept: Till, query: str) -> None:
    operation = TELL if "site" in query else ACTIVITIES
    body = activity("quiz") if operation == TELL else None
    answer = kept.ask(operation, ACTIVITY_ROUTES[operation], query=query, json=body)
    assert (answer.status, list(answer.json["error"]["details"])) == (
        400,
        [query.partition("=")[0]],
    )


@pytest.mark.parametrize("operation", ACTIVITY_ROUTES)
def test_scopes_and_strangers(kept: Till, operation: str) -> None:
    world, scope = kept.world, TILL_SCOPES[operation]
    how = {"name": "$review", "merchant_id": "1"}
    others = ["write_orders"] if scope == "read_customers" else ["write_orders", "read_customers"]
    poor = world.new_key(world.tenant.program_id, *others)
    route = ACTIVITY_ROUTES[operation]
    answer = kept.ask(operation, route, **how, key=poor, body=b"{")
    assert answer.status == 403
    assert scope in answer.json["error"]["message"]
    assert kept.ask(operation, route, **how, key="pat_" + "0" * 32).status == 401
    stranger = world.add_program(shop())
    body = {TELL: activity("$review", 1), MODERATE: {"state": "approved"}}.get(operation)
    answer = kept.ask(operation, route, **how, key=stranger.key, json=body)
    assert answer.status == {TELL: 201, MODERATE: 404, ACTIVITIES: 200}[operation]
    assert kept.points() == (100, 50)
    site = world.tenant.sites[0]
    ours = {MODERATE: {"state": "approved"}, TELL: activity("$review", 1)}.get(operation)
    kept_as_is = how | {"merchant_id": "unknown"} if operation == MODERATE else how
    answer = kept.ask(
        operation, route, **kept_as_is, headers=basic(site.token, site.secret), json=ours
    )
    assert answer.status == {TELL: 201, MODERATE: 404, ACTIVITIES: 200}[operation]
    assert kept.points() == (100, 50)
