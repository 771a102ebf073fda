"""A PostgreSQL that tests may do anything to: durable as leal's own is, and nobody else's."""

import os
import random
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from leal.storage import embedded
from leal.storage.db import Database
from tests.databases import DatabaseServer, with_database

_PAGE_BYTES = 4_096
_MOUNT, _UNMOUNT = "/bin/mount", "/bin/umount"
_BACKENDS = """
SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'leal'
    AND backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY pid
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPostgres:
    """The running server and where its files are."""

    server: embedded.EmbeddedServer
    databases: DatabaseServer
    folder: Path

    @property
    def postmaster(self) -> int:
        """The number of its first process."""
        return postmaster_of(self.folder)

    def kill_postmaster(self) -> None:
        """The whole server dies without a word."""
        os.kill(self.postmaster, signal.SIGKILL)


def postmaster_of(folder: Path) -> int:
    """The number of the process that serves a data folder."""
    return int((folder / "postgres" / "postmaster.pid").read_text().split()[0])


def is_alive(folder: Path) -> bool:
    """Whether the server of a data folder runs."""
    try:
        pid = postmaster_of(folder)
    except (OSError, IndexError):
        return False
    return Path(f"/proc/{pid}/cwd").exists()


def kill_a_backend(url: str, chance: random.Random) -> int:
    """Kills one that works for leal, which takes all others along; how many there were."""

    async def found(database: Database) -> list[int]:
        return [row["pid"] for row in await database.rows(_BACKENDS)]

    pids = with_database(url, found)
    if pids:
        os.kill(chance.choice(pids), signal.SIGKILL)
    return len(pids)


async def throw_out(database: Database) -> None:
    """Ends all connections of leal, as an operator of the database might."""
    sql = f"SELECT pg_terminate_backend(pid) FROM ({_BACKENDS}) AS leals"  # noqa: S608 - our own words
    await database.execute(sql)


def socket_of(url: str) -> str:
    """The socket in the file system that a URL of an embedded server leads to."""
    (folder,) = parse_qs(urlsplit(url).query)["host"]
    return str(Path(folder) / ".s.PGSQL.5432")


def through(url: str, port: int) -> str:
    """The URL of the same database by way of a proxy."""
    return f"postgresql://postgres@127.0.0.1:{port}{urlsplit(url).path}?sslmode=disable"


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder that the account of the server can reach.

    Those that pytest makes are closed to it by every other run of pytest that begins meanwhile.
    """
    with tempfile.TemporaryDirectory(prefix="leal-faults-") as name:
        yield Path(name)


@contextmanager
def small_disk(size_bytes: int) -> Iterator[Path]:
    """A disk in memory that is soon full; skips the test where none may be mounted."""
    with own_folder() as folder:
        how = ("-t", "tmpfs", "-o", f"size={size_bytes},mode=755", "leal-faults", str(folder))
        try:
            subprocess.run((_MOUNT, *how), check=True, capture_output=True)  # noqa: S603 - our own words
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(
                f"a small disk of its own cannot be mounted here, which takes root: {error}"
            )
        try:
            yield folder
        finally:
            # whoever still has a file open there keeps it for as long as they live, unseen
            subprocess.run((_UNMOUNT, "--lazy", str(folder)), check=True)  # noqa: S603 - our own words


def fill(folder: Path) -> Path:
    """Takes all that is left of a disk; the file that is to be removed again."""
    ballast = folder / "ballast"
    with ballast.open("wb") as file, suppress(OSError):
        while True:
            os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), _PAGE_BYTES)
    return ballast


@contextmanager
def own_postgres(folder: Path, *, options: tuple[str, ...] = ()) -> Iterator[OwnPostgres]:
    """Starts a server with the durability that is PostgreSQL's default; stopped at the end."""
    server = embedded.start(folder, options=options)
    try:
        yield OwnPostgres(server=server, databases=DatabaseServer(server), folder=folder)
    finally:
        server.stop()
