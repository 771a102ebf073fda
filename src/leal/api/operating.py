"""What an operator's tools ask: does the process live, can it serve, and what are its figures.

`/metrics` tells how a business does, so it is not for everyone: with a token set, it is for who
sends that; without one, for who is on this machine, and only while the server is not said to be
reached from elsewhere. A proxy beside it would make everybody look as if they were on it.
"""

import asyncio
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from leal.api.figures import families
from leal.api.http import Reply, endpoint, json_response
from leal.api.metrics import CONTENT_TYPE, Metrics
from leal.api.watching import HEALTH, METRICS, READY
from leal.domain.problems import Missing, Unauthenticated
from leal.storage.pool import PoolUse
from leal.usecases.figures import FigureBook
from leal.usecases.readiness import Readiness

_NOT_KEPT = ("Cache-Control", "no-store")
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operating:
    """Serves operators' tools. `token` None: figures are for this machine if `is_local`."""

    readiness: Readiness
    metrics: Metrics
    book: FigureBook
    pool: Callable[[], PoolUse]
    version: str
    token: str | None = field(repr=False)
    is_local: bool

    def routes(self) -> list[Route]:
        """The routes, on no dialect's paths."""
        return [
            endpoint(HEALTH, self._health),
            endpoint(READY, self._ready),
            endpoint(METRICS, self._figures),
        ]

    async def _health(self, _request: Request) -> Reply:
        return _status(200, {"status": "alive"})

    async def _ready(self, _request: Request) -> Reply:
        reason = await self.readiness.reason()
        if reason is not None:
            return _status(503, {"status": "not_ready", "reason": reason})
        return _status(200, {"status": "ready"})

    async def _figures(self, request: Request) -> Reply:
        self._admit(request)
        found = await self.book.fresh()
        self.metrics.note_pool(self.pool())
        age = 0.0 if found is None else self.book.age_seconds(found)
        more = families(found, version=self.version, age_seconds=age)
        # in a thread, for requests in the meantime: it takes some milliseconds
        written = await asyncio.to_thread(self.metrics.written, more)
        headers = [
            (b"content-type", CONTENT_TYPE),
            (b"content-length", b"%d" % len(written)),
            (b"cache-control", b"no-store"),
        ]
        return Reply(written, 200, headers)

    def _admit(self, request: Request) -> None:
        """Raises Unauthenticated for a wrong token; Missing when there is nothing to be had."""
        if self.token is not None:
            sent = request.headers.get("authorization", "").encode()
            if not hmac.compare_digest(sent, f"Bearer {self.token}".encode()):
                raise Unauthenticated
        elif not (self.is_local and _is_from_here(request)):
            raise Missing("path", "There is nothing at this address. Check the path.")


def _is_from_here(request: Request) -> bool:
    """Whether who asks is on this machine, and not a proxy on it that says so."""
    client = request.client
    if client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(client.host).is_loopback
    except ValueError:
        return False


def _status(status: int, document: dict[str, str]) -> Reply:
    return json_response(msgspec.json.encode(document), status=status, headers=[_NOT_KEPT])
