"""`leal migrate`: bring the database's schema up to this leal."""

import asyncio
import os
from typing import Annotated

import typer

from leal.cli.connecting import running_server
from leal.cli.showing import Mistake, say, warn
from leal.settings import read_settings
from leal.storage import migrate as storage
from leal.storage.db import Database


def migrate(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail when something is missing.")
    ] = False,
) -> None:
    """Apply the migrations the database lacks."""
    with running_server(read_settings(os.environ)) as url:
        asyncio.run(_check(url) if check else _migrate(url))


async def _migrate(url: str) -> None:
    database = await Database.open(url, size=2)
    try:
        applied = await storage.migrate(database, report=lambda name: say(f"applying {name}"))
        say(f"{len(applied)} migration(s) applied" if applied else "the schema is up to date")
        for line in await storage.durability_warnings(database):
            warn(line)
    finally:
        await database.close()


async def _check(url: str) -> None:
    database = await Database.open(url, size=2)
    try:
        missing = await storage.pending(database)
    finally:
        await database.close()
    if missing:
        raise Mistake(f"the database lacks {', '.join(missing)}: run `leal migrate`")
    say("the schema is up to date")
