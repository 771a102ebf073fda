"""The one way out: calls to web addresses that a merchant typed in.

Such an address may lead anywhere, also to what only this machine can reach. So the name is looked
up here, every address found is checked, and the connection goes to a checked address: it is never
looked up a second time, and a name that changes its mind changes nothing. The certificate must be
that of the name.

It speaks HTTP/1.1 through the connection layer of httpx2, one connection a call. That layer knows
no redirects, proxies of the environment, cookies or decompression: nothing has to be switched off.
"""

import asyncio
import re
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from types import TracebackType
from typing import Self
from weakref import WeakValueDictionary

import httpcore2

from leal.integrations.outgoing_addresses import (
    Address,
    Network,
    Target,
    Unsendable,
    is_allowed,
    is_public,
    parse_target,
    plain,
)

Header = tuple[str, str]
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

LIMIT_SECONDS = 5.0
LONGEST_REPLY_BYTES = 64 * 1024
CALLS_TO_A_HOST = 4

_LOOK_UPS = 16
_LOOK_UP_SECONDS = 2.0
_TRIED_ADDRESSES = 3
_NO_STATUS = 0
_USER_AGENT = ("user-agent", "leal (compatible; LoyaltyLion)")
_OURS = frozenset(
    ("host", "content-length", "transfer-encoding", "connection", "accept-encoding", "expect")
)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SECONDS = re.compile(r"[0-9]{1,9}")
_HEADER_VALUE = re.compile(r"(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?")
_FAILURES = (
    Unsendable,
    OSError,  # also TimeoutError and ssl.SSLError
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Somebody answered, with whatever status; 2xx is for the caller to tell from others.

    ``snippet`` is the body as text, undecodable bytes and NUL replaced. ``cut`` says that the
    body was longer than what is read, or did not end in time: it may lack its end.
    ``retry_after_seconds`` is what a Retry-After asks for, if there is one to be understood.
    """

    status: int
    snippet: str
    cut: bool
    duration_ms: int
    retry_after_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """No answer came, or the call was not made; ``reason`` is a sentence for the merchant.

    It does not tell what a name leads to inside: merchants do not learn the operator's network.
    """

    reason: str
    duration_ms: int = field(default=0, compare=False)


Delivery = Answered | Failed


class Outgoing:
    """A guarded client, for one event loop; close it, or use it with ``async with``.

    Calls share nothing but a limit for each host: a host that hangs makes only calls to itself
    wait. How many calls run at once altogether is up to the caller.
    """

    def __init__(
        self,
        *,
        allow: Sequence[Network] = (),
        limit_seconds: float = LIMIT_SECONDS,
        resolve: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Open nothing yet.

        ``allow`` holds the networks that may be called although they are not public, also with
        plain http. ``resolve`` gives the addresses of a host and port, none for an unknown name;
        the system's is the default. ``tls`` verifies, by default with the system's authorities.
        """
        self._allow = tuple(allow)
        self._limit_seconds = limit_seconds
        self._resolve = resolve or self._look_up
        self._tls = tls or httpcore2.default_ssl_context()
        self._tls.set_alpn_protocols(["http/1.1"])
        # Threads of its own: a name server that hangs must not hold up the process' other threads.
        self._threads = ThreadPoolExecutor(_LOOK_UPS, thread_name_prefix="leal-names")
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the threads; to be called when no call is under way."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def post(
        self, url: str, body: bytes, *, headers: Sequence[Header], lane: str = ""
    ) -> Delivery:
        """Post `body` to `url` once, and return what came of it within the time limit.

        ``headers`` should give a content-type; those that concern the connection are set here and
        refused there. Calls in different lanes of a host do not wait for one another. Nothing
        that the other side or the address does raises.
        """
        begun = time.monotonic()
        reply = _Reply()
        reason = ""
        try:
            target = parse_target(url)
            request = _request(target, body, headers)
            async with (
                asyncio.timeout(self._limit_seconds),
                self._turn(f"{target.authority} {lane}"),
            ):
                await self._exchange(target, request, reply)
        except _FAILURES as error:
            reason = self._why(error)
        duration_ms = round((time.monotonic() - begun) * 1000)
        if reply.status == _NO_STATUS:
            return Failed(reason=reason, duration_ms=duration_ms)
        return Answered(
            status=reply.status,
            # PostgreSQL keeps no NUL in a text.
            snippet=reply.body.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}"),
            cut=not reply.is_whole,
            duration_ms=duration_ms,
            retry_after_seconds=reply.retry_after_seconds,
        )

    async def why_not(self, url: str) -> str | None:
        """Tell why an address could not be called, without calling it; None when it might be.

        A name that nobody knows yet, or that nobody answers for in time, may be known later.
        """
        try:
            target = parse_target(url)
            async with asyncio.timeout(_LOOK_UP_SECONDS):
                await self._callable_addresses(target, may_be_unknown=target.scheme == "https")
        except Unsendable as error:
            return str(error)
        except TimeoutError:
            return None
        return None

    def _turn(self, lane: str) -> asyncio.Semaphore:
        """Give the lane's semaphore, which lives as long as somebody holds it or waits for it."""
        turn = self._turns.get(lane) or asyncio.Semaphore(CALLS_TO_A_HOST)
        self._turns[lane] = turn
        return turn

    async def _exchange(self, target: Target, request: httpcore2.Request, reply: "_Reply") -> None:
        addresses = await self._callable_addresses(target)
        stream = await _connect(addresses, target.port, self._limit_seconds)
        try:
            outer = stream
            if target.scheme == "https":
                outer = await stream.start_tls(self._tls, server_hostname=target.host)
            connection = httpcore2.AsyncHTTP11Connection(request.url.origin, outer)
            response = await connection.handle_async_request(request)
            reply.status = response.status
            reply.retry_after_seconds = _retry_after(response.headers)
            await _read(response, reply)
        finally:
            await stream.aclose()

    async def _callable_addresses(
        self, target: Target, *, may_be_unknown: bool = False
    ) -> tuple[Address, ...]:
        """Look the host up, once, and refuse it when any of its addresses must not be called."""
        if target.scheme == "http" and not self._allow:
            raise Unsendable("The address must begin with https://")
        found = tuple(dict.fromkeys([plain(each) for each in await self._addresses(target)]))
        opened = [is_allowed(each, self._allow) for each in found]
        if not found and may_be_unknown:
            return ()
        if not found or not all(
            is_open or is_public(each) for each, is_open in zip(found, opened, strict=True)
        ):
            raise Unsendable(
                f"{target.host} has no public address: correct it, or ask the operator of leal to"
                " open its network (LEAL_OUTGOING_ALLOW)"
            )
        if target.scheme == "http" and not all(opened):
            raise Unsendable("The address must begin with https://")
        return found[:_TRIED_ADDRESSES]

    async def _addresses(self, target: Target) -> tuple[Address, ...]:
        try:
            return (ip_address(target.host),)
        except ValueError:
            found = await self._resolve(target.host, target.port)
            return tuple(ip_address(each) for each in found)

    async def _look_up(self, host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _system_addresses, host, port)

    def _why(self, error: Exception) -> str:
        match error:
            case Unsendable():
                return str(error)
            case httpcore2.ConnectTimeout() | httpcore2.ConnectError():
                return _why_not_connected(error)
            case TimeoutError() | httpcore2.TimeoutException():
                return f"No answer came within {self._limit_seconds:g} seconds"
            case httpcore2.ProtocolError():
                return "The answer is not HTTP, or was broken off before it began"
            case _:
                return "The connection was broken off before an answer came"


