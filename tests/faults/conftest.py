"""What the tests of faults share: a PostgreSQL of their own, and a table of what they counted."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.postgres import OwnPostgres, own_folder, own_postgres
from tests.faults.servers import Installation, free_port


@pytest.fixture(scope="session")
def own() -> Iterator[OwnPostgres]:
    """One durable PostgreSQL of these tests alone; whoever kills it sees to it that it lives on."""
    with own_folder() as folder, own_postgres(folder) as started:
        yield started


@pytest.fixture
def installation(own: OwnPostgres, tmp_path: Path) -> Iterator[Installation]:
    """A database of its own on that server, and what leal is started with."""
    with own.databases.fresh() as url:
        yield Installation(
            database_url=url,
            folder=tmp_path,
            port=free_port(),
            secret_key=secrets.token_bytes(32),
        )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Shows what was counted, for whoever wants to know how much a green test means."""
    for report in terminalreporter.stats.get("passed", []):
        if report.user_properties and "tests/faults" in report.nodeid:
            counted = ", ".join(f"{name} {value}" for name, value in report.user_properties)
            terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {counted}")
