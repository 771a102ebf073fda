"""Initialize Session: which addresses and bodies are taken, and what is said of the others."""

from zlib import crc32

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.worlds import SESSION, Shop
from tests.programs import Document, lion_rewards


@pytest.fixture(scope="module")
def shop(shared_world: NewWorld) -> Shop:
    return Shop(shared_world(lion_rewards()))


@pytest.mark.parametrize(
    "email",
    [
        "kim@example.com",
        "kim+shop@sub.example.co.uk",
        "o'neil@example.com",
        "kïm@exämple.com",
        "🦁@example.com",
        "a@b.co",
        "x" * 242 + "@example.com",
    ],
)
def test_addresses_that_are_accepted(shop: Shop, email: str) -> None:
    merchant_id = f"e{crc32(email.encode())}"
    customer = shop.visit(merchant_id, email=email)["customer"]
    assert customer["email"] == shop.customer(merchant_id)["email"] == email


@pytest.mark.parametrize(
    "customer",
    [
        {},
        {"email": None},
        {"email": ""},
        {"email": 5},
        {"email": True},
        {"email": ["a@b.co"]},
        {"email": "kim"},
        {"email": "kim@example"},
        {"email": "@example.com"},
        {"email": "kim@"},
        {"email": "kim@@example.com"},
        {"email": "a b@example.com"},
        {"email": "kim@example.com, eve@example.com"},
        {"email": "Kim <kim@example.com>"},
        {"email": "kim@example.com\n"},
        {"email": "x" * 243 + "@example.com"},
        {"email": "x" * 64_000 + "@example.com"},
    ],
)
def test_addresses_that_are_refused(shop: Shop, customer: Document) -> None:
    before = shop.everything()
    answer = shop.call(SESSION, "refused", json={"customer": customer})
    assert answer.status == 400
    assert list(answer.json["error"]["details"]) == ["customer.email"]
    assert shop.everything() == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "customer"),
        ({"customer": None}, "customer"),
        ({"customer": "kim@example.com"}, "customer"),
        ({"customer": []}, "customer"),
        ({"customer": {"email": "a@b.co"}, "session": "x"}, "session"),
        ({"customer": {"email": "a@b.co"}, "session": {"page_url": 5}}, "session.page_url"),
        (
            {"customer": {"email": "a@b.co"}, "session": {"page_url": "x" * 8193}},
            "session.page_url",
        ),
    ],
)
def test_other_bad_bodies(shop: Shop, body: Document, field: str) -> None:
    answer = shop.call(SESSION, "refused", json=body)
    assert answer.status == 400
    assert list(answer.json["error"]["details"]) == [field]


def test_everything_wrong_is_said_at_once(shop: Shop) -> None:
    body = {"customer": {"email": "kim"}, "session": {"page_url": 5}, "cart": {"kind": "x"}}
    answer = shop.call(SESSION, "refused", json=body)
    assert set(answer.json["error"]["details"]) == {"customer.email", "session.page_url",
                                                    "cart.kind"}  # fmt: skip
