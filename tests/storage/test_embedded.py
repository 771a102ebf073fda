"""The embedded server: shared by every process on a folder, stopped by the last, crash-proof."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from leal.storage import embedded
from leal.storage.db import Database
from leal.storage.migrate import durability_warnings
from tests.databases import with_database

_HOLDER = """
import sys
from pathlib import Path
from leal.storage import embedded
server = embedded.start(Path(sys.argv[1]))
print(server.url, flush=True)
sys.stdin.read()
"""


@contextmanager
def _other_process(data: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses the folder until its standard input ends."""
    command = (sys.executable, "-W", "error", "-c", _HOLDER, str(data))
    with subprocess.Popen(  # noqa: S603 - this interpreter, our own program
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql://")
        yield process
        process.kill()


def _pid(data: Path) -> int | None:
    try:
        return int((data / "postgres" / "postmaster.pid").read_text().split()[0])
    except FileNotFoundError:
        return None


def _until(true: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 10
    while not true():
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


def _ask(url: str) -> int:
    async def ask(database: Database) -> int:
        answer: int = await database.value("SELECT 1")
        return answer

    return with_database(url, ask)


def test_data_outlive_the_server_and_the_server_is_durable(tmp_path: Path) -> None:
    async def write(database: Database) -> tuple[str, ...]:
        await database.execute("CREATE TABLE kept AS SELECT 5 AS number")
        return await durability_warnings(database)

    async def read(database: Database) -> object:
        return await database.value("SELECT number FROM kept")

    first = embedded.start(tmp_path)
    assert with_database(first.url, write) == ()
    first.stop()
    first.stop()
    assert _pid(tmp_path) is None
    second = embedded.start(tmp_path)
    assert with_database(second.url, read) == 5
    second.stop()


def test_only_the_last_process_to_leave_stops_the_server(tmp_path: Path) -> None:
    with _other_process(tmp_path) as other:
        here = embedded.start(tmp_path)
        pid = _pid(tmp_path)
        here.stop()
        assert _pid(tmp_path) == pid
        again = embedded.start(tmp_path)
        assert _pid(tmp_path) == pid
        assert other.stdin is not None
        other.stdin.close()
        other.wait()
        assert _ask(again.url) == 1
        again.stop()
        assert _pid(tmp_path) is None


def test_a_killed_process_does_not_keep_the_server_running(tmp_path: Path) -> None:
    with _other_process(tmp_path) as other:
        pid = _pid(tmp_path)
        other.kill()
        other.wait()
        here = embedded.start(tmp_path)
        assert _pid(tmp_path) == pid
        assert _ask(here.url) == 1
        here.stop()
        assert _pid(tmp_path) is None


def test_a_crashed_server_is_started_again_though_its_number_lives_on(tmp_path: Path) -> None:
    server = embedded.start(tmp_path)
    pid = _pid(tmp_path)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    socket_file = tmp_path / "postgres" / ".s.PGSQL.5432"
    _until(lambda: not _listens(socket_file))
    server.stop()
    # After a restart of the machine or container the number may be anyone's: ours, say.
    pid_file = tmp_path / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    again = embedded.start(tmp_path)
    assert _ask(again.url) == 1
    again.stop()


def test_a_server_that_died_is_revived_with_all_that_was_committed(tmp_path: Path) -> None:
    async def write(database: Database) -> str:
        return await database.execute("CREATE TABLE kept AS SELECT 5 AS number")

    async def read(database: Database) -> object:
        return await database.value("SELECT number FROM kept")

    server = embedded.start(tmp_path, options=("work_mem=5MB",))
    try:
        with_database(server.url, write)
        assert not server.revive()
        pid = _pid(tmp_path)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        _until(lambda: not _serves(pid, tmp_path))
        assert server.revive()
        assert _pid(tmp_path) != pid
        assert with_database(server.url, read) == 5
        assert with_database(server.url, lambda on: on.value("SHOW work_mem")) == "5MB"
    finally:
        server.stop()
    assert not server.revive()


def _serves(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").samefile(folder / "postgres")
    except OSError:
        return False


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as trial:
        return trial.connect_ex(str(path)) == 0


def test_a_folder_with_a_long_or_odd_name_works(tmp_path: Path) -> None:
    data = tmp_path / ("long 'name' & é " * 8)
    server = embedded.start(data)
    try:
        assert _ask(server.url) == 1
        assert _ask(server.url_of("postgres")) == 1
    finally:
        server.stop()


def test_a_half_made_folder_is_made_anew(tmp_path: Path) -> None:
    half = tmp_path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    server = embedded.start(tmp_path)
    assert _ask(server.url) == 1
    server.stop()


def test_a_folder_of_another_version_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    version = tmp_path / "postgres" / "PG_VERSION"
    version.write_text("11\n")
    with pytest.raises(embedded.EmbeddedUnavailable, match="made by PostgreSQL 11"):
        embedded.start(tmp_path)
    assert version.read_text() == "11\n"


def test_a_place_that_is_no_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(embedded.EmbeddedUnavailable, match="LEAL_DATA"):
        embedded.start(tmp_path / "file")
