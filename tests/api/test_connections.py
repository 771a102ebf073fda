"""Bytes from strangers: what cannot be read in one way only is refused and nothing else happens.

What uvicorn's own protocol was seen to do with the same bytes: a refusal overtakes an answer still
owed and is plain text, a body behind `Upgrade` is lost, a client that sent its last byte gets no
answer, and a 413 is torn down before it is read.
"""

import socket
import time
from collections.abc import Iterator

import pytest

from leal.api.allowance import Allowance
from leal.api.connections import MAX_WAITING_REQUESTS
from leal.api.crowd import Limits
from tests.api.wire import HOST, Site, Wire, answers, request, statuses, until_end, wire

POST = b"POST /add HTTP/1.1\r\n" + HOST
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CLOSE = "Connection: close"
LAST = request("GET /touch?last", CLOSE)

IN_TWO_WAYS = {
    "length and chunks": POST + CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n",
    "chunks and length": POST + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
    "one length twice": POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde",
    "a list of lengths": POST + b"Content-Length: 5, 5\r\n\r\nabcde",
    "a length with a plus": POST + b"Content-Length: +5\r\n\r\nabcde",
    "a negative length": POST + b"Content-Length: -5\r\n\r\nabcde",
    "a hexadecimal length": POST + b"Content-Length: 0x5\r\n\r\nabcde",
    "an empty length": POST + b"Content-Length:\r\n\r\n",
    "an endless length": POST + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n",
    "a space before the colon": POST + b"Content-Length : 5\r\n\r\nabcde",
    "chunks twice": POST + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n",
    "gzip in chunks": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunks in gzip": POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "no chunks": POST + b"Transfer-Encoding: identity\r\n\r\n",
    "nearly chunks": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks behind a vertical tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "a folded header": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST /add HTTP/1.0\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
    "bare line feeds": b"GET /touch HTTP/1.1\nHost: leal.test\n\n",
    "a carriage return in a value": b"GET /touch HTTP/1.1\r\nHost: a\rb\r\n\r\n",
    "NUL in a value": b"GET /touch HTTP/1.1\r\nHost: a\0b\r\n\r\n",
    "NUL in a name": b"GET /touch HTTP/1.1\r\n" + HOST + b"A\0: b\r\n\r\n",
    "no host": b"GET /touch HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /touch HTTP/1.1\r\n" + HOST + b"Host: other.test\r\n\r\n",
    "raw bytes in the path": b"GET /\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n",
    "a space in the path": b"GET /touch me HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tunnel": b"CONNECT leal.test:80 HTTP/1.1\r\n" + HOST + b"\r\n",
    "an unknown method": b"BREW /touch HTTP/1.1\r\n" + HOST + b"\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no chunk size": POST + CHUNKED + b"\r\n\r\nabcde\r\n0\r\n\r\n",
    "a chunk size that is none": POST + CHUNKED + b"\r\ng\r\nabcde\r\n0\r\n\r\n",
    "a negative chunk size": POST + CHUNKED + b"\r\n-5\r\nabcde\r\n0\r\n\r\n",
    "a decorated chunk size": POST + CHUNKED + b"\r\n0x5\r\nabcde\r\n0\r\n\r\n",
    "an endless chunk size": POST + CHUNKED + b"\r\n" + b"F" * 17 + b"\r\nabcde\r\n0\r\n\r\n",
    "a chunk that is too long": POST + CHUNKED + b"\r\n5\r\nabcdef\r\n0\r\n\r\n",
    "a chunk that ends in a line feed": POST + CHUNKED + b"\r\n5\nabcde\r\n0\r\n\r\n",
}


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Site, Wire]]:
    site = Site()
    with wire(site) as server:
        yield site, server


@pytest.fixture
def site(shared: tuple[Site, Wire]) -> Site:
    shared[0].served.clear()
    return shared[0]


@pytest.fixture
def server(shared: tuple[Site, Wire]) -> Wire:
    return shared[1]


@pytest.mark.parametrize("raw", IN_TWO_WAYS.values(), ids=IN_TWO_WAYS.keys())
def test_what_can_be_read_in_two_ways_is_refused(site: Site, server: Wire, raw: bytes) -> None:
    hidden = request("POST /touch?hidden", body=b"")
    (answer,) = server.ask(raw + hidden)
    assert answer.status == 400
    assert answer.message
    assert answer.headers["connection"] == "close"
    assert site.served == []


@pytest.mark.parametrize("raw", IN_TWO_WAYS.values(), ids=IN_TWO_WAYS.keys())
def test_behind_a_good_request_it_is_refused_in_its_turn(
    site: Site, server: Wire, raw: bytes
) -> None:
    found = server.ask(request("POST /add", body=b"good") + raw)
    assert statuses(found) == [201, 400]
    assert site.served == [b"good"]


