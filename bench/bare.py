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

PLAN_VARIABLE = "BENCH_BARE_PLAN"


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
    pools: list[asyncpg.Pool] = []

    @asynccontextmanager
    async def opened(_app: Starlette) -> AsyncIterator[None]:
        async with asyncpg.create_pool(
            plan.url,
            min_size=1,
            max_size=POOL_SIZE,
            max_queries=1_000_000,
            reset=_keep,
            server_settings=plan.load.settings,
        ) as pool:
            pools.append(pool)
            yield

    async def customer(request: Request) -> Response:
        merchant_id = request.path_params["merchant_id"]
        row = await pools[0].fetchrow(plan.load.sql, first, merchant_id, *others)
        if row["account"] is None:
            return Response(status_code=404)
        return Response(documents[merchant_id], media_type="application/json")

    path = "/headless/2025-06/{site_id}/customers/{merchant_id}"
    return Starlette(routes=[Route(path, customer)], lifespan=opened)


async def _keep(_connection: asyncpg.Connection) -> None:
    """Reset nothing on release, as leal does."""


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
