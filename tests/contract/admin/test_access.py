"""Who may do what: credentials, scopes, tenants and rates, for every operation of the table."""

from itertools import product

import pytest

from leal.api.admin.routes import table
from leal.api.gate import Gate
from leal.usecases.access import Scope
from tests.contract.admin.counter import REWARD_ROUTES, REWARD_SCOPES
from tests.contract.admin.hooks import HOOK_ROUTES
from tests.contract.admin.lobby import KEYS_ONLY, LOBBY_ROUTES, LOBBY_SCOPES, REVIEW, ask
from tests.contract.admin.office import (
    BODIES,
    LISTS,
    ON_A_CUSTOMER,
    ROUTES,
    SCOPES,
    UPDATE,
    WHOAMI,
    Office,
    basic,
)
from tests.contract.admin.till import TILL_ROUTES, TILL_SCOPES
from tests.programs import lion_rewards


def test_the_tables_of_these_tests_are_complete(office: Office) -> None:
    world = office.world
    gate = Gate(access=None, rate_limit=None, clock=lambda: world.now)  # type: ignore[arg-type]  # never asked
    rows = {row.name: row for row, _ in table(world.desk, gate)}
    assert {name: (row.method, row.path) for name, row in rows.items()} == {
        **ROUTES,
        **TILL_ROUTES,
        **REWARD_ROUTES,
        **HOOK_ROUTES,
        **LOBBY_ROUTES,
    }
    assert {name: row.scope for name, row in rows.items() if row.scope} == {
        **SCOPES,
        **TILL_SCOPES,
        **REWARD_SCOPES,
        **LOBBY_SCOPES,
    }


@pytest.mark.parametrize(
    "header",
    [
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Bearer pat_" + "0" * 32},
        {"authorization": "Token abc"},
        basic("nobody", "nothing"),
        {"authorization": "Basic ~~~"},
    ],
    ids=["none", "empty", "unknown key", "other scheme", "unknown site", "malformed"],
)
def test_nobody_comes_in_without_credentials(office: Office, header: dict[str, str]) -> None:
    for operation in ROUTES:
        answer = office.good(operation, headers=header)
        assert answer.status == 401
        assert answer.json == {"error": {"message": "Authentication is required"}}


def test_the_lobby_asks_for_credentials_and_scopes(office: Office) -> None:
    office.signup("1001")
    world = office.world
    assert ask(world, REVIEW).status == 201
    for operation in LOBBY_ROUTES:
        for header in ({"authorization": ""}, basic("nobody", "nothing")):
            assert ask(world, operation, headers=header).status == 401
        assert ask(world, operation, key=world.session_token("1001")).status == 401
    for operation, scope in LOBBY_SCOPES.items():
        others = [each for each in Scope if each != scope and f"read_{each[6:]}" != scope]
        poor = world.new_key(world.tenant.program_id, *others)
        answer = ask(world, operation, key=poor)
        assert answer.status == 403
        assert scope in answer.json["error"]["message"]
        assert ask(world, operation, key=world.new_key(world.tenant.program_id, scope)).status < 300
    site = world.tenant.sites[0]
    for operation in [each for each in LOBBY_ROUTES if each not in KEYS_ONLY]:
        assert ask(world, operation, headers=basic(site.token, site.secret)).status < 300


def test_a_shopper_s_session_token_opens_nothing(office: Office) -> None:
    office.signup("1001")
    token = office.world.session_token("1001")
    assert {office.good(operation, key=token).status for operation in ROUTES} == {401}


def test_a_key_needs_the_scope_of_the_operation(office: Office) -> None:
    office.signup("1001")
    world = office.world
    for operation, scope in SCOPES.items():
        others = [each for each in Scope if each not in (scope, "write_customers")]
        poor = world.new_key(world.tenant.program_id, *others)
        answer = office.good(operation, key=poor)
        assert answer.status == 403
        assert scope in answer.json["error"]["message"]
        fit = world.new_key(world.tenant.program_id, scope)
        assert office.good(operation, key=fit).status < 300


