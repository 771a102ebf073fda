"""What every Headless operation has in common: channel, language, country, ids and credentials."""

import base64
import hmac
from typing import Any

import pytest

from leal.usecases.access import Scope
from tests.contract import schema
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
@pytest.mark.parametrize("country", ["XX", "USA", "U", "12", "%FF", "DE&country=US", "%C3%84"])
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
    answer = (
        shop.call(operation, spelling, json=body) if body else shop.good(operation, spelling)
    )
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


# --- credentials ---------------------------------------------------------------------------------

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


# --- customer session tokens ---------------------------------------------------------------------

HOUR = 3600


@EVERY
@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"email": "c1001@example.com"},
        {"expires_at": "2025-06-10T13:00:00Z"},
        {"issued_at": "2025-06-10T12:00:00Z"},
        {"issued_at": "2025-06-10T14:00:00+02:00"},
        {"merchant_id": "gid://shopify/Customer/1001"},
        {"merchant_id": 1001},
    ],
)
def test_a_session_token_opens_every_operation(
    shop: Shop, operation: str, claims: dict[str, Any]
) -> None:
    token = shop.token("1001", **claims)
    assert shop.good(operation, key=token).status == 200


@pytest.mark.parametrize(
    ("age_seconds", "status"),
    [
        (0, 200),
        (24 * HOUR - 1, 200),
        (24 * HOUR + 301, 401),
        (-299, 200),
        (-301, 401),
        (10**12, 401),
    ],
)
def test_the_age_of_a_session_token(shop: Shop, age_seconds: int, status: int) -> None:
    issued_at = int(shop.world.now.timestamp()) - age_seconds
    assert shop.call(GET, key=shop.token("1001", issued_at=issued_at)).status == status


@EVERY
@pytest.mark.parametrize(
    "claims",
    [
        {"issued_at": None},
        {"issued_at": "yesterday"},
        {"issued_at": True},
        {"expires_at": 0},
        {"expires_at": "2025-06-10T11:00:00Z"},
        {"expires_at": "2035-01-01T00:00:00Z"},
        {"key_id": "unknown"},
        {"key_id": None},
        {"key_id": 5},
        {"site_id": 2},
        {"merchant_id": None},
        {"merchant_id": ""},
        {"merchant_id": ["1001"]},
    ],
)
def test_session_tokens_that_prove_nothing(
    shop: Shop, operation: str, claims: dict[str, Any]
) -> None:
    answer = shop.good(operation, key=shop.token("1001", **claims))
    assert (answer.status, answer.json) == (
        401,
        {"error": {"message": "Authentication is required"}},
    )


def test_forged_session_tokens(shop: Shop) -> None:
    text, _, signature = shop.token("1001").partition(".")
    other, _, other_signature = shop.token("1001", site=1).partition(".")
    flipped = f"{int(signature[0], 16) ^ 1:x}{signature[1:]}"
    for forged in (
        f"{text}.{flipped}",
        f"{text}.{other_signature}",
        f"{other}.{signature}",
        f"{text}.{signature[:-1]}",
        f"{text}.",
        f"{text}",
        f"{text}{signature}",
        f"{text[:-4]}.{signature}",
        f".{signature}",
    ):
        assert shop.call(GET, key=forged).status == 401, forged
    assert shop.call(GET, key=f"{text}.{signature}").status == 200


def test_url_safe_and_unpadded_base64_will_do(shop: Shop) -> None:
    # the email is chosen so that the two alphabets differ
    text, _, _ = shop.token("1001", email="~~~???>>>@example.com").partition(".")
    assert "+" in text or "/" in text
    urlsafe = text.replace("+", "-").replace("/", "_").rstrip("=")
    site = shop.world.tenant.sites[0]
    mac = hmac.digest(site.sdk_secret.encode(), urlsafe.encode(), "sha256").hex()
    assert shop.call(GET, key=f"{urlsafe}.{mac}").status == 200


@ON_CUSTOMERS
def test_a_session_is_for_one_customer(shop: Shop, operation: str) -> None:
    shop.visit("1002")
    before = shop.everything()
    answer = shop.good(operation, "1002", key=shop.token("1001"))
    assert answer.status == 403
    assert answer.json["error"].keys() == {"message"}
    assert shop.everything() == before


@EVERY
def test_a_session_is_for_one_site(shop: Shop, operation: str) -> None:
    assert shop.good(operation, site=2, key=shop.token("1001")).status == 403
    assert shop.good(operation, site=1, key=shop.token("1001", site=1)).status == 403
    assert shop.good(operation, site=2, key=shop.token("1001", site=1)).status == 200


def test_a_session_of_a_stranger(shop: Shop) -> None:
    token = shop.token("stranger")
    assert shop.call(GET, "stranger", key=token).status == 404
    assert shop.good(SESSION, "stranger", key=token).json["customer"]["state"] == "enrolled"
    assert shop.call(GET, "stranger", key=token).status == 200


def test_a_session_of_another_program(new_world: NewWorld) -> None:
    shop = Shop(new_world(lion_rewards()))
    shop.visit("1001")
    other = shop.world.add_program(lion_rewards()).sites[0]
    claims = {"key_id": other.sdk_key_id, "site_id": other.site_id}
    assert shop.call(GET, key=shop.token("1001", **claims)).status == 401, "signed by the first"


# --- limits and browsers -------------------------------------------------------------------------


def test_the_rate_of_a_key_is_limited(new_world: NewWorld) -> None:
    shop = Shop(new_world(lion_rewards()))
    shop.visit("1001")
    shop.world.limit_rate(20)
    other = shop.world.new_key(shop.world.tenant.program_id, *Scope)
    for operation in OPERATIONS:
        shop.world.seconds += 10
        for _ in range(20):
            assert shop.call(GET).status == 200
        before = shop.everything()
        answer = shop.good(operation)
        assert (answer.status, answer.code) == (429, "rate_limited")
        assert int(answer.headers["retry-after"]) >= 1
        assert shop.everything() == before
        assert shop.call(GET, key=other).status == 200
    shop.world.seconds += 1
    assert shop.call(GET).status == 200


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
