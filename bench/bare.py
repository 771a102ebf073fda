"""What GET customer is measured against: the least an HTTP server with this database can do.

The same server, event loop, parser, pool and statement with the same arguments as leal, and the
same bytes as an answer; but they lie ready, so nothing is checked, decided, shown or encoded.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.tape import Statement
from bench.world import POOL_SIZE
from leal.storage.pool import Pool

PLAN_VARIABLE = "BENCH_BARE_PLAN"
_PATIENCE_SECONDS = 5.0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to serve: `load` as leal sent it for somebody, and every customer's document."""

    url: str
    port: int
    load: Statement
    documents: dict[str, str]


def bare_app(plan: Plan) -> Starlette:
    """The app. The merchant id is the statement's second argument."""
    first, _, *others = (value.argument for value in plan.load.values)
    documents = {merchant_id: text.encode() for merchant_id, text in plan.documents.items()}
    pool = Pool(
        lambda: asyncpg.connect(plan.url, server_settings=plan.load.settings), size=POOL_SIZE
    )

    @asynccontextmanager
    async def opened(_app: Starlette) -> AsyncIterator[None]:
        yield
        await pool.close(patience_seconds=_PATIENCE_SECONDS)

    async def customer(request: Request) -> Response:
        merchant_id = request.path_params["merchant_id"]
        held = await pool.take(patience_seconds=_PATIENCE_SECONDS)
        try:
            row = await held.connection.fetchrow(plan.load.sql, first, merchant_id, *others)
        finally:
            pool.give_back(held)
        if row["account"] is None:
            return Response(status_code=404)
        return Response(documents[merchant_id], media_type="application/json")

    path = "/headless/2025-06/{site_id}/customers/{merchant_id}"
    return Starlette(routes=[Route(path, customer)], lifespan=opened)


def _main() -> None:
    plan = msgspec.json.decode(Path(os.environ[PLAN_VARIABLE]).read_bytes(), type=Plan)
    uvicorn.run(
        bare_app(plan),
        host="127.0.0.1",
        port=plan.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        server_header=False,
        log_config=None,
    )


if __name__ == "__main__":
    _main()
