"""Retry-After: how long a receiver wants to be left alone, where that can be understood."""

import asyncio
import ssl

import pytest

from leal.integrations.outgoing import Answered, Delivery, Outgoing
from tests.integrations.listener import listening, ok
from tests.merchants import LOOPBACK

SENT = b"date: Wed, 21 Oct 2015 07:28:00 GMT\r\n"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (b"", None),
        (b"Retry-After: 120\r\n", 120),
        (b"retry-after:  0 \r\n", 0),
        (b"retry-after: soon\r\n", None),
        (b"retry-after: -5\r\n", None),
        (b"retry-after: 1e3\r\n", None),
        (b"retry-after: 99999999999999999999\r\n", None),
        (b"retry-after: Wed, 21 Oct 2015 07:30:00 GMT\r\n", None),
        (SENT + b"retry-after: Wed, 21 Oct 2015 07:30:00 GMT\r\n", 120),
        (SENT + b"retry-after: Wed, 21 Oct 2015 07:00:00 GMT\r\n", 0),
        (SENT + b"retry-after: Wed, 21 Oct 2015 07:00:00 -0000\r\n", None),
        (b"date: x\r\nretry-after: Wed, 21 Oct 2015 07:00:00 GMT\r\n", None),
    ],
)
def test_a_wish_to_be_left_alone_is_read(headers: bytes, seconds: int | None) -> None:
    async def work() -> Delivery:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        async with (
            listening(ok(status=b"429 Busy", headers=headers)) as heard,
            Outgoing(allow=LOOPBACK, tls=tls) as outgoing,
        ):
            return await outgoing.post(f"http://127.0.0.1:{heard.port}/", b"", headers=())

    delivery = asyncio.run(work())
    assert isinstance(delivery, Answered)
    assert delivery.retry_after_seconds == seconds
