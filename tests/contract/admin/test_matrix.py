"""Every operation that clients of the original know: it works, and refuses what it has to.

One row an operation: how a good request looks, how a bad one, and where nothing is. The walk finds
a row that was forgotten; what exactly each answers is in the files of their own.
"""

from dataclasses import dataclass

import pytest

from leal.api.admin.routes import table
from leal.api.gate import Gate
from leal.usecases.access import Scope
from tests.contract.admin.counter import rewards_shop
from tests.contract.admin.office import Office
from tests.contract.admin.till import STANDING
from tests.contract.conftest import NewWorld
from tests.programs import lion_rewards, put
from tests.worlds import Tenant, World

ELSEWHERE = {
    ("GET", "/v2/webhooks"),
    ("POST", "/v2/webhooks"),
    ("DELETE", "/v2/webhooks/{webhook_id}"),
}
"""Webhooks have a walk of their own."""

KIM = {"merchant_id": "1001", "email": "1001@example.com"}
ACTIVITY = {"name": "$review", "customer_id": "1001", "customer_email": "1001@example.com"}
ORDER = {
    "merchant_id": "o1",
    "customer_id": "1001",
    "customer_email": "1001@example.com",
    "total": "10.00",
    "total_shipping": "0.00",
    "payment_status": "not_paid",
}
PLACES = {
    "{name}": "$review",
    "/orders/{merchant_id}": "/orders/o1",
    "/activities/$review/{merchant_id}": "/activities/$review/a1",
    "/reviews/{platform}/{merchant_id}": "/reviews/custom/r1",
    "{platform}": "custom",
    "{merchant_id}": "1001",
    "{claimed_reward_id}": "1",
    "{reward_id}": "1",
    "{site_id}": "1",
}
"""What stands in a path's places; the first that fits is put in first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An operation. `missing` is a path at which nothing is, `nothing` how that is answered.

    `own` says that other programs may have a thing of this number too.
    """

    method: str
    path: str
    scope: Scope | None
    success: int
    body: object = None
    bad_body: object = None
    bad_query: str = ""
    missing: str | None = None
    nothing: int = 404
    own: bool = False

    @property
    def at(self) -> str:
        path = self.path
        for place, filling in PLACES.items():
            path = path.replace(place, filling)
        return path


def listing(path: str, scope: Scope, missing: str | None = None) -> Row:
    """A row of a list, which is asked for too much of."""
    return Row(
        method="GET", path=path, scope=scope, success=200, bad_query="limit=0", missing=missing
    )


def order_step(method: str, step: str, body: object = None) -> Row:
    """A row of an order's way."""
    return Row(
        method=method,
        path=f"/v2/orders/{{merchant_id}}{step}",
        scope=Scope.WRITE_ORDERS,
        success=204 if method == "PUT" else 201,
        body=body,
        bad_body="{",
        missing=f"/v2/orders/none{step}",
    )


