"""Every exchange keeps its path raw, its limits and its deadlines, and is never left empty.

Seen to fail with the decoded path routed on, with redirecting routers, and with the body's deadline
started anew for each chunk.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import ASGIApp, Message
from structlog.testing import capture_logs

from leal.api.http import Edge, empty_response
from leal.domain.problems import Unauthenticated
from tests.api.shop import Shop

# --- paths --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "segment",
    [
        "1001",
        "gid%3A%2F%2Fshopify%2FCustomer%2F1001",
        "gid%253A%252F%252Fshopify%252FCustomer%252F1001",
    ],
)
def test_routes_match_the_path_as_it_was_sent(segment: str) -> None:
    answer = Shop().get(f"/api/things/{segment}?channel=web")
    assert answer.status == 200
    assert answer.json()["id"] == "1001"
    assert answer.headers["x-shown"] == "yes"
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-length"] == str(len(answer.body))


@pytest.mark.parametrize("segment", ["%FF", "%FE", "%00", "\xff", "x" * 16_000])
def test_an_impossible_id_is_a_400(segment: str) -> None:
    answer = Shop().get(f"/api/things/{segment}")
    assert answer.status == 400
    assert answer.error()["message"] == "Invalid request"
    assert answer.error()["details"]


@pytest.mark.parametrize(
    "path", ["/api/nothing", "/api/things/a/b", "/api/things/a/", "/api//things/a", "/api/things/"]
)
def test_an_unknown_path_is_a_404_in_the_words_of_its_dialect(path: str) -> None:
    answer = Shop().get(path)
    assert answer.status == 404
    assert answer.error()["code"] == "not_found"
    assert answer.error()["message"]


@pytest.mark.parametrize("path", ["/", "/nowhere", "/closed/x", "*", "", "/apix"])
def test_so_is_one_outside_every_dialect(path: str) -> None:
    answer = Shop().get(path)
    assert answer.status == 404
    assert answer.error()["message"]
    assert "access-control-allow-origin" not in answer.headers


def test_a_wrong_method_is_told_the_right_ones() -> None:
    answer = Shop().ask("DELETE", "/api/things/1")
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD, POST"
    assert "GET, HEAD, POST" in str(answer.error()["message"])


def test_head_is_get_without_its_body() -> None:
    head, get = Shop().ask("HEAD", "/api/things/1"), Shop().get("/api/things/1")
    assert (head.status, head.body, head.finished) == (200, b"", True)
    # how long it took is told with both, and differs
    assert head.headers.pop("server-timing")
    assert get.headers.pop("server-timing")
    assert head.headers == get.headers


# --- request ids and CORS -----------------------------------------------------------------------


@pytest.mark.parametrize("sent", ["abc-1.2_3", "A" * 64])
def test_a_sane_request_id_is_kept(sent: str) -> None:
    answer = Shop().get("/api/things/1", x_request_id=sent)
    assert answer.headers["x-request-id"] == sent
    assert answer.json()["request"] == sent


@pytest.mark.parametrize("sent", ["", "a b", "A" * 65, "a\r\nset-cookie: x", "é", "<script>"])
def test_any_other_is_replaced(sent: str) -> None:
    assert Shop().get("/api/things/1", x_request_id=sent).headers["x-request-id"] == "made-1"


@pytest.mark.parametrize("path", ["/api/things/1", "/api/nothing", "/api/raise"])
def test_browsers_may_read_every_answer_of_an_open_surface(path: str) -> None:
    shop = Shop()
    shop.problem = Unauthenticated()
    answer = shop.get(path, origin="https://shop.example")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["x-request-id"] == "made-1"


def test_a_preflight_is_answered_without_a_route() -> None:
    answer = Shop().ask("OPTIONS", "/api/things/1", headers=[("origin", "https://shop.example")])
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]
    allowed = {name.strip() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert allowed == {
        "Authorization",
        "Content-Type",
        "X-LoyaltyLion-Channel",
        "X-LoyaltyLion-Country",
        "X-LoyaltyLion-Language",
        "Idempotency-Key",
    }
    assert "content-length" not in answer.headers


# --- limits and deadlines -----------------------------------------------------------------------


def test_a_hundred_headers_and_64_kb_are_enough() -> None:
    shop = Shop()
    for count, status in ((100, 200), (101, 431)):
        headers = [(f"x-{index}", "1") for index in range(count)]
        answer = shop.ask("GET", "/api/things/1", headers=headers)
        assert answer.status == status
        assert ("connection" in answer.headers) is (status == 431)
        assert bool(answer.json().get("error")) is (status == 431)
    assert shop.get("/api/things/1", cookie="x" * 65_000).status == 200
    assert shop.get("/api/things/1", cookie="x" * 65_536).status == 431
    assert shop.get("/api/things/" + "x" * 65_536).status == 431
    assert shop.get("/api/things/" + "x" * 16_384).status == 414


def test_a_body_over_the_limit_is_a_413_and_the_connection_is_given_up() -> None:
    answer = Shop().ask("POST", "/api/things/1", chunks=[b"x" * 60, b"x" * 60])
    assert answer.status == 413
    assert answer.error()["message"] == "The body is too large. Send at most 100 bytes."
    assert answer.headers["connection"] == "close"


def test_a_body_in_time_is_read() -> None:
    answer = Shop().ask("POST", "/api/things/1", chunks=[b"x" * 60, b"x" * 40])
    assert (answer.status, answer.body) == (201, b'{"bytes":100}')


def test_a_slow_body_is_a_408_however_it_drips() -> None:
    shop = Shop(body_seconds=0.1)
    answer = shop.ask("POST", "/api/things/1", chunks=[b"x"] * 50, pause_seconds=0.03)
    assert answer.status == 408
    assert answer.error()["message"]
    assert answer.headers["connection"] == "close"


def test_a_request_that_takes_too_long_is_a_503() -> None:
    with capture_logs() as logs:
        answer = Shop(request_seconds=0.05).get("/api/slow")
    assert answer.status == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.error()["message"]
    assert [log["event"] for log in logs] == ["request_took_too_long"]


def test_an_answer_that_has_begun_may_take_its_time() -> None:
    answer = Shop(request_seconds=0.1).get("/api/stream")
    assert (answer.body, answer.finished) == (b"xxx", True)


# --- start and stop -----------------------------------------------------------------------------


def test_start_and_stop_reach_the_lifespan() -> None:
    seen: list[str] = []

    @asynccontextmanager
    async def lifespan(_app: ASGIApp) -> AsyncIterator[None]:
        seen.append("start")
        yield
        seen.append("stop")

    edge = Edge([], new_request_id=lambda: "x", lifespan=lifespan)

    async def receive() -> Message:
        return {"type": "lifespan"}

    async def send(message: Message) -> None:
        seen.append(message["type"])

    asyncio.run(edge({"type": "lifespan"}, receive, send))
    assert seen == ["start", "lifespan.startup.complete", "stop", "lifespan.shutdown.complete"]


def test_an_empty_success_says_how_long_it_is() -> None:
    assert (b"content-length", b"0") in empty_response(status=201).headers
    assert empty_response().headers == []