@pytest.mark.parametrize("line", [b"GET /touch", b"GET /touch HTTP/2.0", b"GET /touch HTTP/0.9"])
def test_other_versions_are_told_which_one_is_spoken(site: Site, server: Wire, line: bytes) -> None:
    (answer,) = server.ask(line + b"\r\n" + HOST + b"\r\n")
    assert answer.status in (400, 505)
    assert "HTTP/1.1" in answer.message
    assert site.served == []


@pytest.mark.parametrize("wanted", ["h2c", "websocket", "TLS/1.0"])
@pytest.mark.parametrize("framed", ["length", "chunks", "nothing"])
def test_a_wish_to_change_protocols_is_passed_over(
    site: Site, server: Wire, wanted: str, framed: str
) -> None:
    wish = ("Connection: Upgrade, HTTP2-Settings", f"Upgrade: {wanted}", "HTTP2-Settings: AA")
    parts = {
        "length": (request("POST /add", *wish, body=b"kept"),),
        "chunks": (
            request("POST /add", *wish, CHUNKED.decode().strip()),
            b"1\r\nk\r\n3\r\nept\r\n0\r\n\r\n",
        ),
        "nothing": (request("POST /touch?kept", *wish),),
    }[framed]
    for cut in (False, True):
        sent = parts if cut else (b"".join(parts),)
        found = server.ask(*sent, *wish_again(wish), LAST)
        assert statuses(found) == [200 if framed == "nothing" else 201, 200, 200]
        assert site.served == [b"kept", b"again", b"last"]
        site.served.clear()


def wish_again(wish: tuple[str, ...]) -> tuple[bytes]:
    return (request("GET /touch?again", *wish),)


def test_a_client_that_has_said_all_is_answered(site: Site, server: Wire) -> None:
    found = server.ask(request("POST /add", body=b"all"), ends=True)
    assert statuses(found) == [201]
    assert site.served == [b"all"]


def test_one_that_stops_in_the_middle_is_not_served(site: Site, server: Wire) -> None:
    assert server.ask(POST + b"Content-Length: 5\r\n\r\nab", ends=True) == []
    assert server.ask(POST + b"Content-Le", ends=True) == []
    assert site.served == []


def test_fields_behind_a_body_are_no_headers(site: Site, server: Wire) -> None:
    trailer = b"Authorization: Bearer stolen\r\nContent-Encoding: gzip\r\n"
    raw = POST + CHUNKED + b"Connection: close\r\n\r\n2\r\nab\r\n0\r\n" + trailer + b"\r\n"
    assert statuses(server.ask(raw)) == [201]
    assert site.served == [b"ab"]
    assert [name for name, _ in site.seen_headers] == [b"host", b"transfer-encoding", b"connection"]


def test_a_body_is_asked_for_when_its_sender_waits(site: Site, server: Wire) -> None:
    with server.connect() as client:
        client.sendall(POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n" + b"\r\n")
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"ab" + LAST)
        assert statuses(answers(until_end(client))) == [201, 200]
    assert site.served == [b"ab", b"last"]


def test_and_not_when_it_is_too_large_or_nobody_knows_the_word(site: Site, server: Wire) -> None:
    large = POST + b"Expect: 100-continue\r\nContent-Length: 1000001\r\n\r\n"
    assert statuses(server.ask(large)) == [413]
    old = b"POST /add HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab"
    assert statuses(server.ask(old)) == [201]
    assert site.served == [b"ab"]


def test_requests_sent_ahead_are_answered_in_turn(site: Site, server: Wire) -> None:
    ahead = b"".join(request(f"GET /touch?{number}") for number in range(50))
    found = server.ask(ahead + LAST)
    told = [b"%d" % number for number in range(50)] + [b"last"]
    assert site.served == told
    assert [each.body for each in found] == [b'{"touched":"%b"}' % each for each in told]


def test_but_not_any_number_of_them(site: Site, server: Wire) -> None:
    found = server.ask(request("GET /touch") * 1_000)
    assert len(found) == len(site.served) + 1
    assert len(site.served) <= 2 * MAX_WAITING_REQUESTS
    assert found[-1].status == 400


def test_old_clients_and_proxies_are_understood(site: Site, server: Wire) -> None:
    assert statuses(server.ask(b"GET /touch?1 HTTP/1.0\r\n\r\n")) == [200]
    absolute = request("GET http://leal.test/touch?2", CLOSE)
    assert statuses(server.ask(b"\r\n" + absolute)) == [200]
    assert site.served == [b"1", b"2"]


# --- sizes ----------------------------------------------------------------------------------------

MANY = b"x" * 20_000_000
IN_CHUNKS = (b"%x\r\n" % 500_000 + b"x" * 500_000 + b"\r\n") * 40