CUSTOMER = "/v2/customers/{merchant_id}"
NOBODY = "/v2/customers/nobody"
REVIEW = "/v2/reviews/{platform}/{merchant_id}"
ROWS = (
    Row(method="GET", path="/v2/identity/whoami", scope=None, success=200),
    Row(
        method="POST",
        path="/v2/activities",
        scope=Scope.WRITE_CUSTOMERS,
        success=201,
        body={**ACTIVITY, "merchant_id": "a1"},
        bad_body={},
    ),
    Row(
        method="PUT",
        path="/v2/activities/{name}/{merchant_id}",
        scope=Scope.WRITE_CUSTOMERS,
        success=204,
        body={"state": "approved"},
        bad_body={"state": "x"},
        missing="/v2/activities/$review/none",
    ),
    listing("/v2/activities", Scope.READ_CUSTOMERS),
    Row(
        method="POST",
        path="/v2/orders",
        scope=Scope.WRITE_ORDERS,
        success=201,
        body=ORDER,
        bad_body={"total": {}},
    ),
    Row(
        method="PUT",
        path="/v2/orders/{merchant_id}",
        scope=Scope.WRITE_ORDERS,
        success=204,
        body=STANDING,
        bad_body={"payment_status": "x"},
        missing="/v2/orders/none",
    ),
    Row(
        method="GET",
        path="/v2/orders/{merchant_id}",
        scope=Scope.READ_ORDERS,
        success=200,
        missing="/v2/orders/none",
    ),
    listing("/v2/orders", Scope.READ_ORDERS),
    order_step("PUT", "/paid"),
    order_step("PUT", "/refunded"),
    order_step("PUT", "/cancelled"),
    listing("/v2/transactions", Scope.READ_CUSTOMERS),
    listing("/v2/customers", Scope.READ_CUSTOMERS),
    Row(
        method="PATCH",
        path=CUSTOMER,
        scope=Scope.WRITE_CUSTOMERS,
        success=200,
        body={"customer": {"blocked": False}},
        bad_body={},
        missing=NOBODY,
    ),
    Row(
        method="POST",
        path=f"{CUSTOMER}/points",
        scope=Scope.WRITE_CUSTOMERS,
        success=201,
        body={"points": 1000},
        bad_body={"points": 0},
        missing=f"{NOBODY}/points",
    ),
    Row(
        method="POST",
        path=f"{CUSTOMER}/remove_points",
        scope=Scope.WRITE_CUSTOMERS,
        success=204,
        body={"points": 1},
        bad_body={"points": 0},
        missing=f"{NOBODY}/remove_points",
    ),
    listing(f"{CUSTOMER}/transactions", Scope.READ_CUSTOMERS, f"{NOBODY}/transactions"),
    Row(
        method="GET",
        path=f"{CUSTOMER}/available_rewards",
        scope=Scope.READ_CUSTOMERS,
        success=200,
        bad_query="country=xx",
        missing=f"{NOBODY}/available_rewards",
    ),
    Row(
        method="POST",
        path=f"{CUSTOMER}/claimed_rewards",
        scope=Scope.WRITE_CUSTOMERS,
        success=201,
        body={"reward_id": 1},
        bad_body={},
        missing=f"{NOBODY}/claimed_rewards",
    ),
    Row(
        method="POST",
        path=f"{CUSTOMER}/claimed_rewards/{{claimed_reward_id}}/refund",
        scope=Scope.WRITE_CUSTOMERS,
        success=200,
        bad_body="{",
        missing="/v2/customers/1001/claimed_rewards/999/refund",
    ),
    *(
        Row(
            method="POST",
            path=f"/v2/rewards/{{reward_id}}/{how}",
            scope=Scope.WRITE_CONFIGURATION,
            success=200,
            bad_body="{",
            missing=f"/v2/rewards/999/{how}",
        )
        for how in ("disable", "enable")
    ),
    Row(
        method="POST",
        path="/v2/loyalty_emails/unsubscribes",
        scope=Scope.WRITE_UNSUBSCRIBES,
        success=201,
        body={"email": "1001@example.com"},
        bad_body={"email": "x"},
    ),
    listing("/v2/loyalty_emails/unsubscribes", Scope.READ_UNSUBSCRIBES),
    Row(method="GET", path="/v2/sites", scope=None, success=200),
    Row(
        method="POST",
        path="/v2/sites/{site_id}/webviews/sessions",
        scope=Scope.WRITE_CUSTOMERS,
        success=201,
        body={"channel": "app", "customer": KIM},
        bad_body={"channel": "-"},
        missing="/v2/sites/999/webviews/sessions",
        own=True,
    ),
    Row(
        method="DELETE",
        path=REVIEW,
        scope=Scope.WRITE_REVIEWS,
        success=200,
        bad_body="{",
        missing="/v2/reviews/custom/none",
        nothing=200,
    ),
    Row(
        method="POST",
        path="/v2/reviews/{platform}",
        scope=Scope.WRITE_REVIEWS,
        success=201,
        body={"merchant_id": "r1", "customer": KIM, "status": "pending"},
        bad_body={},
    ),
    Row(
        method="PUT",
        path=REVIEW,
        scope=Scope.WRITE_REVIEWS,
        success=200,
        body={"status": "approved"},
        bad_body={"status": "x"},
        missing="/v2/reviews/custom/none",
    ),
    Row(
        method="POST",
        path="/v2/customers/authenticate",
        scope=Scope.WRITE_CUSTOMERS,
        success=200,
        body={"customer_id": "1001"},
        bad_body={},
    ),
    order_step("POST", "/payments", {"amount": "5.00"}),
    order_step("POST", "/refunds", {"amount": "5.00"}),
)


