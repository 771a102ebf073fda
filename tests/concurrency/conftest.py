"""One fleet for the whole folder: starting two servers is what takes the time here."""

from collections.abc import Iterator

import pytest

from tests.concurrency.fleet import Fleet, running
from tests.databases import DatabaseServer


@pytest.fixture(scope="session")
def fleet(
    database_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fleet]:
    """Two servers on a database of their own; neither may have failed at anything by the end."""
    with (
        database_server.fresh() as url,
        running(url, tmp_path_factory.mktemp("fleet")) as started,
    ):
        yield started
        assert "request_failed" not in started.log.read_text()
