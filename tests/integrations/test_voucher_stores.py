"""A merchant's server as a store of vouchers, over real sockets: what it is told, how it is read.

Planted bug this has caught: 429 taken for a refusal, which undid a claim the shop would have made.
"""

import asyncio
import base64
import hashlib
import hmac
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leal.domain.checks import read_program
from leal.domain.claims import ClaimedProduct, Terms
from leal.integrations.fulfilment import FulfilmentCall, SignedFulfilment
from leal.integrations.outgoing import Answered
from leal.integrations.voucher_stores import (
    Answer,
    Made,
    Refused,
    SignedVoucherStore,
    Unclear,
    Voucher,
)
from tests.merchants import Heard, make_certificate, open_merchant, outgoing_to
from tests.programs import lion_rewards, put

SECRET = "a site's secret"
NOW = datetime(2025, 6, 10, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


async def _secret(program_id: int, site_id: int) -> str:
    assert (program_id, site_id) == (7, 1)
    return SECRET


def _voucher(url: str) -> Voucher:
    document = lion_rewards()
    put("sites.0.voucher_store", {"kind": "webhook", "url": url})(document)
    return Voucher(
        program_id=7,
        site=read_program(document).primary_site,
        reward_id=1,
        claim_id=55,
        kind="product_discount_voucher",
        title="$5 off a mug",
        code="LL-ABC",
        terms=Terms(currency="usd", discount_minor=500, product=ClaimedProduct(id="mug")),
        claimed_at=NOW,
        expires_at=None,
        customer_merchant_id="ann",
        customer_email="ann@lion.example",
    )


def _store_on(certificate: Path, work: str, voucher: Voucher, *, seconds: float = 5) -> Answer:
    async def asked() -> Answer:
        async with outgoing_to(certificate, limit_seconds=seconds) as outgoing:
            store = SignedVoucherStore(outgoing, site_secret=_secret, clock=lambda: NOW)
            if work == "create":
                return await store.create(voucher)
            return await store.take_back(voucher)

    return asyncio.run(asked())


def _signature(content: bytes) -> str:
    return base64.b64encode(hmac.digest(SECRET.encode(), content, hashlib.sha256)).decode()


def _assert_signed(heard: Heard, *, topic: str, message_id: str) -> None:
    told = heard.headers
    assert told["content-type"] == "application/json"
    assert told["x-loyaltylion-topic"] == topic
    assert told["x-loyaltylion-site-domain"] == "lion.example"
    assert told["x-loyaltylion-hmac-sha256"] == _signature(heard.body)
    assert told["webhook-id"] == message_id
    assert told["webhook-timestamp"] == str(int(NOW.timestamp()))
    signed = b".".join((message_id.encode(), told["webhook-timestamp"].encode(), heard.body))
    assert told["webhook-signature"] == f"v1,{_signature(signed)}"


@pytest.mark.parametrize("action", ["create", "take_back"])
def test_the_store_is_told_all_of_the_voucher(certificate: Path, action: str) -> None:
    with open_merchant(lambda _heard: 201, certificate) as merchant:
        assert _store_on(certificate, action, _voucher(merchant.url())) == Made()
    heard = merchant.heard[0]
    _assert_signed(heard, topic=f"vouchers/{action}", message_id=f"voucher-7-55-{action}")
    assert heard.json == {
        "action": action,
        "program_id": 7,
        "site_id": 1,
        "voucher": {
            "code": "LL-ABC",
            "kind": "product_discount_voucher",
            "title": "$5 off a mug",
            "reward_id": 1,
            "claimed_reward_id": 55,
            "claimed_at": "2025-06-10T12:00:00Z",
            "expires_at": None,
            "currency": "usd",
            "discount_minor": 500,
            "discount_percentage": None,
            "minimum_spend_minor": None,
            "applies_to_order_type": "all",
            "recurring_cycle_limit": None,
            "supports_active_subscriptions": False,
            "max_shipping_minor": None,
            "minimum_spend_after_minor": None,
            "initial_balance_minor": None,
            "product": {
                "id": "mug",
                "handle": None,
                "title": None,
                "url": None,
                "image_url": None,
                "variant_id": None,
                "variant_title": None,
            },
            "collection": None,
            "quantity": 1,
            "fulfilment_explanation": None,
            "maximum_discount_minor": None,
        },
        "customer": {"merchant_id": "ann", "email": "ann@lion.example"},
    }


def test_a_friends_voucher_is_no_claim_and_nobodys_yet(certificate: Path) -> None:
    with open_merchant(lambda _heard: 201, certificate) as merchant:
        voucher = replace(
            _voucher(merchant.url()),
            claim_id=None,
            reward_id=None,
            customer_merchant_id=None,
            maximum_discount_minor=2000,
        )
        assert _store_on(certificate, "create", voucher) == Made()
    [heard] = merchant.heard
    message_id = "voucher-7-friend-LL-ABC-create"
    _assert_signed(heard, topic="vouchers/create", message_id=message_id)
    told = heard.json["voucher"]
    assert (told["reward_id"], told["claimed_reward_id"]) == (None, None)
    assert told["maximum_discount_minor"] == 2000
    assert heard.json["customer"] == {"merchant_id": None, "email": "ann@lion.example"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, Made),
        (201, Made),
        (204, Made),
        (301, Unclear),
        (400, Refused),
        (404, Refused),
        (408, Unclear),
        (409, Refused),
        (422, Refused),
        (425, Unclear),
        (429, Unclear),
        (499, Refused),
        (500, Unclear),
        (503, Unclear),
    ],
)
def test_what_an_answer_means(certificate: Path, status: int, kind: type[Answer]) -> None:
    with open_merchant(lambda _heard: status, certificate) as merchant:
        for action in ("create", "take_back"):
            answer = _store_on(certificate, action, _voucher(merchant.url()))
            assert isinstance(answer, kind)
            assert isinstance(answer, Made) or str(status) in answer.reason


