"""Askers for the contract tests of leal's own API."""

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.own.asker import Asker
from tests.jobs.shops import join, shop


@pytest.fixture
def asker(new_world: NewWorld) -> Asker:
    """Somebody in a shop with 5 points a dollar and one member, Ann."""
    world = new_world(shop())
    join(world, "ann")
    return Asker(world)
