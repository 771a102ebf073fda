"""What every HTTP dialect shares: one thin ASGI wrapper around the routers, and cheap answers.

`Edge` is everything that happens to a request before its route and to an answer after it: the raw
path, the request id, size limits, deadlines, open CORS where it is wanted, and errors as JSON.
It is a single wrapper and not a stack of middlewares because each layer would cost every request.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.routing import BaseRoute, Match, Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leal.api.allowance import Allowance, Load
from leal.api.heads import Oversized, inspected
from leal.api.watching import CLIENT_LEFT, NoWatch, Watch, note_failure
from leal.domain.problems import (
    BadRequest,
    DatabaseAway,
    Forbidden,
    KeyInUse,
    KeyReused,
    Missing,
    Problem,
    TooLarge,
    TooMany,
    TooSlow,
    Unauthenticated,
)
from leal.storage import timing

Handler = Callable[[Request], Awaitable[ASGIApp]]
Headers = Iterable[tuple[str, str]]
Lifespan = Callable[[ASGIApp], AbstractAsyncContextManager[None]]

BEGAN_AT: Final = "leal.began_at"
"""Where the server tells, in the state of a scope, when the request's first byte came."""

_JSON: Final = (b"content-type", b"application/json")


class Reply:
    """An answer whose bytes are ready, without Starlette's looking through its headers."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, body: bytes, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self.body = body
        self.status = status
        self.headers = headers

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it, whole."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


def json_response(content: bytes, *, status: int = 200, headers: Headers = ()) -> Reply:
    """`content`, already encoded JSON, as an answer."""
    raw = [_JSON, (b"content-length", b"%d" % len(content))]
    if headers:
        raw += _encoded(headers)
    return Reply(content, status, raw)


def empty_response(*, status: int = 204, headers: Headers = ()) -> Reply:
    """An answer without a body, for successes only: clients read an empty failure as success."""
    raw = _encoded(headers)
    if status != 204:  # noqa: PLR2004 - No Content, which must not announce a length
        raw.append((b"content-length", b"0"))
    return Reply(b"", status, raw)


def error_response(
    status: int,
    message: str | None = None,
    *,
    code: str | None = None,
    details: Mapping[str, str] | None = None,
    facts: Mapping[str, object] | None = None,
    headers: Headers = (),
) -> Reply:
    """`{"error": {"code"?, "message"?, "details"?, …facts}}`; what is None is left out."""
    error: dict[str, object] = {}
    if code is not None:
        error["code"] = code
    if message is not None:
        error["message"] = message
    if details is not None:
        error["details"] = details
    error.update(facts or {})
    return json_response(msgspec.json.encode({"error": error}), status=status, headers=headers)


def plain_answer(problem: Exception) -> Reply | None:
    """How a problem is answered wherever a dialect has no words of its own; None for a bug."""
    match problem:
        case BadRequest():
            return error_response(400, problem.message, details=problem.details)
        case TooMany():
            wait = str(problem.retry_after_seconds)
            return error_response(429, problem.message, headers=[("Retry-After", wait)])
        case KeyInUse():
            wait, code = str(problem.retry_after_seconds), "idempotency_key_in_use"
            return error_response(409, problem.message, code=code, headers=[("Retry-After", wait)])
        case KeyReused():
            return error_response(422, problem.message, code="idempotency_key_reused")
        case DatabaseAway():
            return error_response(503, problem.message, headers=[("Retry-After", "1")])
        case TooSlow() | TooLarge():
            # the rest of the body is still on its way: it is not worth waiting for
            status = 408 if isinstance(problem, TooSlow) else 413
            return error_response(status, problem.message, headers=[("Connection", "close")])
        case Problem():
            status = next((s for kind, s in _STATUSES.items() if isinstance(problem, kind)), 400)
            return error_response(status, problem.message)
        case _:
            return None


class Dialect(Protocol):
    """How one API words its errors."""

    def render(self, problem: Exception) -> ASGIApp | None:
        """The answer to `problem`, or None to leave it to `plain_answer`."""


class PlainDialect:
    """Words nothing itself."""

    def render(self, problem: Exception) -> Reply | None:
        """As `plain_answer`."""
        return plain_answer(problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """Everything below one path prefix: its router, its errors, whether browsers may call it."""

    prefix: str
    app: ASGIApp
    dialect: Dialect
    open_to_browsers: bool = False


def endpoint(path: str, handler: Handler, *, methods: Sequence[str] = ("GET",)) -> Route:
    """A route to `handler`; HEAD is allowed where GET is. `path` sees undecoded segments."""
    return Route(path, _Endpoint(handler), methods=methods, name=_name_of(handler))


def router(routes: Sequence[BaseRoute]) -> Router:
    """A router that never redirects: a redirect's empty body would be read as success."""
    return Router(routes, redirect_slashes=False)


