"""A server that loses races: it reads a balance, decides, and writes what it read less a price.

`python -m tests.concurrency.naive PORT` on the database of LEAL_DATABASE_URL. Nothing else is wrong
with it, so it shows whether calls to two servers meet closely enough for anybody to lose.
"""

import asyncio
import os
import sys

import asyncpg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

PRICE = 500
TABLES = (
    "CREATE TABLE naive_customers (name text PRIMARY KEY, points bigint NOT NULL)",
    "CREATE TABLE naive_claims (name text NOT NULL)",
)


async def serve(port: int) -> None:
    """Answers POST /{name}/redeem."""
    pool = await asyncpg.create_pool(os.environ["LEAL_DATABASE_URL"], min_size=10, max_size=10)

    async def redeem(request: Request) -> JSONResponse:
        await request.body()
        name = request.path_params["name"]
        points = await pool.fetchval("SELECT points FROM naive_customers WHERE name = $1", name)
        if points < PRICE:
            return JSONResponse({"error": {"code": "insufficient_points"}}, status_code=422)
        await pool.execute("INSERT INTO naive_claims VALUES ($1)", name)
        await pool.execute(
            "UPDATE naive_customers SET points = $2 WHERE name = $1", name, points - PRICE
        )
        return JSONResponse({}, status_code=201)

    app = Starlette(routes=[Route("/{name}/redeem", redeem, methods=["POST"])])
    config = uvicorn.Config(app, port=port, lifespan="off", log_level="warning")
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
