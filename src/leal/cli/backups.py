"""`leal backup` and `leal restore`: the embedded database into one file, and back from it."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from leal.cli.showing import Mistake, say
from leal.settings import Settings, key_file, read_settings
from leal.storage import embedded
from leal.storage.db import Database
from leal.storage.migrate import migrate

_File = Annotated[Path, typer.Argument(help="The file of the backup.")]


def backup(file: _File) -> None:
    """Write the embedded database, as of now, into a file; requests are served meanwhile."""
    settings = _embedded()
    if file.exists():
        raise Mistake(f"{file} exists already: choose another name, or move it away")
    server = embedded.start(settings.data)
    part = file.with_name(f"{file.name}.part")
    try:
        part.touch(mode=0o600)
        with Console(stderr=True).status("writing the backup"):
            server.dump(part)
        part.rename(file)
    except OSError as error:
        raise Mistake(f"{part} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
        server.stop()
    say(f"{file}: {file.stat().st_size:,} bytes")
    say(f"keep the key apart from it, it opens the sealed secrets: {_key_of(settings)}")


def restore(file: _File) -> None:
    """Fill an empty embedded database from a backup, and bring its schema up to this leal."""
    settings = _embedded()
    if not file.is_file():
        raise Mistake(f"there is no file {file}: name one that `leal backup` wrote")
    server = embedded.start(settings.data)
    try:
        if asyncio.run(_has_tables(server.url)):
            raise Mistake(
                f"there is a database in {settings.data} already: set LEAL_DATA to a new folder"
            )
        with Console(stderr=True).status("reading the backup"):
            server.restore(file)
        asyncio.run(_migrate(server.url))
    finally:
        server.stop()
    say(f"restored into {settings.data}: put the key to {_key_of(settings)}, run `leal verify`")


def _embedded() -> Settings:
    settings = read_settings(os.environ)
    if settings.database_url is not None:
        raise Mistake(
            "LEAL_DATABASE_URL names a PostgreSQL of yours: use its own pg_dump and pg_restore "
            "(docs/operate/backup.md)"
        )
    return settings


def _key_of(settings: Settings) -> str:
    return "LEAL_SECRET_KEY" if settings.secret_key else str(key_file(settings))


_HAS_TABLES = "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public')"


async def _has_tables(url: str) -> bool:
    database = await Database.open(url, size=1)
    try:
        count: int = await database.value(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        )
        return count > 0
    finally:
        await database.close()


async def _migrate(url: str) -> None:
    database = await Database.open(url, size=1)
    try:
        await migrate(database, report=lambda name: say(f"migrating the database: {name}"))
    finally:
        await database.close()
