"""What every Headless operation has in common: channel, language, country, ids and credentials."""

from typing import Any

import pytest

from leal.usecases.access import Scope
from tests.contract import schema
from tests.contract.conftest import NewWorld
from tests.contract.headless.worlds import (
    CONFIGURATION,
    GET,
    ON_A_CUSTOMER,
    OPERATIONS,
    SESSION,
    Shop,
)
from tests.programs import lion_rewards, put, second_site

EVERY = pytest.mark.parametrize("operation", OPERATIONS)
ON_CUSTOMERS = pytest.mark.parametrize("operation", ON_A_CUSTOMER)
CHANNELS = 'Invalid option: expected one of "web"|"pos"|"mobile"'


@pytest.fixture(scope="module")
def shop(shared_world: NewWorld) -> Shop:
    """Two sites, with customer 1001 as a member."""
    document = lion_rewards()
    second_site()(document)
    put("rewards.0.countries", ["DE"])(document)
    shop = Shop(shared_world(document))
    shop.visit("1001")
    return shop


def details(answer: Any) -> Any:
    assert answer.status == 400
    error = answer.json["error"]
    assert error.keys() == {"message", "details"}
    assert error["message"] == "Invalid request"
    return error["details"]


# --- channel, language, country ------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("channel", ["web", "pos", "mobile"])
@pytest.mark.parametrize("how", ["query", "header"])
def test_channel(shop: Shop, operation: str, channel: str, how: str) -> None:
    answer = (
        shop.good(operation, query=f"channel={channel}")
        if how == "query"
        else shop.good(operation, query="", headers={"X-LoyaltyLion-Channel": channel})
    )
    assert answer.status == 200
    if operation in (CONFIGURATION, GET, SESSION):
        assert answer.json["channel"] == channel


@EVERY
@pytest.mark.parametrize(
    "query", ["", "channel=", "channel=tv", "channel=WEB", "channel=web%20", "channel=web%00",
              "Channel=web", "channel=web&channel=pos", "channel=%FF"],
)  # fmt: skip
def test_no_such_channel(shop: Shop, operation: str, query: str) -> None:
    before = shop.everything()
    said = details(shop.good(operation, query=query))
    assert list(said) == ["channel"]
    assert shop.everything() == before


def test_what_is_said_of_channels(shop: Shop) -> None:
    assert details(shop.call(GET, query="channel=tv")) == {"channel": CHANNELS}
    unknown = {"X-LoyaltyLion-Channel": "tv"}
    assert details(shop.call(GET, query="", headers=unknown)) == {"channel": CHANNELS}


def test_the_query_wins_over_the_header(shop: Shop) -> None:
    headers = {"X-LoyaltyLion-Channel": "pos", "X-LoyaltyLion-Language": "en"}
    answer = shop.call(GET, query="channel=mobile&language=de", headers=headers).json
    assert (answer["channel"], answer["language"]) == ("mobile", "de")


@EVERY
@pytest.mark.parametrize("how", ["query", "header"])
@pytest.mark.parametrize("case", [(1, "en", 200), (1, "de", 200), (1, "fr", 400), (2, "en", 400)])
def test_language(shop: Shop, operation: str, how: str, case: tuple[int, str, int]) -> None:
    site, language, status = case
    answer = (
        shop.good(operation, site=site, query=f"channel=web&language={language}")
        if how == "query"
        else shop.good(operation, site=site, headers={"X-LoyaltyLion-Language": language})
    )
    assert answer.status == status
    if status == 400:
        assert list(details(answer)) == ["language"]
    elif operation in (CONFIGURATION, GET, SESSION):
        assert answer.json["language"] == language


@pytest.mark.parametrize("language", ["xx", "en-GB", "%00", "e" * 5000, "en&language=de", "%F0"])
def test_no_such_language(shop: Shop, language: str) -> None:
    assert list(details(shop.call(GET, query=f"channel=web&language={language}"))) == ["language"]


def test_history_and_offers_speak_the_language_asked_for(shop: Shop) -> None:
    german = shop.customer(query="channel=web&language=de")
    [entered] = [row for row in german["history"] if row["kind"] == "entered_tier"]
    assert entered["label"] == "Stufe Silver erreicht"
    assert german["available_rules"][0]["variant"]["title"] == "Einkaufen"
    earned = [row for row in german["history"] if row["kind"] == "earned_points_from_rule"]
    assert earned[0]["points_text"] == "100 Punkte"


@EVERY
@pytest.mark.parametrize(
    "country", ["XX", "USA", "U", "12", "%FF", "DE&country=US", "%C3%9F", "%EF%AC%81"]
)
def test_no_such_country(shop: Shop, operation: str, country: str) -> None:
    assert list(details(shop.good(operation, query=f"channel=web&country={country}"))) == [
        "country"
    ]


def test_everything_wrong_is_said_at_once(shop: Shop) -> None:
    assert details(shop.call(GET, query="channel=tv&country=XX")).keys() == {"channel", "country"}


def test_the_country_filters_the_customers_rewards(shop: Shop) -> None:
    listed = {
        query: [reward["id"] for reward in shop.customer(query=query)["available_rewards"]]
        for query in ("channel=web", "channel=web&country=DE")
    }
    assert listed == {"channel=web": [3], "channel=web&country=DE": [1, 3]}


# --- ids -----------------------------------------------------------------------------------------


