"""Who may ask leal's own API: credentials, scopes and tenants, for every operation of the table."""

import pytest

from leal.api.gate import Gate
from leal.api.own.routes import table
from leal.usecases.access import Scope
from tests.contract.own.asker import (
    CARE_ROUTES,
    CARE_SCOPES,
    CLOCK_ROUTES,
    CLOCK_SCOPES,
    CODES_ROUTES,
    CODES_SCOPES,
    EXPLAIN,
    MERGE_ROUTES,
    MERGE_SCOPES,
    ROUTES,
    SCOPES,
    TIER_ROUTES,
    TIER_SCOPES,
    Asker,
    basic,
)
from tests.contract.own.hooks import HOOK_ROUTES, HOOK_SCOPES
from tests.contract.own.test_events import EVENT_ROUTES, EVENT_SCOPES
from tests.contract.own.till import TILL_ROUTES, TILL_SCOPES
from tests.jobs.shops import give, shop

ALL_ROUTES = {
    **ROUTES,
    **CARE_ROUTES,
    **MERGE_ROUTES,
    **CLOCK_ROUTES,
    **CODES_ROUTES,
    **TILL_ROUTES,
    **TIER_ROUTES,
    **HOOK_ROUTES,
    **EVENT_ROUTES,
}
ALL_SCOPES = {
    **SCOPES,
    **CARE_SCOPES,
    **MERGE_SCOPES,
    **CLOCK_SCOPES,
    **CODES_SCOPES,
    **TILL_SCOPES,
    **TIER_SCOPES,
    **HOOK_SCOPES,
    **EVENT_SCOPES,
}


def test_the_tables_of_these_tests_are_complete(asker: Asker) -> None:
    gate = Gate(access=None, rate_limit=None, clock=lambda: asker.world.now)  # type: ignore[arg-type]  # never asked
    rows = {row.name: row for row, _ in table(asker.world.desk, gate)}
    assert {name: (row.method, row.path) for name, row in rows.items()} == ALL_ROUTES
    assert {name: row.scope for name, row in rows.items()} == ALL_SCOPES


@pytest.mark.parametrize("operation", ROUTES)
def test_a_key_with_the_scope_or_a_site_comes_in(asker: Asker, operation: str) -> None:
    world = asker.world
    site = world.tenant.sites[0]
    fit = world.new_key(world.tenant.program_id, SCOPES[operation])
    others = [each for each in Scope if each not in (SCOPES[operation], "write_customers")]
    poor = world.new_key(world.tenant.program_id, *others)
    assert asker.call(operation, key=fit).status == 200
    assert asker.call(operation, headers=basic(site.token, site.secret)).status == 200
    assert asker.call(operation, key=poor).status == 403
    assert asker.call(operation, key="pat_" + "0" * 32).status == 401
    assert asker.call(operation, headers=basic(site.token, "wrong")).status == 401
    assert asker.call(operation, key=world.session_token("ann")).status == 401


def test_another_program_s_customers_are_nobody(asker: Asker) -> None:
    give(asker.world, "ann", 5)
    other = asker.world.add_program(shop())
    answer = asker.call(EXPLAIN, key=other.key)
    assert (answer.status, answer.code) == (404, "customer_not_found")


def test_too_many_requests_are_told_by_code(asker: Asker) -> None:
    asker.world.limit_rate(1)
    asker.call(EXPLAIN)
    answer = asker.call(EXPLAIN)
    assert (answer.status, answer.code) == (429, "rate_limited")
    assert int(answer.headers["retry-after"]) >= 1


def test_the_document_describes_the_table(asker: Asker) -> None:
    answer = asker.world.get("/leal/v1/openapi.json")
    assert answer.status == 200
    paths = answer.json["paths"]
    assert {(method.upper(), path) for path in paths for method in paths[path]} == set(
        ALL_ROUTES.values()
    )
    assert asker.world.get("/docs").status == 200
