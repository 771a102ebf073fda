"""Outgoing calls: where they must not go, no socket is opened; where they may, all is bounded."""

import asyncio
import gzip
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_network

import pytest

from leal.integrations.outgoing import Answered, Delivery, Failed, Header, Outgoing, Resolver
from tests.integrations.conftest import Dialled
from tests.integrations.listener import Listener, hang, listening, ok
from tests.integrations.test_outgoing_addresses import NOT_PUBLIC

# Loading the system's authorities takes its time, and nothing gets so far here.
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
LOOPBACK = (ip_network("127.0.0.0/8"),)
ELSEWHERE = (ip_network("10.20.0.0/16"),)
FIRST_ONLY = (ip_network("127.0.0.2/32"),)
JSON: tuple[Header, ...] = (("content-type", "application/json"),)


def _names(**addresses: Sequence[str]) -> Resolver:
    async def resolve(host: str, port: int) -> Sequence[str]:
        del port
        return addresses[host.partition(".")[0]]

    return resolve


def _post(
    answer: bytes | Callable[[asyncio.StreamWriter], Awaitable[None]],
    *,
    headers: Sequence[Header] = JSON,
    limit_seconds: float = 5.0,
) -> tuple[Delivery, Listener]:
    """Call a listener in an opened network."""

    async def work() -> tuple[Delivery, Listener]:
        async with (
            listening(answer) as heard,
            Outgoing(allow=LOOPBACK, tls=TLS, limit_seconds=limit_seconds) as outgoing,
        ):
            url = f"http://127.0.0.1:{heard.port}/hook?a=b"
            return await outgoing.post(url, b'{"n":1}', headers=headers), heard

    return asyncio.run(work())


def _answered(delivery: Delivery) -> Answered:
    assert isinstance(delivery, Answered)
    return delivery


def test_an_opened_network_is_called_with_exactly_this(dialled: Dialled) -> None:
    delivery, heard = _post(ok(b"thanks"))
    assert _answered(delivery).status == 200
    assert _answered(delivery).snippet == "thanks"
    assert not _answered(delivery).cut
    assert 0 <= _answered(delivery).duration_ms < 5000
    assert heard.requests == [
        b"POST /hook?a=b HTTP/1.1\r\n"
        + f"host: 127.0.0.1:{heard.port}\r\n".encode()
        + b"content-type: application/json\r\n"
        b"user-agent: leal (compatible; LoyaltyLion)\r\n"
        b"content-length: 7\r\n"
        b"accept-encoding: identity\r\n"
        b"connection: close\r\n\r\n"
        b'{"n":1}'
    ]
    assert dialled == [("127.0.0.1", heard.port)]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.0.0.1.",
        "0.0.0.0",  # noqa: S104 - called, not bound to
        "0",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1%25lo]",
        "user@127.0.0.1",
        "x.example@127.0.0.1",
        "127.0.0.1%00",
    ],
)
def test_no_spelling_of_here_is_called(scheme: str, host: str, dialled: Dialled) -> None:
    async def work() -> tuple[Delivery, Listener]:
        async with listening(ok()) as heard, Outgoing(allow=ELSEWHERE, tls=TLS) as outgoing:
            url = f"{scheme}://{host}:{heard.port}/"
            return await outgoing.post(url, b"{}", headers=JSON), heard

    delivery, heard = asyncio.run(work())
    assert isinstance(delivery, Failed)
    assert heard.connections == 0
    assert dialled == []


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_no_name_leads_to_what_is_not_public(address: str, dialled: Dialled) -> None:
    names = _names(alone=[address], behind=["1.1.1.1", address], unknown=[])

    async def work() -> list[Delivery]:
        async with Outgoing(resolve=names, tls=TLS) as outgoing:
            return [
                await outgoing.post(f"https://{name}.example/", b"{}", headers=JSON)
                for name in ("alone", "behind", "unknown")
            ]

    for delivery in asyncio.run(work()):
        assert isinstance(delivery, Failed)
        assert ".example has no public address" in delivery.reason
        assert "LEAL_OUTGOING_ALLOW" in delivery.reason
    assert dialled == []


