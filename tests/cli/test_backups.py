"""A backup made while points are added, brought back elsewhere: what was acknowledged is there.

Seen to fail with a dump that leaves out the data of `transactions`.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leal.cli.main import app
from leal.settings import load_secret_key, read_settings
from leal.storage import embedded
from leal.storage.credentials import list_sites
from leal.storage.db import Database
from leal.storage.migrate import migrate
from leal.storage.sealing import Sealer
from leal.usecases.verification import verify
from tests.databases import run, with_database
from tests.programs import lion_rewards
from tests.worlds import World, world_on


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not below pytest's own, which it closes to the server's account while others run."""
    with tempfile.TemporaryDirectory(prefix="leal-backup-") as name:
        place = Path(name)
        place.chmod(0o755)
        yield place


def leal(data: Path, *words: str) -> tuple[int, str]:
    told = CliRunner().invoke(app, words, env={"LEAL_DATA": str(data)})
    return told.exit_code, told.stderr


async def _migrated(url: str) -> None:
    database = await Database.open(url, size=1)
    await migrate(database)
    await database.close()


async def _balance(database: Database) -> int:
    found: int = await database.value("SELECT points_approved FROM customers")
    return found


def _backed_up_under_load(world: World, data: Path, file: Path) -> tuple[int, int]:
    """Adds a point at a time; what was acknowledged when the backup began, and in the end."""

    async def add() -> None:
        answer = await world.answer(
            "POST",
            "/v2/customers/1001/points",
            headers={"authorization": f"Bearer {world.tenant.key}"},
            body=b'{"points": 1}',
        )
        assert answer.status == 201, answer.body

    async def both() -> tuple[int, int]:
        for _ in range(20):
            await add()
        before = await _balance(world.database)
        writing = asyncio.create_task(asyncio.to_thread(leal, data, "backup", str(file)))
        while not writing.done():
            await add()
        assert (await writing)[0] == 0
        return before, await _balance(world.database)

    return world.run(both())


def test_a_backup_holds_all_that_was_acknowledged(folder: Path) -> None:
    old, new, file = folder / "old", folder / "new", folder / "leal.dump"
    server = embedded.start(old)
    try:
        run(_migrated(server.url))
        with world_on(server.url, lion_rewards()) as world:
            world.sealer = Sealer(load_secret_key(read_settings({"LEAL_DATA": str(old)})))
            world.add_program(lion_rewards())
            secrets = sealed_sites(server.url, world.sealer)
            signup = {"name": "$signup", "customer_id": "1001", "customer_email": "a@b.example"}
            assert world.post("/v2/activities", signup).status == 201
            least, most = _backed_up_under_load(world, old, file)
    finally:
        server.stop()
    assert least < most  # it was made under load
    assert file.stat().st_mode & 0o077 == 0
    assert leal(old, "backup", str(file))[0] == 1  # never over another one

    assert leal(new, "restore", str(file))[0] == 0
    assert leal(new, "restore", str(file))[0] == 1  # never into what is there
    shutil.copy(old / "secret.key", new)
    restored = embedded.start(new)
    try:
        assert least <= with_database(restored.url, _balance) <= most
        assert with_database(restored.url, verify).is_clean
        sealer = Sealer(load_secret_key(read_settings({"LEAL_DATA": str(new)})))
        assert sealed_sites(restored.url, sealer) == secrets
    finally:
        restored.stop()


def sealed_sites(url: str, sealer: Sealer) -> object:
    return with_database(url, lambda database: list_sites(database, sealer, 2))


def test_a_server_of_one_s_own_has_its_own_programs(tmp_path: Path) -> None:
    environ = {"LEAL_DATA": str(tmp_path), "LEAL_DATABASE_URL": "postgresql://x@/y"}
    told = CliRunner().invoke(app, ["backup", str(tmp_path / "b")], env=environ)
    assert (told.exit_code, "pg_dump" in told.stderr) == (1, True)
