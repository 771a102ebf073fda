"""`leal serve` and `leal migrate`: start on what is there, or say what to do; stop cleanly."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leal.cli.main import app
from tests.cli.command import Leal


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _serving(data: Path, port: int, *words: str) -> Iterator[subprocess.Popen[str]]:
    command = (sys.executable, "-m", "leal.cli.main", "serve", "--port", str(port), *words)
    environ = {k: v for k, v in os.environ.items() if not k.startswith("LEAL_")}
    with subprocess.Popen(  # noqa: S603 - this interpreter, our own program
        command, env={**environ, "LEAL_DATA": str(data)}, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            _until_it_answers(port, process)
            yield process
        finally:
            process.kill()


def _until_it_answers(port: int, process: subprocess.Popen[str]) -> None:
    give_up_at = time.monotonic() + 90
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
        except urllib.error.HTTPError as answer:
            answer.close()
            return
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < give_up_at
            time.sleep(0.05)
        else:
            return


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("words", [(), ("--workers", "2")])
def test_a_stop_is_clean_and_takes_the_embedded_server_along(
    tmp_path: Path, how: signal.Signals, words: tuple[str, ...]
) -> None:
    with _serving(tmp_path, _free_port(), *words) as process:
        assert (tmp_path / "postgres" / "postmaster.pid").exists()
        process.send_signal(how)
        ended = process.wait(timeout=20)
        assert process.stderr is not None
        said = process.stderr.read()
        assert ended == 0, said
        assert "Traceback" not in said
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()


def test_two_servers_share_a_data_folder(tmp_path: Path) -> None:
    with _serving(tmp_path, _free_port()) as first:
        port = _free_port()
        with _serving(tmp_path, port) as second:
            first.terminate()
            assert first.wait(timeout=20) == 0
            _until_it_answers(port, second)
            second.terminate()
            assert second.wait(timeout=20) == 0
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()


def test_a_taken_port_is_said_before_anything_starts(leal: Leal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = leal.fail("serve", "--port", str(taken.getsockname()[1]))
    assert "--host and --port" in said


def test_an_unmigrated_database_of_ones_own_is_left_alone(
    empty_database_url: str, tmp_path: Path
) -> None:
    leal = Leal(database_url=empty_database_url, folder=tmp_path)
    for words in (("serve", "--port", str(_free_port())), ("program", "list")):
        assert "run `leal migrate`" in leal.fail(*words)
    assert "0001_spine" in leal.fail("migrate", "--check")
    leal.run("migrate")
    leal.run("migrate", "--check")
    assert leal.run("program", "list") == ""


def test_a_database_that_is_away_and_a_bad_setting_are_one_line(tmp_path: Path) -> None:
    away = Leal(database_url="postgresql://u:hidden@127.0.0.1:1/x", folder=tmp_path)
    said = away.fail("program", "list")
    assert said.count("\n") == 1
    assert "LEAL_DATABASE_URL" in said
    assert "hidden" not in said
    result = CliRunner().invoke(app, ["program", "list"], env={"LEAL_PORT": "x"})
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "LEAL_PORT" in result.stderr


def test_switched_off_durability_is_announced(leal: Leal) -> None:
    result = CliRunner().invoke(app, ["migrate"], env=leal.environ())
    assert "WARNING: PostgreSQL runs with fsync = off" in result.stderr


def test_the_version_is_printed() -> None:
    result = CliRunner().invoke(app, ["version"])
    assert result.exit_code == 0
    assert result.stdout.strip()[0].isdigit()