def request_id(request: Request) -> str:
    """The id under which this request is logged and answered."""
    found: str = request.scope["request_id"]
    return found


class Edge:
    """The ASGI app: picks the surface, guards the exchange, and answers whatever is raised.

    `new_request_id` must give texts of at most 64 characters of A-Z, a-z, 0-9, dot, dash and
    underscore. `watch` is told of every exchange.
    """

    def __init__(
        self,
        surfaces: Sequence[Surface],
        *,
        new_request_id: Callable[[], str],
        lifespan: Lifespan | None = None,
        watch: Watch | None = None,
        allowance: Allowance | None = None,
    ) -> None:
        self._surfaces = tuple(surfaces)
        self._new_request_id = new_request_id
        self._lifespan = Router(lifespan=lifespan)
        self._watch = watch or NoWatch()
        self._allowance = allowance or Allowance()
        self._load = Load(self._allowance.requests)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the server's start and stop."""
        if scope["type"] != "http":
            await self._lifespan(scope, receive, send)
            return
        incoming, oversized = inspected(scope)
        scope["request_id"] = incoming or self._new_request_id()
        scope["path"] = path = scope.get("raw_path", b"").decode("latin-1") or scope["path"]
        scope["app"] = self  # makes Starlette raise its 404 and 405 instead of answering in text
        surface = next((each for each in self._surfaces if path.startswith(each.prefix)), _NOWHERE)
        exchange = _Exchange(scope, receive, send, load=self._load)
        if surface.open_to_browsers:
            exchange.headers += _CORS_HEADERS
        try:
            await self._answered(surface, scope, exchange=exchange, oversized=oversized)
        finally:
            took, waited = time.perf_counter() - exchange.began, exchange.spent.seconds
            self._watch.answered(scope, exchange.status, took=took, waited=waited)

    async def _answered(
        self,
        surface: Surface,
        scope: Scope,
        *,
        exchange: "_Exchange",
        oversized: Oversized | None,
    ) -> None:
        if oversized is not None:
            await _OVERSIZED[oversized](scope, exchange.receive, exchange.send)
        elif surface.open_to_browsers and scope["method"] == "OPTIONS":
            await _PREFLIGHT(scope, exchange.receive, exchange.send)
        elif self._load.working >= self._load.most:
            await _TOO_BUSY(scope, exchange.receive, exchange.send)
        else:
            self._load.working += 1
            try:
                await self._serve(surface, scope, exchange)
            finally:
                self._load.working -= 1

    async def _serve(self, surface: Surface, scope: Scope, exchange: "_Exchange") -> None:
        state = scope.get("state") or {}
        began_at: float = state.get(BEGAN_AT) or asyncio.get_running_loop().time()
        exchange.body_due_at = began_at + self._allowance.body_seconds
        timer = asyncio.timeout_at(began_at + self._allowance.request_seconds)
        try:
            async with timer:
                exchange.timer = timer
                await surface.app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            return
        except Exception as problem:  # noqa: BLE001 - this is the edge: nothing may pass it
            exchange.timer = None
            if timer.expired() and isinstance(problem, TimeoutError):
                note_failure("request_took_too_long", scope, problem)
                answer: ASGIApp = _TOOK_TOO_LONG
            else:
                answer = _answer(surface.dialect, scope, problem)
            # an answer that had begun cannot be mended: the server closes the connection
            if not exchange.started:
                await answer(scope, exchange.receive, exchange.send)