def test_a_store_that_is_down_or_hangs_gives_no_clear_answer(certificate: Path) -> None:
    def hang(_heard: Heard) -> int:
        time.sleep(0.6)
        return 200

    with open_merchant(lambda _heard: 200, certificate) as gone:
        url = gone.url()
    assert isinstance(_store_on(certificate, "create", _voucher(url)), Unclear)
    with open_merchant(hang, certificate) as merchant:
        answer = _store_on(certificate, "create", _voucher(merchant.url()), seconds=0.2)
    assert answer == Unclear("No answer came within 0.2 seconds")


def test_a_site_without_a_store_any_more_gives_no_clear_answer(certificate: Path) -> None:
    voucher = _voucher("https://127.0.0.1:1/")
    own = read_program(lion_rewards()).primary_site
    assert isinstance(_store_on(certificate, "take_back", replace(voucher, site=own)), Unclear)


@pytest.mark.parametrize("is_test", [False, True])
def test_a_fulfilment_is_told_without_an_envelope(certificate: Path, *, is_test: bool) -> None:
    with open_merchant(lambda _heard: 200, certificate) as merchant:
        call = FulfilmentCall(
            program_id=7,
            site=_voucher(merchant.url()).site,
            url=merchant.url(),
            message_id="fulfilment-7-55",
            reward_id=4,
        )
        if not is_test:
            call = replace(
                call, customer_id=9, customer_merchant_id="ann", customer_email="ann@lion.example"
            )

        async def made() -> object:
            async with outgoing_to(certificate) as outgoing:
                caller = SignedFulfilment(outgoing, site_secret=_secret, clock=lambda: NOW)
                return await caller.call(call)

        assert isinstance(asyncio.run(made()), Answered)
    heard = merchant.heard[0]
    _assert_signed(heard, topic="rewards/store_fulfilment", message_id="fulfilment-7-55")
    assert heard.json == {
        "test": is_test,
        "reward_id": 4,
        "reward_identifier": "4",
        "customer_id": None if is_test else 9,
        "customer_merchant_id": None if is_test else "ann",
        "customer_email": None if is_test else "ann@lion.example",
    }