OVERSIZED = {
    "a body": (POST + b"Content-Length: %d\r\n\r\n" % len(MANY) + MANY, 413),
    "a body in chunks": (POST + CHUNKED + b"\r\n" + IN_CHUNKS, 413),
    "a body nobody reads": (
        b"POST /touch HTTP/1.1\r\n" + HOST + b"Content-Length: 1000001\r\n\r\n" + MANY,
        413,
    ),
    "an address": (b"GET /" + b"a" * 16_400 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    "an endless address": (b"GET /" + MANY[:2_000_000], 414),
    "a header": (request("GET /touch", "A: " + "x" * 65_536), 431),
    "an endless header": (b"GET /touch HTTP/1.1\r\n" + HOST + b"A: " + MANY, 431),
    "endless headers": (b"GET /touch HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 1_000_000, 431),
    "many headers": (request("GET /touch", *["A: b"] * 100), 431),
}


@pytest.mark.parametrize(("raw", "status"), OVERSIZED.values(), ids=OVERSIZED.keys())
def test_what_is_too_large_is_told_so_and_can_read_it(
    site: Site, server: Wire, raw: bytes, status: int
) -> None:
    (answer,) = server.ask(raw)
    assert answer.status == status
    assert "Send at most" in answer.message
    assert site.served == []


def test_the_largest_that_is_allowed_is_served(server: Wire) -> None:
    found = server.ask(
        request("POST /add", body=b"x" * 1_000_000),
        request("GET /touch?" + "x" * 16_300),
        request("GET /touch", "A: " + "x" * 65_000),
        request("GET /touch", *["A: b"] * 99),
        LAST,
    )
    assert statuses(found) == [201, 200, 200, 200, 200]


def test_an_unwanted_body_ends_the_connection_but_not_the_answer(site: Site, server: Wire) -> None:
    raw = b"GET /touch HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\n" + IN_CHUNKS
    assert statuses(server.ask(raw)) == [200]
    assert site.served == [b""]


# --- times ----------------------------------------------------------------------------------------

QUICK = Limits(arrive=0.4, idle=0.4, untaken=0.4, linger=0.4, look=0.05)


@pytest.fixture(scope="module")
def hasty() -> Iterator[Wire]:
    with wire(Site(), QUICK, allowance=Allowance(body_seconds=0.4)) as server:
        yield server


DRIPS = {
    "a head": (b"GET /touch HTTP/1.1\r\nA: ", b"x"),
    "an address": (b"GET /", b"x"),
    "headers": (b"GET /touch HTTP/1.1\r\n", b"A: b\r\n"),
    "a body": (POST + b"Content-Length: 1000\r\n\r\n", b"x"),
    "chunks": (POST + CHUNKED + b"\r\n", b"1\r\nx\r\n"),
}


@pytest.mark.parametrize(("start", "drop"), DRIPS.values(), ids=DRIPS.keys())
def test_a_slow_sender_is_cut_however_it_drips(hasty: Wire, start: bytes, drop: bytes) -> None:
    began = time.monotonic()
    with hasty.connect() as client:
        client.sendall(start)
        received = drip(client, drop)
    (answer,) = answers(received)
    assert answer.status == 408
    assert answer.message
    assert answer.headers["connection"] == "close"
    assert 0.4 <= time.monotonic() - began < 4.0


@pytest.mark.parametrize("drop", [b"\r\n", b""])
@pytest.mark.parametrize("asked", [b"", request("GET /touch")])
def test_a_connection_without_a_request_is_closed_in_silence(
    hasty: Wire, drop: bytes, asked: bytes
) -> None:
    began = time.monotonic()
    with hasty.connect() as client:
        client.sendall(asked)
        assert statuses(answers(drip(client, drop))) == ([200] if asked else [])
    assert time.monotonic() - began < 4.0


def test_a_slow_body_that_nobody_wants_is_cut_too(hasty: Wire) -> None:
    with hasty.connect() as client:
        client.sendall(b"POST /touch HTTP/1.1\r\n" + HOST + b"Content-Length: 1000\r\n\r\n")
        assert statuses(answers(drip(client, b"x"))) == [200]


def test_a_client_that_does_not_read_is_cut(hasty: Wire) -> None:
    with hasty.connect() as client:
        client.sendall(request("GET /huge", CLOSE))
        time.sleep(1.0)
        # what the kernel holds may still come: only that it ends counts
        assert 0 < len(until_end(client)) < 20_000_000


def drip(client: socket.socket, drop: bytes) -> bytes:
    """Sends drops until the server hangs up."""
    client.settimeout(0.05)
    received = b""
    give_up_at = time.monotonic() + 5.0
    while time.monotonic() < give_up_at:
        try:
            part = client.recv(65_536)
        except TimeoutError:
            client.sendall(drop)
        else:
            received += part
            if not part:
                return received
    raise AssertionError(received)