@dataclass(slots=True)
class _Reply:
    """What has been read so far; once there is a status, the call counts as answered."""

    status: int = _NO_STATUS
    retry_after_seconds: int | None = None
    body: bytearray = field(default_factory=bytearray)
    is_whole: bool = False


def _request(target: Target, body: bytes, headers: Sequence[Header]) -> httpcore2.Request:
    given = {name.lower() for name, _ in headers}
    for name, value in headers:
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise Unsendable(
                f"The header {name!r} cannot be sent: a name is letters, digits and hyphens, a"
                " value is one line of ASCII"
            )
    if given & _OURS:
        raise Unsendable(f"leal itself sets the headers {', '.join(sorted(given & _OURS))}")
    lines = [
        ("host", target.authority),
        *headers,
        *([] if _USER_AGENT[0] in given else [_USER_AGENT]),
        ("content-length", str(len(body))),
        ("accept-encoding", "identity"),
        ("connection", "close"),
    ]
    return httpcore2.Request(
        "POST",
        httpcore2.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path),
        headers=[(name.encode("ascii"), value.encode("ascii")) for name, value in lines],
        content=body,
    )


async def _connect(
    addresses: Sequence[Address], port: int, limit_seconds: float
) -> httpcore2.AsyncNetworkStream:
    """Connect to the first that answers; each has its share of the time."""
    *others, last = addresses
    share = limit_seconds / len(addresses)
    dial = httpcore2.AnyIOBackend().connect_tcp
    for address in others:
        try:
            return await dial(str(address), port, timeout=share)
        except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
            continue
    return await dial(str(last), port, timeout=share)


async def _read(response: httpcore2.Response, reply: _Reply) -> None:
    async with aclosing(response.aiter_stream()) as chunks:
        async for chunk in chunks:
            room = LONGEST_REPLY_BYTES - len(reply.body)
            reply.body += chunk[:room]
            if len(chunk) > room:
                return
    reply.is_whole = True


def _retry_after(headers: Sequence[tuple[bytes, bytes]]) -> int | None:
    """Read seconds, or a moment beside the answer's own; None for anything else."""
    found = {name.lower(): value.decode("latin-1").strip() for name, value in headers}
    wish = found.get(b"retry-after", "")
    if _SECONDS.fullmatch(wish):
        return int(wish)
    try:
        then, sent = (parsedate_to_datetime(each) for each in (wish, found.get(b"date", "")))
        return max(0, round((then - sent).total_seconds()))
    except (ValueError, TypeError):
        return None


def _system_addresses(host: str, port: int) -> Sequence[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror:
        return ()
    return [str(address[0]) for *_, address in found]


def _why_not_connected(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"The certificate is not accepted: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return "No secure connection could be agreed on: check that the port speaks TLS 1.2"
        cause = cause.__cause__
    return "No connection could be made: check that the server is up and its port is open"