@ON_CUSTOMERS
@pytest.mark.parametrize(
    "spelling",
    [
        "1001",
        "%31001",
        "%2531001",
        "gid://shopify/Customer/1001".replace("/", "%2F"),
        "gid%3A%2F%2Fshopify%2FCustomer%2F1001",
        "gid%3a%2f%2fshopify%2fCustomer%2f1001",
        "gid%253A%252F%252Fshopify%252FCustomer%252F1001",
        "gid%25253A%25252F%25252Fshopify%25252FCustomer%25252F1001",
    ],
)
def test_one_customer_in_many_spellings(shop: Shop, operation: str, spelling: str) -> None:
    before = len(shop.rows("customers"))
    body = {"customer": {"email": "c1001@example.com"}} if operation == SESSION else None
    answer = shop.call(operation, spelling, json=body) if body else shop.good(operation, spelling)
    assert answer.status == 200
    assert answer.json["customer"]["merchant_id"] == "1001"
    assert len(shop.rows("customers")) == before


@ON_CUSTOMERS
@pytest.mark.parametrize(
    "spelling",
    [
        "gid%3A%2F%2Fshopify%2FOrder%2F1001",
        "gid%3A%2F%2Fshopify%2FCustomer%2Fx",
        "gid%3A%2F%2Fshopify%2FCustomer%2F",
        "gid%3A%2F%2Fshopify%2FCustomer%2F1001%2F2",
    ],
)
def test_the_id_of_something_else(shop: Shop, operation: str, spelling: str) -> None:
    assert list(details(shop.good(operation, spelling))) == ["merchant_id"]


@EVERY
@pytest.mark.parametrize("site", ["3", "0", "007", "99999999999999999999", str(2**53)])
def test_no_such_site(shop: Shop, operation: str, site: str) -> None:
    before = shop.everything()
    answer = shop.good(operation, "site", site=site)
    assert answer.status == 404
    assert answer.json["error"]["message"]
    assert shop.everything() == before


@EVERY
@pytest.mark.parametrize("site", ["x", "-1", "1.0", "1e0", "+1", "%31", "%EF%BC%91", "1%00"])
def test_what_is_no_site(shop: Shop, operation: str, site: str) -> None:
    assert list(details(shop.good(operation, site=site))) == ["site_id"]


@pytest.mark.parametrize("path", ["", "/", "/1", "/1/customers", "/1/customers/1001/",
                                  "/1/customers//sessions", "/1/configuration/x"])  # fmt: skip
def test_what_is_nowhere_is_said_with_a_body(shop: Shop, path: str) -> None:
    answer = shop.world.get(f"/headless/2025-06{path}?channel=web")
    assert answer.status == 404
    assert answer.json["error"]["message"]


@EVERY
def test_a_wrong_method_is_said_with_a_body(shop: Shop, operation: str) -> None:
    method, path = schema.route(operation)
    address = path.format(site_id=1, merchant_id="1001")
    answer = shop.world.call("PUT" if method == "POST" else "DELETE", f"{address}?channel=web")
    assert answer.status == 405
    assert method in answer.headers["allow"]
    assert answer.json["error"]["message"]


# --- limits and browsers -------------------------------------------------------------------------


def test_twenty_requests_a_second(new_world: NewWorld) -> None:
    shop = Shop(new_world(lion_rewards()))
    shop.world.limit_rate(20)
    codes = [shop.call(GET).status for _ in range(21)]
    assert codes == [404] * 20 + [429], "what is refused counts too"
    shop.world.seconds += 1
    assert shop.call(GET).status == 404


def test_each_key_has_its_own_rate(new_world: NewWorld) -> None:
    shop = Shop(new_world(lion_rewards()))
    shop.visit("1001")
    shop.visit("1002")
    shop.world.limit_rate(1)
    other = shop.world.new_key(shop.world.tenant.program_id, *Scope)
    before = shop.everything()
    assert shop.call(CONFIGURATION).status == 200
    for operation in OPERATIONS:
        answer = shop.good(operation)
        assert (answer.status, answer.code) == (429, "rate_limited")
        assert int(answer.headers["retry-after"]) >= 1
    assert shop.everything() == before
    for key in (other, shop.token("1001")):
        assert [shop.call(GET, key=key).status for _ in range(2)] == [200, 429]
    assert shop.call(GET, "1002", key=shop.token("1002")).status == 200
    assert shop.call(GET, key="pat_" + "0" * 32).status == 401


@EVERY
def test_browsers_may_ask_first(shop: Shop, operation: str) -> None:
    method, path = schema.route(operation)
    address = path.format(site_id=1, merchant_id="1001")
    headers = {
        "origin": "https://lion.example",
        "access-control-request-method": method,
        "access-control-request-headers": "authorization,x-loyaltylion-channel",
        "authorization": "",
    }
    answer = shop.world.call("OPTIONS", address, headers=headers)
    assert answer.status in (200, 204)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert method in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].lower()
    for header in (
        "authorization", "content-type", "x-loyaltylion-channel", "x-loyaltylion-language"
    ):  # fmt: skip
        assert header in allowed
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({}, 200),
        ({"query": ""}, 400),
        ({"headers": {"authorization": ""}}, 401),
        ({"merchant_id": "nobody"}, 404),
    ],
)
def test_browsers_may_read_every_answer(shop: Shop, how: dict[str, Any], status: int) -> None:
    answer = shop.call(GET, **{"merchant_id": "1001", **how})
    assert answer.status == status
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
