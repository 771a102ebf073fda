"""Every operation with every credential and every scope, walked from the app's own routes.

A route that is in no table of operations and not named here fails. Seen to fail: with a route left
out of the list, with an operation whose scope is not asked for, and with session tokens whose `exp`
is not looked at.
"""

import base64
from itertools import combinations

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
from leal.usecases import oauth
from leal.usecases.access import CACHE_SECONDS, Access, Scope, granted
from tests.contract.conftest import NewWorld
from tests.oauth.office import BY, open_office
from tests.programs import lion_rewards
from tests.worlds import Answer, World

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

NO_SITES = {"rewards.disableReward", "rewards.enableReward", "sites.listSites"}
"""What the Admin API has for keys and apps alone: it is not one site's business."""


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


def _ask(world: World, operation: Operation, authorization: str) -> Answer:
    """The answer to a request that has nothing wrong but, perhaps, its credentials."""
    names = ("merchant_id", "name", "platform", "code")
    filled = dict.fromkeys(names, "nobody")
    numbers = ("site_id", "reward_id", "claimed_reward_id", "webhook_id", "delivery_id", "merge_id")
    filled |= dict.fromkeys((*numbers, "program_id"), "1")
    address = operation.path.format_map(filled) + "?channel=web"
    headers = {"authorization": authorization}
    return world.call(operation.method, address, headers=headers, body=b"{}")


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
    wrong = {**_made_up(world), **_over(world), **_for_something_else(world), **_MALFORMED}
    heard = {
        (operation.name, kind): (answer.status, answer.body)
        for operation in _operations(world)
        for kind, authorization in wrong.items()
        if (answer := _ask(world, operation, authorization)).status != 401
        or b"Authentication is required" not in answer.body
    }
    assert heard == {}


def test_good_credentials_open_what_they_are_for_and_nothing_else(world: World) -> None:
    site = world.tenant.sites[0]
    kinds = {
        "session": f"Bearer {world.session_token('nobody')}",
        "site": _basic(site.token, site.secret),
    }
    wrong = {}
    for operation in _operations(world):
        is_headless = operation.path.startswith("/headless")
        closed = {
            "session": 401 if not is_headless else None if operation.sessions else 403,
            "site": 401 if is_headless else 403 if operation.name in NO_SITES else None,
        }
        for kind, authorization in kinds.items():
            status = _ask(world, operation, authorization).status
            refused = status if status in (401, 403) else None
            if refused != closed[kind]:
                wrong[operation.name, kind] = status
    assert wrong == {}


@pytest.mark.parametrize("path", sorted(OTHERWISE))
def test_pages_do_not_take_what_opens_the_apis(world: World, path: str) -> None:
    site = world.tenant.sites[0]
    token = "a" * 43
    filled = path.format_map({"token": token})
    for method in ("GET", "POST"):
        bare = world.call(method, filled, headers={"authorization": ""}, body=b"")
        assert bare.status in (303, 400, 401, 403, 404, 405), (method, bare)
        for authorization in (
            f"Bearer {world.tenant.key}",
            f"Bearer {world.session_token('nobody')}",
            _basic(site.token, site.secret),
        ):
            sent = {"authorization": authorization, "cookie": f"leal_session={token}"}
            assert world.call(method, filled, headers=sent, body=b"").status == bare.status


def _made_up(world: World) -> dict[str, str]:
    site = world.tenant.sites[0]
    signed_by_nobody = world.session_token("nobody")[:-4] + "0000"
    return {
        "nothing": "",
        "an unknown key": "Bearer pat_" + "0" * 32,
        "an unknown app": "Bearer oat_" + "0" * 64,
        "a site with another secret": _basic(site.token, "wrong"),
        "a site with nothing": _basic(site.token, ""),
        "a site of nobody": _basic("0" * 32, site.secret),
        "a session signed by nobody": f"Bearer {signed_by_nobody}",
        "a session with another key": f"Bearer {world.session_token('nobody', key_id='x')}",
    }