def test_a_name_that_changes_its_mind_changes_nothing(dialled: Dialled) -> None:
    """Whoever looked a checked name up once more, or kept its answer, would call the second."""
    asked: list[str] = []

    async def work() -> tuple[Delivery, Delivery, Listener, Listener]:
        async with (
            listening(ok(b"outside"), host="127.0.0.2") as outside,
            listening(ok(b"inside")) as inside,
        ):

            async def resolve(host: str, port: int) -> Sequence[str]:
                asked.append(f"{host}:{port}")
                return ["127.0.0.2" if len(asked) == 1 else "127.0.0.1"]

            async with Outgoing(allow=FIRST_ONLY, tls=TLS, resolve=resolve) as outgoing:
                url = f"http://rebound.example:{outside.port}/"
                first = await outgoing.post(url, b"{}", headers=JSON)
                url = f"http://rebound.example:{inside.port}/"
                second = await outgoing.post(url, b"{}", headers=JSON)
                return first, second, outside, inside

    first, second, outside, inside = asyncio.run(work())
    assert _answered(first).snippet == "outside"
    assert isinstance(second, Failed)
    assert asked == [f"rebound.example:{outside.port}", f"rebound.example:{inside.port}"]
    assert dialled == [("127.0.0.2", outside.port)]
    assert f"host: rebound.example:{outside.port}".encode() in outside.requests[0]
    assert inside.connections == 0


@pytest.mark.parametrize("addresses", [["1.1.1.1"], ["127.0.0.1", "1.1.1.1"]])
def test_only_opened_networks_are_called_without_tls(
    addresses: list[str], dialled: Dialled
) -> None:
    async def work() -> Delivery:
        async with Outgoing(allow=LOOPBACK, tls=TLS, resolve=_names(hook=addresses)) as outgoing:
            return await outgoing.post("http://hook.example/", b"{}", headers=JSON)

    assert asyncio.run(work()) == Failed(reason="The address must begin with https://")
    assert dialled == []


def test_without_opened_networks_no_name_is_looked_up_for_plain_http() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise AssertionError((host, port))

    async def work() -> Delivery:
        async with Outgoing(resolve=resolve, tls=TLS) as outgoing:
            return await outgoing.post("http://hook.example/", b"{}", headers=JSON)

    assert asyncio.run(work()) == Failed(reason="The address must begin with https://")


def test_the_next_address_is_tried_when_one_is_closed(dialled: Dialled) -> None:
    async def work() -> Delivery:
        names = _names(hook=["127.0.0.3", "127.0.0.1"])
        async with (
            listening(ok()) as heard,
            Outgoing(allow=LOOPBACK, tls=TLS, resolve=names) as outgoing,
        ):
            return await outgoing.post(f"http://hook.x:{heard.port}/", b"", headers=JSON)

    assert _answered(asyncio.run(work())).status == 200
    assert len(dialled) == 2


@pytest.mark.parametrize("host", ["[::ffff:127.0.0.1]", "localhost"])
def test_what_an_opened_host_leads_to_is_called(host: str, dialled: Dialled) -> None:
    allow = (*LOOPBACK, ip_network("::1/128"))

    async def work() -> tuple[Delivery, int]:
        async with listening(ok()) as heard, Outgoing(allow=allow, tls=TLS) as outgoing:
            url = f"http://{host}:{heard.port}/"
            return await outgoing.post(url, b"", headers=JSON), heard.port

    delivery, port = asyncio.run(work())
    assert _answered(delivery).status == 200
    assert dialled[-1] == ("127.0.0.1", port)


@pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"307 Again", b"308 Moved"])
def test_a_redirect_is_an_answer_and_not_followed(status: bytes, dialled: Dialled) -> None:
    async def work() -> tuple[Delivery, Listener, Listener]:
        async with listening(ok()) as inside:
            to = f"location: http://127.0.0.1:{inside.port}/\r\n".encode()
            async with (
                listening(ok(status=status, headers=to), host="127.0.0.2") as outside,
                Outgoing(allow=LOOPBACK, tls=TLS) as outgoing,
            ):
                url = f"http://127.0.0.2:{outside.port}/"
                return await outgoing.post(url, b"{}", headers=JSON), outside, inside

    delivery, outside, inside = asyncio.run(work())
    assert _answered(delivery).status == int(status[:3])
    assert (outside.connections, inside.connections) == (1, 0)
    assert dialled == [("127.0.0.2", outside.port)]