class _Exchange:
    """One request's `receive` and `send`, with the deadline of its body and the added headers."""

    __slots__ = (
        "_body_done",
        "_head_only",
        "_load",
        "_receive",
        "_send",
        "began",
        "body_due_at",
        "headers",
        "spent",
        "started",
        "status",
        "timer",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, load: Load) -> None:
        self.began = time.perf_counter()
        self.spent = timing.count_from_here()
        self.status = CLIENT_LEFT
        self._receive = receive
        self._load = load
        self._send = send
        self._body_done = False
        self._head_only: bool = scope["method"] == "HEAD"
        self.body_due_at = 0.0
        self.headers = [(b"x-request-id", scope["request_id"].encode("latin-1"))]
        self.started = False
        self.timer: asyncio.Timeout | None = None

    async def receive(self) -> Message:
        if self._body_done:
            return await self._receive()
        self._load.working -= 1
        try:
            async with asyncio.timeout_at(self.body_due_at):
                message = await self._receive()
        except TimeoutError:
            raise TooSlow from None
        finally:
            self._load.working += 1
        self._body_done = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            if self.timer is not None:
                self.timer.reschedule(None)
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), *self.headers, self._timing()]
        elif self._head_only:
            message["body"] = b""
        await self._send(message)

    def _timing(self) -> tuple[bytes, bytes]:
        """What the answer took until now: waiting for the database, and all else, in ms."""
        waited = self.spent.seconds * 1000
        rest = max(0.0, (time.perf_counter() - self.began) * 1000 - waited)
        return b"server-timing", b"db;dur=%.2f, app;dur=%.2f" % (waited, rest)


class _Endpoint:
    """A handler as an ASGI app, without Starlette's own catching of errors: `Edge` does that."""

    __slots__ = ("_handler",)

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._handler(Request(scope, receive))
        await answer(scope, receive, send)


def _encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), text.encode("latin-1")) for name, text in headers]


def _name_of(handler: Handler) -> str:
    return getattr(handler, "__name__", type(handler).__name__)


def _answer(dialect: Dialect, scope: Scope, problem: Exception) -> ASGIApp:
    if isinstance(problem, HTTPException):
        if problem.status_code == 405:  # noqa: PLR2004 - Method Not Allowed
            return _wrong_method(scope)
        problem = Missing("path", "There is nothing at this address. Check the path.")
    if isinstance(problem, DatabaseAway):
        note_failure("database_away", scope, problem.__cause__ or problem)
    try:
        answer = dialect.render(problem) or plain_answer(problem)
    except Exception as bug:  # noqa: BLE001 - a dialect's own bug must not leave an empty answer
        answer, problem = None, bug
    if answer is None:
        note_failure("request_failed", scope, problem)
        quoted = scope["request_id"]
        answer = error_response(
            500, f"Something went wrong on our side. Quote request id {quoted} to the operator."
        )
    return answer


def _wrong_method(scope: Scope) -> Reply:
    allowed: set[str] = set()
    for route in scope["router"].routes:
        if isinstance(route, Route) and route.matches(scope)[0] is not Match.NONE:
            allowed |= route.methods or set()
    listed = ", ".join(sorted(allowed))
    return error_response(405, f"Use one of {listed} here.", headers=[("Allow", listed)])


_STATUSES: Final = {Unauthenticated: 401, Forbidden: 403, Missing: 404}
_NOWHERE: Final = Surface(prefix="", app=router([]), dialect=PlainDialect())
_CORS_HEADERS: Final = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"X-Request-Id, Retry-After, Idempotency-Hit"),
)
_CORS_REQUEST_HEADERS: Final = (
    "Authorization, Content-Type, Idempotency-Key, X-LoyaltyLion-Channel, X-LoyaltyLion-Country, "
    "X-LoyaltyLion-Language"
)
_PREFLIGHT: Final = empty_response(
    headers=[
        ("Access-Control-Allow-Methods", "GET, HEAD, POST, OPTIONS"),
        ("Access-Control-Allow-Headers", _CORS_REQUEST_HEADERS),
        ("Access-Control-Max-Age", "7200"),
    ]
)
_OVERSIZED: Final = {
    each: error_response(each.status, each.message, headers=[("Connection", "close")])
    for each in Oversized
}
_TOO_BUSY: Final = error_response(
    503, "Too many requests are being worked on. Try again.", headers=[("Retry-After", "1")]
)
_TOOK_TOO_LONG: Final = error_response(
    503, "This took too long and was given up. Try again.", headers=[("Retry-After", "1")]
)