def _over(world: World) -> dict[str, str]:
    """What was good once, or will be; each was let in, or would be."""
    program_id = world.tenant.program_id
    revoked = world.new_key(program_id, *Scope)
    sql = "SELECT max(key_id) AS last FROM api_keys WHERE program_id = $1"
    [row] = world.run(world.database.rows(sql, program_id))
    assert world.run(revoke_key(world.database, program_id, row["last"], now=world.now))
    office = open_office(world)
    office.sign_in()
    code, app_token = office.code(), office.token()
    assert world.get("/v2/identity/whoami", key=app_token).status == 200
    client_id, now = office.app.client_id, world.now
    world.run(oauth.revoke(world.database, client_id, program_id=None, by=BY, now=now))
    world.seconds += CACHE_SECONDS + 1
    moment = int(world.now.timestamp())
    sessions: dict[str, dict[str, object]] = {
        "an old session": {"issued_at": moment - 86_400 - 301},
        "a session of tomorrow": {"issued_at": moment + 301},
        "a session that ended": {"issued_at": moment - 3_600, "exp": moment - 301},
        "a session without an age": {"issued_at": None},
        "a session that lasts too long": {"exp": moment + 86_401},
    }
    return {
        "a revoked key": f"Bearer {revoked}",
        "a revoked app's token": f"Bearer {app_token}",
        "a code": f"Bearer {code}",
        "an app's secret": f"Bearer {office.secret}",
        "an app's own pair": _basic(office.app.client_id, office.secret),
        "an operator's session": f"Bearer {office.cookies['leal_session']}",
        **{
            what: f"Bearer {world.session_token('nobody', **claims)}"
            for what, claims in sessions.items()
        },
    }


def _for_something_else(world: World) -> dict[str, str]:
    site = world.tenant.sites[0]
    opened = world.post("/v2/sites/1/webviews/sessions", {"channel": "app"})
    page = opened.json["webview_session"]["url"].rpartition("/")[2]
    return {
        "a key as a site": _basic(world.tenant.key, ""),
        "a key as a site's secret": _basic(site.token, world.tenant.key),
        "a site's secret as a key": f"Bearer {site.secret}",
        "a site's token as a key": f"Bearer {site.token}",
        "an SDK secret as a key": f"Bearer {site.sdk_secret}",
        "an SDK key as a site": _basic(site.sdk_key_id, site.sdk_secret),
        "a site's SDK secret as its secret": _basic(site.token, site.sdk_secret),
        "a page's token": f"Bearer {page}",
        "a key without its scheme": world.tenant.key,
        "a key under another scheme": f"Token {world.tenant.key}",
        "a key in upper case": f"Bearer {world.tenant.key.upper()}",
        "a key and more": f"Bearer {world.tenant.key} x",
        "two keys": f"Bearer {world.tenant.key},{world.tenant.key}",
        "a site's pair as bearer": f"Bearer {site.token}:{site.secret}",
        "a session as a site": _basic(world.session_token("nobody"), site.secret),
    }


_MALFORMED = {
    "a scheme alone": "Bearer",
    "another scheme alone": "Basic",
    "a key that is too short": "Bearer pat_" + "0" * 31,
    "a very long one": "Bearer " + "x" * 10_000,
    "bytes that are no text": "Bearer \xff",
    "no base64": "Basic %%%",
    "no colon": "Basic " + base64.b64encode(b"nobody").decode(),
    "no UTF-8": "Basic " + base64.b64encode(b"\xff:\xff").decode(),
    "a NUL": "Basic " + base64.b64encode(b"a\0:b").decode(),
    "a token of nothing": "Bearer e30=." + "0" * 64,
}


def _basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def test_each_scope_alone_grants_what_it_says_and_no_more(world: World) -> None:
    office = open_office(world, "otto")
    office.sign_in("otto")
    wrong = {}
    for scope in Scope:
        code = office.code(more={"scope": scope})
        kinds = {
            "key": world.new_key(world.tenant.program_id, scope),
            "app": office.exchange(code).json["access_token"],
        }
        for operation in _operations(world):
            allowed = operation.scope is None or operation.scope in granted([scope])
            allowed = allowed and operation.name not in SEVERAL
            for kind, token in kinds.items():
                answer = _ask(world, operation, f"Bearer {token}")
                assert answer.status < 500
                if (answer.status not in (401, 403)) != allowed:
                    wrong[operation.name, scope, kind] = answer.status
    assert wrong == {}


def test_all_scopes_but_those_that_grant_it_do_not_open_an_operation(world: World) -> None:
    wrong = {}
    keys: dict[Scope, str] = {}
    for operation in _operations(world):
        if operation.scope is None:
            continue
        if operation.scope not in keys:
            others = [each for each in Scope if operation.scope not in granted([each])]
            keys[operation.scope] = world.new_key(world.tenant.program_id, *others)
        answer = _ask(world, operation, f"Bearer {keys[operation.scope]}")
        # whoever lacks one is told which, and nothing of what is there
        if answer.status != 403 or operation.scope not in answer.json["error"]["message"]:
            wrong[operation.name] = answer
    assert wrong == {}


def test_what_needs_several_scopes_needs_all_of_them(world: World) -> None:
    [operation] = [each for each in _operations(world) if each.name in SEVERAL]
    for pair in combinations(Scope, 2):
        key = world.new_key(world.tenant.program_id, *pair)
        may = {Scope.READ_CUSTOMERS, Scope.READ_ORDERS} <= granted(pair)
        assert (_ask(world, operation, f"Bearer {key}").status != 403) == may, pair
