"""Signatures: whoever computes them anew from what was received, gets the same."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from leal.integrations.signing import lion_headers, standard_headers, standard_secret

BODIES = (b"", b'{"id":"1","topic":"customers/update"}', '{"name":"Zoë"}\n'.encode(), b"\xff\0.")


def _expected(key: bytes, content: bytes) -> str:
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("secret", ["s3cret", "ünïcode", "k" * 100])
def test_the_body_as_sent_is_signed_with_the_secret(body: bytes, secret: str) -> None:
    headers = lion_headers(body, secret=secret, topic="a/b", site_domain="shop.example")
    assert dict(headers) == {
        "x-loyaltylion-topic": "a/b",
        "x-loyaltylion-site-domain": "shop.example",
        "x-loyaltylion-hmac-sha256": _expected(secret.encode(), body),
    }


def test_a_published_vector_comes_out() -> None:
    # Known well before leal: key "key", the sentence with all letters.
    body = b"The quick brown fox jumps over the lazy dog"
    signed = dict(lion_headers(body, secret="key", topic="", site_domain=""))
    assert base64.b64decode(signed["x-loyaltylion-hmac-sha256"]).hex() == (
        "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
    )


@pytest.mark.parametrize("body", BODIES)
def test_a_standard_receiver_accepts_what_it_is_sent(body: bytes) -> None:
    sent_at = datetime(2026, 3, 1, 12, 0, 0, 999_999, tzinfo=UTC)
    headers = dict(standard_headers(body, secret="s3cret", message_id="m_1", sent_at=sent_at))
    assert headers["webhook-id"] == "m_1"
    assert headers["webhook-timestamp"] == "1772366400"
    prefix, _, encoded = standard_secret("s3cret").partition("_")
    assert prefix == "whsec"
    signed = b"m_1." + b"1772366400." + body
    assert headers["webhook-signature"] == "v1," + _expected(base64.b64decode(encoded), signed)


def test_a_second_later_the_signature_is_another() -> None:
    def signature(second: int) -> str:
        sent_at = datetime(2026, 3, 1, 12, 0, second, tzinfo=UTC)
        headers = standard_headers(b"{}", secret="s", message_id="m", sent_at=sent_at)
        return dict(headers)["webhook-signature"]

    assert signature(1) != signature(2)
    assert signature(1) == signature(1)