def test_proxies_of_the_environment_are_not_asked(
    monkeypatch: pytest.MonkeyPatch, dialled: Dialled
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.9:9/")
    delivery, heard = _post(ok())
    assert _answered(delivery).status == 200
    assert dialled == [("127.0.0.1", heard.port)]


@pytest.mark.parametrize(
    ("size", "kept", "cut"),
    [(65_535, 65_535, False), (65_536, 65_536, False), (65_537, 65_536, True)],
)
def test_a_reply_is_read_up_to_its_limit(size: int, kept: int, *, cut: bool) -> None:
    answer = _answered(_post(ok(b"x" * size))[0])
    assert (len(answer.snippet), answer.cut) == (kept, cut)


def test_a_reply_without_end_is_cut() -> None:
    async def flood(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    answer = _answered(_post(flood)[0])
    assert (answer.status, len(answer.snippet), answer.cut) == (200, 65_536, True)


def test_a_compressed_reply_is_not_inflated() -> None:
    bomb = gzip.compress(b"\0" * 10_000_000, mtime=0)
    answer = _answered(_post(ok(bomb, headers=b"content-encoding: gzip\r\n"))[0])
    assert len(answer.snippet) <= len(bomb) < 20_000
    assert not answer.cut


def test_a_snippet_is_text_that_can_be_stored() -> None:
    answer = _answered(_post(ok("ü\0".encode() + b"\xff"))[0])
    assert answer.snippet == "ü\ufffd\ufffd"


def test_a_host_that_hangs_is_left_in_time() -> None:
    begun = time.monotonic()
    delivery, _ = _post(hang, limit_seconds=0.3)
    assert delivery == Failed(reason="No answer came within 0.3 seconds")
    assert time.monotonic() - begun < 3


def test_a_host_that_dribbles_is_left_in_time() -> None:
    """Every single wait is short here; only the sum is not."""

    async def dribble(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"x: y\r\n")
            await writer.drain()
            await asyncio.sleep(0.05)

    delivery, _ = _post(dribble, limit_seconds=0.4)
    assert delivery == Failed(reason="No answer came within 0.4 seconds")


def test_a_body_that_dribbles_is_cut_and_the_answer_counts() -> None:
    async def dribble(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 1000000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    answer = _answered(_post(dribble, limit_seconds=0.4)[0])
    assert (answer.status, answer.cut) == (202, True)
    assert 1 <= len(answer.snippet) < 20
    assert 350 <= answer.duration_ms < 3000


def test_a_body_that_breaks_off_is_cut_and_the_answer_counts() -> None:
    answer = _answered(_post(b"HTTP/1.1 500 Oops\r\ncontent-length: 100\r\n\r\nhalf")[0])
    assert (answer.status, answer.snippet, answer.cut) == (500, "half", True)


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 200 OK\r\nx"])
def test_what_is_not_http_is_no_answer(answer: bytes) -> None:
    delivery, _ = _post(answer)
    assert delivery == Failed(reason="The answer is not HTTP, or was broken off before it began")


def test_a_closed_port_is_no_answer() -> None:
    async def work() -> Delivery:
        async with listening(ok()) as heard:
            port = heard.port
        async with Outgoing(allow=LOOPBACK, tls=TLS) as outgoing:
            return await outgoing.post(f"http://127.0.0.1:{port}/", b"", headers=JSON)

    delivery = asyncio.run(work())
    assert isinstance(delivery, Failed)
    assert "No connection could be made" in delivery.reason


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-site", "a\r\nx-admin: 1"),
        ("x-site", "a\nb"),
        ("x-site", "a\rb"),
        ("x-site", "a\0"),
        ("x-site", "münchen.example"),
        ("x-site", " a"),
        ("x-site\r\nx-admin", "1"),
        ("x site", "1"),
        ("x:", "1"),
        ("", "1"),
        ("Host", "metadata.internal"),
        ("Content-Length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("accept-encoding", "gzip"),
    ],
)
def test_headers_cannot_smuggle(name: str, value: str, dialled: Dialled) -> None:
    delivery, heard = _post(ok(), headers=((name, value),))
    assert isinstance(delivery, Failed)
    assert heard.connections == 0
    assert dialled == []


def test_a_host_that_hangs_holds_up_only_itself() -> None:
    async def work() -> tuple[list[Delivery], Delivery, float, int]:
        async with (
            listening(hang, host="127.0.0.2") as hanging,
            listening(ok()) as quick,
            Outgoing(allow=LOOPBACK, tls=TLS, limit_seconds=1) as outgoing,
        ):
            url = f"http://127.0.0.2:{hanging.port}/"
            many = [asyncio.create_task(outgoing.post(url, b"", headers=JSON)) for _ in range(40)]
            await asyncio.sleep(0.3)
            held = hanging.connections
            begun = time.monotonic()
            other = await outgoing.post(f"http://127.0.0.1:{quick.port}/", b"", headers=JSON)
            seconds = time.monotonic() - begun
            return await asyncio.gather(*many), other, seconds, held

    many, other, seconds, held = asyncio.run(work())
    assert _answered(other).status == 200
    assert seconds < 0.5
    assert set(many) == {Failed(reason="No answer came within 1 seconds")}
    assert held == 4


def test_turns_at_a_host_are_given_back() -> None:
    async def work() -> list[Delivery]:
        async with listening(ok()) as heard, Outgoing(allow=LOOPBACK, tls=TLS) as outgoing:
            url = f"http://127.0.0.1:{heard.port}/"
            calls = [outgoing.post(url, b"", headers=JSON) for _ in range(20)]
            return await asyncio.gather(*calls)

    assert {_answered(each).status for each in asyncio.run(work())} == {200}
