"""Customer session tokens: one customer of one site, for a day."""

import hmac
from typing import Any

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.worlds import (
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
    """Two sites, with customer 1001 as a member who is known on both."""
    document = lion_rewards()
    second_site()(document)
    shop = Shop(shared_world(document))
    shop.visit("1001")
    shop.visit("1001", site=2)
    return shop


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


def test_a_session_alone_does_not_change_an_address(shop: Shop) -> None:
    shop.visit("mail", email="mail@example.com")
    before = shop.everything()
    body = {"customer": {"email": "eve@example.com"}}
    answer = shop.call(SESSION, "mail", json=body, key=shop.token("mail"))
    assert answer.json["customer"]["email"] == "mail@example.com"
    assert shop.everything() == before


def test_a_session_of_another_address(shop: Shop) -> None:
    shop.visit("mine", email="mine@example.com")
    before = shop.everything()
    body = {"customer": {"email": "eve@example.com"}}
    token = shop.token("mine", email="mine@example.com")
    assert shop.call(SESSION, "mine", json=body, key=token).status == 403
    assert shop.everything() == before


def test_an_address_that_the_shop_signed_is_taken_over(shop: Shop) -> None:
    shop.visit("moved", email="moved@example.com")
    body = {"customer": {"email": "Moved@new.example.com"}}
    token = shop.token("moved", email="moved@NEW.example.com")
    answer = shop.call(SESSION, "moved", json=body, key=token)
    assert answer.json["customer"]["email"] == "Moved@new.example.com"


def test_a_session_of_another_program(new_world: NewWorld) -> None:
    shop = Shop(new_world(lion_rewards()))
    shop.visit("1001")
    other = shop.world.add_program(lion_rewards()).sites[0]
    claims: dict[str, Any] = {"key_id": other.sdk_key_id, "site_id": other.site_id}
    assert shop.call(GET, key=shop.token("1001", **claims)).status == 401, "signed by the first"
