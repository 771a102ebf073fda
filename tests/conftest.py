"""Fixtures every folder of tests may ask for; plain functions, no event loop of their own."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.databases import DatabaseServer, shared_server

# How long an example takes says nothing on a machine that is busy with other tests.
settings.register_profile("leal", deadline=None)
settings.load_profile("leal")


@pytest.fixture(scope="session")
def database_server() -> Iterator[DatabaseServer]:
    """The shared PostgreSQL of this test run."""
    with shared_server() as server:
        yield server


@pytest.fixture
def database_url(database_server: DatabaseServer) -> Iterator[str]:
    """A fresh, migrated database that only this test uses."""
    with database_server.fresh() as url:
        yield url


@pytest.fixture
def empty_database_url(database_server: DatabaseServer) -> Iterator[str]:
    """A fresh database without any schema."""
    with database_server.fresh(migrated=False) as url:
        yield url
