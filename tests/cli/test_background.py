"""`leal jobs`, `leal clock` and `leal worker`, as an operator meets them."""

import json
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from leal.app import open_desk
from leal.jobs.queue import queries_on
from leal.jobs.schedule import make_round
from leal.settings import read_settings
from leal.storage.db import Database
from leal.usecases.clock import read_distance
from leal.usecases.due import Kind
from tests.cli.command import Leal
from tests.databases import with_database


def test_a_sandbox_is_made_shown_and_moved_on(leal: Leal) -> None:
    leal.run("program", "apply", leal.write(), "--sandbox")
    assert leal.run("clock", "show").split("\t")[1] == "sandbox"
    said = leal.run("clock", "advance", "15d", "--program", "1")
    # each of the days that went by was counted, and nothing else was due
    done = {kind: "15" if kind is Kind.MEMBERS else "0" for kind in Kind}
    assert [line.split("\t") for line in said.splitlines()] == [
        [kind.value, count] for kind, count in done.items()
    ]
    assert leal.run("clock", "show").strip().endswith("15 days, 0:00:00")


def test_production_refuses_and_says_what_to_do(leal: Leal) -> None:
    leal.run("program", "apply", leal.write())
    assert "--new --sandbox" in leal.fail("clock", "advance", "1d")
    assert "add --new" in leal.fail("program", "apply", leal.write(), "--sandbox")
    assert leal.run("clock", "show").split("\t")[1] == "production"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("12h", 43_200), ("15d", 1_296_000), ("2w", 1_209_600)],
)
def test_distances_have_a_unit(text: str, seconds: int) -> None:
    assert read_distance(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["0d", "-1d", "15", "d", "1.5d", "1y", "3661d", "9999999999s", ""])
def test_other_distances_are_explained(text: str) -> None:
    with pytest.raises(ValueError, match="such as 15d"):
        read_distance(text)


def test_before_any_worker_ran_jobs_says_how_to_start_one(leal: Leal) -> None:
    assert leal.run("jobs") == ""
    assert json.loads(leal.run("jobs", "--json")) == {
        "queue": {"next_round_at": None, "waiting": 0, "working": 0},
        "runs": [],
    }


def test_a_worker_works_is_shown_and_stops(leal: Leal, tmp_path: Path) -> None:
    """Rounds begin with the minute; what waits in the queue is done at once."""
    leal.run("program", "apply", leal.write())
    with_database(leal.database_url, lambda database: _queued(leal, database))
    command = (sys.executable, "-m", "leal.cli.main", "worker")
    log = tmp_path / "worker.log"
    with (
        log.open("wb") as said,
        subprocess.Popen(  # noqa: S603 - this interpreter, our own program
            command, env={**os.environ, **leal.environ()}, stderr=said
        ) as process,
    ):
        try:
            _until_it_worked(leal, process)
        finally:
            process.terminate()
        assert process.wait(timeout=20) == 0
    assert "Traceback" not in log.read_text()
    kinds = {line.split("\t")[0] for line in leal.run("jobs").splitlines()}
    assert kinds == {kind.value for kind in Kind}


async def _queued(leal: Leal, database: Database) -> int:
    desk = open_desk(database, read_settings(leal.environ()))
    return await make_round(desk, queries_on(database))


def _until_it_worked(leal: Leal, process: subprocess.Popen[bytes]) -> None:
    give_up_at = time.monotonic() + 100
    while len(json.loads(leal.run("jobs", "--json"))["runs"]) < len(Kind):
        assert process.poll() is None
        assert time.monotonic() < give_up_at
        time.sleep(0.5)
