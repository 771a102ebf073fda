"""A small app behind the edge, and a client of it that sees what the server would write."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import ASGIApp, Message, Scope

from leal.api.allowance import Allowance
from leal.api.http import (
    Edge,
    PlainDialect,
    Reply,
    Surface,
    empty_response,
    endpoint,
    error_response,
    json_response,
    request_id,
    router,
)
from leal.api.ids import decode_id
from leal.api.json_body import read_body
from leal.domain.problems import Missing

EMAIL = "kim@example.com"


@dataclass
class Answer:
    """What the server would have written."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    finished: bool = False

    def json(self) -> dict[str, object]:
        parsed: dict[str, object] = json.loads(self.body)
        return parsed

    def error(self) -> dict[str, object]:
        parsed: dict[str, dict[str, object]] = json.loads(self.body)
        return parsed["error"]


class Shop:
    """A small app behind the edge, and a client of it."""

    def __init__(self, *, body_seconds: float = 5.0, request_seconds: float = 5.0) -> None:
        routes = [
            endpoint("/api/things/{id}", self.show),
            endpoint("/api/things/{id}", self.store, methods=["POST"]),
            endpoint("/api/raise", self.fail),
            endpoint("/api/slow", self.slow),
            endpoint("/api/stream", self.stream),
            endpoint("/api/broken-stream", self.broken_stream),
        ]
        app = router(routes)
        self.edge = Edge(
            [
                Surface(prefix="/api/", app=app, dialect=Terse(), open_to_browsers=True),
                Surface(prefix="/closed/", app=router([]), dialect=PlainDialect()),
            ],
            new_request_id=lambda: "made-1",
            allowance=Allowance(body_seconds=body_seconds, request_seconds=request_seconds),
        )
        self.problem: Exception = RuntimeError("unset")

    async def show(self, request: Request) -> Reply:
        shown = {"id": decode_id(request.path_params["id"]), "request": request_id(request)}
        return json_response(json.dumps(shown).encode(), headers=[("X-Shown", "yes")])

    async def store(self, request: Request) -> Reply:
        raw = await read_body(request, max_bytes=100)
        return json_response(b'{"bytes":%d}' % len(raw), status=201)

    async def fail(self, _request: Request) -> Reply:
        raise self.problem

    async def slow(self, _request: Request) -> Reply:
        await asyncio.sleep(30)
        return empty_response()

    async def stream(self, _request: Request) -> ASGIApp:
        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(3):
                await asyncio.sleep(0.05)
                yield b"x"

        return StreamingResponse(chunks())

    async def broken_stream(self, _request: Request) -> ASGIApp:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"x"
            raise RuntimeError(EMAIL)

        return StreamingResponse(chunks())

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers=_named(headers))

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Sequence[tuple[str, str]] = (),
        chunks: Sequence[bytes] = (b"",),
        pause_seconds: float = 0.0,
    ) -> Answer:
        answer = Answer()
        waiting = list(chunks)

        async def receive() -> Message:
            await asyncio.sleep(pause_seconds if waiting else 60)
            chunk = waiting.pop(0)
            return {"type": "http.request", "body": chunk, "more_body": bool(waiting)}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                pairs = message["headers"]
                answer.headers = {name.decode(): text.decode() for name, text in pairs}
                assert len(answer.headers) == len(pairs)
            else:
                answer.body += message.get("body", b"")
                answer.finished = not message.get("more_body", False)

        asyncio.run(self.edge(_scope(method, path, headers), receive, send))
        return answer

    def failing(self, problem: Exception) -> Answer:
        self.problem = problem
        return self.get("/api/raise")


class Terse:
    """Words two kinds itself, and has a bug for a third."""

    def render(self, problem: Exception) -> Reply | None:
        match problem:
            case Missing():
                return error_response(404, problem.message, code="not_found")
            case KeyError():
                return error_response(422, code="no_key", facts={"key": problem.args[0]})
            case ZeroDivisionError():
                raise AttributeError(EMAIL)
            case _:
                return None


def _named(headers: dict[str, str]) -> list[tuple[str, str]]:
    return [(name.replace("_", "-"), text) for name, text in headers.items()]


def _scope(method: str, path: str, headers: Sequence[tuple[str, str]]) -> Scope:
    raw, _, query = path.partition("?")
    return {
        "type": "http",
        "method": method,
        "path": "/decoded by the server",
        "raw_path": raw.encode("latin-1"),
        "query_string": query.encode(),
        "headers": [(name.encode(), text.encode()) for name, text in headers],
    }
