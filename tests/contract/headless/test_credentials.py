"""Who may call what: API keys, their scopes and programs, and what is no credential here."""

import base64

import pytest

from leal.usecases.access import Scope
from tests.contract.conftest import NewWorld
from tests.contract.headless.worlds import (
    CONFIGURATION,
    ENROLL,
    GET,
    ON_A_CUSTOMER,
    OPERATIONS,
    SESSION,
    Shop,
)
from tests.programs import lion_rewards, second_site

EVERY = pytest.mark.parametrize("operation", OPERATIONS)
ON_CUSTOMERS = pytest.mark.parametrize("operation", ON_A_CUSTOMER)


@pytest.fixture(scope="module")
def shop(shared_world: NewWorld) -> Shop:
    """Two sites, with customer 1001 as a member."""
    document = lion_rewards()
    second_site()(document)
    shop = Shop(shared_world(document))
    shop.visit("1001")
    return shop


UNKNOWN = "pat_" + "0" * 32


def basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


@EVERY
@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {UNKNOWN}",
        f"Bearer {UNKNOWN} x",
        "Bearer pat_zzz",
        "Bearer a.b",
        "Bearer " + "x" * 10_000,
        "Bearer \xff",
        f"Token {UNKNOWN}",
        UNKNOWN,
    ],
)
def test_bad_credentials(shop: Shop, operation: str, header: str) -> None:
    before = shop.everything()
    answer = shop.good(operation, headers={"authorization": header})
    assert answer.status == 401
    assert answer.json == {"error": {"message": "Authentication is required"}}
    assert shop.everything() == before


@EVERY
def test_the_sites_own_pair_is_for_the_other_api(shop: Shop, operation: str) -> None:
    site = shop.world.tenant.sites[0]
    header = basic(site.token, site.secret)
    assert shop.good(operation, headers={"authorization": header}).status == 401


@EVERY
def test_the_scheme_may_be_in_any_case(shop: Shop, operation: str) -> None:
    header = f"bEARER {shop.world.tenant.key}"
    assert shop.good(operation, headers={"authorization": header}).status == 200


@EVERY
@pytest.mark.parametrize("scope", Scope)
def test_scopes(shop: Shop, operation: str, scope: Scope) -> None:
    needed = {
        CONFIGURATION: set(Scope),
        GET: {Scope.READ_CUSTOMERS, Scope.WRITE_CUSTOMERS},
    }.get(operation, {Scope.WRITE_CUSTOMERS})
    key = shop.world.new_key(shop.world.tenant.program_id, scope)
    answer = shop.good(operation, key=key)
    assert answer.status == (200 if scope in needed else 403)
    if answer.status == 403:
        assert answer.json["error"].keys() == {"message"}


@EVERY
def test_a_revoked_key(shop: Shop, operation: str) -> None:
    key = shop.world.new_key(shop.world.tenant.program_id, *Scope)
    assert shop.good(operation, key=key).status == 200
    shop.sql(
        "UPDATE api_keys SET revoked_at = now() WHERE shown = $1 AND key_hash = sha256($2)",
        key[: len(_shown(shop))],
        key.encode(),
    )
    shop.world.seconds += 6
    assert shop.good(operation, key=key).status == 401


def _shown(shop: Shop) -> str:
    text: str = shop.world.run(shop.world.database.value("SELECT shown FROM api_keys LIMIT 1"))
    return text


def test_a_key_sees_its_own_program_only(new_world: NewWorld) -> None:
    shop = Shop(new_world(lion_rewards()))
    shop.visit("1001")
    other = shop.world.add_program({**lion_rewards(), "name": "Other"})
    before = shop.everything()
    for operation in (GET, "customers.setBirthday", ENROLL, "customers.emailMarketingSubscribe"):
        answer = shop.good(operation, key=other.key)
        assert (answer.status, answer.code) == (404, "not_found")
    assert shop.configuration(key=other.key)["program"]["name"] == "Other"
    assert shop.everything() == before

    same_shopper = shop.good(SESSION, key=other.key)
    assert same_shopper.status == 200, "the same id and address may be in both programs"
    assert len(shop.rows("customers")) == 2
    assert same_shopper.json["customer"]["id"] != shop.customer()["id"]


def test_a_foreign_site_answers_as_a_missing_one(new_world: NewWorld) -> None:
    shop = Shop(new_world(lion_rewards()))
    document = lion_rewards()
    second_site()(document)
    shop.world.add_program(document)
    for operation in OPERATIONS:
        foreign, missing = (shop.good(operation, site=site) for site in (2, 3))
        assert (foreign.status, foreign.json) == (404, missing.json)