def test_who_may_write_may_read(office: Office) -> None:
    office.signup("1001")
    key = office.world.new_key(office.world.tenant.program_id, Scope.WRITE_CUSTOMERS)
    assert {office.good(operation, key=key).status for operation in ROUTES} == {200, 201, 204}


def test_credentials_come_before_the_body_and_the_query(office: Office) -> None:
    poor = office.world.new_key(office.world.tenant.program_id, Scope.READ_ORDERS)
    for operation in SCOPES:
        assert office.call(operation, key=poor, query="limit=0", body=b"{").status == 403


def test_a_site_s_token_and_secret_open_everything(office: Office) -> None:
    office.signup("1001")
    site = office.world.tenant.sites[0]
    header = basic(site.token, site.secret)
    for operation in ROUTES:
        assert office.good(operation, headers=header).status < 300
    assert office.good(WHOAMI, headers=basic(site.token, "wrong")).status == 401


def test_another_program_s_customers_are_as_good_as_missing(office: Office) -> None:
    office.signup("1001")
    office.settle()
    before = office.customer()
    stranger = office.world.add_program(lion_rewards())
    for operation in ON_A_CUSTOMER:
        foreign = office.good(operation, "1001", key=stranger.key)
        missing = office.good(operation, "nobody", key=stranger.key)
        assert (foreign.status, foreign.body) == (missing.status, missing.body)
        assert foreign.status == 404
        assert foreign.json == {"error": {"message": "No customer with this merchant id"}}
    for operation in LISTS[:2]:
        for query in ("", "since_id=0", "type=csv", f"customer_id={before['id']}", "email=1001"):
            answer = office.good(operation, key=stranger.key, query=query)
            assert answer.status == 200
            assert b"1001" not in answer.body
    assert office.customer() == before


def test_a_cursor_shows_a_stranger_nothing(office: Office) -> None:
    office.signup("1001", "1002")
    office.settle()
    stranger = office.world.add_program(lion_rewards())
    for operation in LISTS[:2]:
        cursor = office.good(operation, query="limit=1").json["cursor"]["next"]
        answer = office.good(operation, key=stranger.key, query=f"cursor={cursor}")
        assert b"1001" not in answer.body
        assert answer.json["cursor"] == {"prev": None, "next": None}


def test_too_many_requests_are_told_when_to_come_back(office: Office) -> None:
    office.world.limit_rate(2)
    answers = [office.good(WHOAMI) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].code == "rate_limited"
    assert answers[2].headers["retry-after"] == "1"


def test_the_accept_header_plays_no_part(office: Office) -> None:
    office.signup("1001")
    for operation, accept in product(ROUTES, ("text/xml", "text/html;q=0.9", "nonsense")):
        headers = {"accept": accept, "content-type": "text/xml"}
        assert office.good(operation, headers=headers).status < 300


def test_other_methods_are_told_which_to_use(office: Office) -> None:
    answer = office.world.call("PUT", "/v2/customers/1001", json=BODIES[UPDATE])
    assert (answer.status, answer.headers["allow"]) == (405, "PATCH")


def test_whoami_of_a_key(office: Office) -> None:
    world = office.world
    program_id = world.tenant.program_id
    key = world.new_key(program_id, Scope.WRITE_ORDERS, Scope.READ_CUSTOMERS)
    assert office.call(WHOAMI, key=key).json == {
        "identity": {
            "kind": "api_key",
            "account_id": program_id,
            "program_id": program_id,
            "scopes": ["read_customers", "read_orders", "write_orders"],
            "integration": None,
        }
    }


def test_whoami_of_a_site(office: Office) -> None:
    site = office.world.tenant.sites[0]
    identity = office.call(WHOAMI, headers=basic(site.token, site.secret)).json["identity"]
    assert identity["kind"] == "site"
    assert identity["program_id"] == office.world.tenant.program_id
    assert set(identity["scopes"]) == set(Scope)
