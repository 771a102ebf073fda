"""Worlds for contract tests: one of the test's own, or one a module's tests share."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TypeAlias

import pytest

from tests.databases import DatabaseServer
from tests.programs import Document
from tests.worlds import World, world_on

NewWorld: TypeAlias = Callable[[Document], World]


@pytest.fixture
def new_world(database_server: DatabaseServer) -> Iterator[NewWorld]:
    """Make worlds for this test only, each on a database of its own."""
    yield from _maker(database_server)


@pytest.fixture(scope="module")
def shared_world(database_server: DatabaseServer) -> Iterator[NewWorld]:
    """Make worlds that the tests of a module share: let each use merchant ids of its own."""
    yield from _maker(database_server)


def _maker(server: DatabaseServer) -> Iterator[NewWorld]:
    with ExitStack() as opened:

        def make(document: Document) -> World:
            url = opened.enter_context(server.fresh())
            return opened.enter_context(world_on(url, document))

        yield make
