"""Worlds whose time can be moved."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.programs import Document
from tests.worlds import World, world_on

NewWorld = Callable[[Document], World]


@pytest.fixture
def new_world(database_url: str) -> Iterator[NewWorld]:
    """Makes the test's one world, with a program of its choice."""
    with ExitStack() as stack:

        def make(document: Document) -> World:
            return stack.enter_context(world_on(database_url, document))

        yield make
