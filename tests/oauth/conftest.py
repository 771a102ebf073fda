"""Apps and operators for tests of OAuth: a shop that two people look after, and one app."""

from collections.abc import Iterator

import pytest

from tests.databases import DatabaseServer
from tests.jobs.shops import join, shop
from tests.oauth.office import Office, open_office
from tests.worlds import world_on


@pytest.fixture
def office(database_server: DatabaseServer) -> Iterator[Office]:
    with database_server.fresh() as url, world_on(url, shop()) as world:
        join(world, "ann")
        yield open_office(world)
