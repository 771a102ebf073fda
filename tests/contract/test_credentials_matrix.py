"""Every operation with every credential and every scope, walked from the app's own routes.

A route that is in no table of operations and not named here fails. Seen to fail: with a route left
out of the list, and with an operation whose scope is not asked for.
"""

import base64

import pytest
from starlette.routing import Route, Router

from leal.api.admin.guesses import Guess
from leal.api.admin.routes import table as admin_table
from leal.api.gate import Gate
from leal.api.headless.routes import table as headless_table
from leal.api.operations import Operation
from leal.api.own.routes import table as own_table
from leal.api.rate_limit import RateLimit
from leal.app import surfaces
from leal.storage.credentials import revoke_key
from leal.usecases.access import Access, Scope, granted
from tests.contract.conftest import NewWorld
from tests.programs import lion_rewards
from tests.worlds import World

PUBLIC = {
    "/",
    "/docs",
    "/docs/{rest:path}",
    "/static/{name}",
    "/headless/2025-06/openapi.json",
    "/v2/openapi.json",
    "/leal/v1/openapi.json",
    "/r/{code}",
    "/login",
}
"""What anybody may open."""

OTHERWISE = {
    "/oauth/access-token": "an app's own id and secret, in tests/oauth",
    "/oauth/revoke": "as access-token",
    "/oauth/authorize": "an operator's session, in tests/oauth",
    "/logout": "as authorize",
    "/account": "as authorize",
    "/webview/{token}": "the token in the path, in tests/web",
}
"""What asks for other credentials than the APIs do, and which."""

SEVERAL = {"customers.export"}
"""What no scope alone opens."""


@pytest.fixture(scope="module")
def world(shared_world: NewWorld) -> World:
    return shared_world(lion_rewards())


def _gate(world: World) -> Gate:
    access = Access(world.database, world.sealer, clock=lambda: world.seconds)
    return Gate(access=access, rate_limit=RateLimit(0), clock=lambda: world.now)


def _operations(world: World) -> list[Operation]:
    gate = _gate(world)
    tables = (headless_table, admin_table, own_table)
    return [row for table in tables for row, _ in table(world.desk, gate)]


def _ask(world: World, operation: Operation, authorization: str) -> int:
    """The status of a request that has nothing wrong but, perhaps, its credentials."""
    names = ("merchant_id", "name", "platform", "code")
    filled = dict.fromkeys(names, "nobody")
    numbers = ("site_id", "reward_id", "claimed_reward_id", "webhook_id", "delivery_id", "merge_id")
    filled |= dict.fromkeys((*numbers, "program_id"), "1")
    address = operation.path.format_map(filled) + "?channel=web"
    headers = {"authorization": authorization}
    return world.call(operation.method, address, headers=headers, body=b"{}").status


def test_every_route_is_an_operation_or_named_here(world: World) -> None:
    served = set()
    for surface in surfaces(world.desk, _gate(world)):
        assert isinstance(surface.app, Router)
        for route in surface.app.routes:
            # a guess does nothing but tell the right address
            assert isinstance(route, Route | Guess)
            served |= {route.path} if isinstance(route, Route) else set()
    operations = {operation.path for operation in _operations(world)}
    assert served == operations | PUBLIC | OTHERWISE.keys()


def test_nobody_comes_in_with_credentials_that_are_none(world: World) -> None:
    program_id = world.tenant.program_id
    revoked = world.new_key(program_id, *Scope)
    sql = "SELECT max(key_id) AS last FROM api_keys WHERE program_id = $1"
    [row] = world.run(world.database.rows(sql, program_id))
    assert world.run(revoke_key(world.database, program_id, row["last"], now=world.now))
    site = world.tenant.sites[0]
    wrong_secret = base64.b64encode(f"{site.token}:wrong".encode()).decode()
    wrong = {
        "nothing": "",
        "an unknown key": "Bearer pat_" + "0" * 32,
        "an unknown app": "Bearer oat_" + "0" * 64,
        "a revoked key": f"Bearer {revoked}",
        "a key as a site": "Basic " + base64.b64encode(f"{revoked}:".encode()).decode(),
        "a site with another secret": f"Basic {wrong_secret}",
        "a site's secret as a key": f"Bearer {site.secret}",
        "a session signed by nobody": f"Bearer {world.session_token('nobody')[:-4]}0000",
    }
    let_in = {
        (operation.name, kind): status
        for operation in _operations(world)
        for kind, authorization in wrong.items()
        if (status := _ask(world, operation, authorization)) != 401
    }
    assert let_in == {}


def test_each_scope_alone_grants_what_it_says_and_no_more(world: World) -> None:
    keys = {scope: world.new_key(world.tenant.program_id, scope) for scope in Scope}
    wrong = {}
    for operation in _operations(world):
        for scope, key in keys.items():
            allowed = operation.scope is None or operation.scope in granted([scope])
            allowed = allowed and operation.name not in SEVERAL
            status = _ask(world, operation, f"Bearer {key}")
            assert status < 500
            if (status not in (401, 403)) != allowed:
                wrong[operation.name, scope] = status
    assert wrong == {}