@pytest.fixture(scope="module")
def world(shared_world: NewWorld) -> World:
    """A shop after every row has been asked for, in their order."""
    document = rewards_shop()
    put("rules", [{"id": 2, "kind": "review", "title": "Review", "points": 50}])(document)
    made = shared_world(document)
    Office(made).signup("1001")
    wrong = {row.at: got for row in ROWS if (got := send(made, row)) != (row.success, True)}
    assert wrong == {}
    return made


@pytest.fixture(scope="module")
def stranger(world: World) -> Tenant:
    """Another program, with nothing in it."""
    document = lion_rewards()
    put("rules", [])(document)
    put("rewards", [])(document)
    return world.add_program(document)


def send(world: World, row: Row) -> tuple[int, bool]:
    """The status of a good request, and whether there is a body exactly where there should be."""
    answer = world.call(row.method, row.at, json=row.body)
    return answer.status, bool(answer.body) == ("content-type" in answer.headers)


def test_every_operation_has_a_row(world: World) -> None:
    gate = Gate(access=None, rate_limit=None, clock=lambda: world.now)  # type: ignore[arg-type]  # never asked
    served = {(row.method, row.path): row.scope for row, _ in table(world.desk, gate)}
    rows = {(row.method, row.path): row.scope for row in ROWS}
    assert len(rows) == len(ROWS)
    assert {key: served.get(key) for key in rows} == rows
    assert served.keys() - rows.keys() <= ELSEWHERE


def test_bad_requests(world: World) -> None:
    for row in ROWS:
        if row.bad_body is None and not row.bad_query:
            assert row.body is None
            continue
        raw = row.bad_body.encode() if isinstance(row.bad_body, str) else None
        answer = world.call(
            row.method,
            f"{row.at}?{row.bad_query}" if row.bad_query else row.at,
            json=None if raw else row.bad_body,
            body=raw,
        )
        assert (row.at, answer.status) == (row.at, 400)
        assert answer.json["error"]["message"] == "Invalid request"
        assert answer.json["error"]["details"]


def test_what_is_not_there(world: World) -> None:
    for row in ROWS:
        if row.missing is None:
            assert row.at.rpartition("/")[2] not in ("1001", "o1", "r1", "a1")
            continue
        answer = world.call(row.method, row.missing, json=row.body)
        assert (row.missing, answer.status) == (row.missing, row.nothing)
        if row.nothing == 404:
            assert answer.json["error"].keys() == {"message"}


def test_keys_without_the_scope(world: World) -> None:
    for row in ROWS:
        assert world.call(row.method, row.at, json=row.body, key="pat_" + "0" * 32).status == 401
        if row.scope is None:
            continue
        others = [
            scope
            for scope in Scope
            if scope is not row.scope and scope.replace("write_", "read_") != row.scope
        ]
        poor = world.new_key(world.tenant.program_id, *others)
        answer = world.call(row.method, row.at, json=row.body, key=poor)
        assert (row.at, answer.status) == (row.at, 403)
        assert row.scope in answer.json["error"]["message"]


def test_other_programs_see_nothing(world: World, stranger: Tenant) -> None:
    for row in ROWS:
        if row.missing is not None and not row.own:
            answers = [
                world.call(row.method, path, json=row.body, key=stranger.key)
                for path in (row.at, row.missing)
            ]
            assert len({(each.status, each.body) for each in answers}) == 1, row.at
            assert answers[0].status == row.nothing
        elif row.method == "GET":
            answer = world.call(row.method, row.at, key=stranger.key)
            assert answer.status == 200
            assert b"1001" not in answer.body
