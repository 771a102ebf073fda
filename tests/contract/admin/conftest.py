"""Back offices for the contract tests of the Admin API."""

import pytest

from tests.contract.admin.office import Office
from tests.contract.conftest import NewWorld
from tests.programs import lion_rewards


@pytest.fixture
def office(new_world: NewWorld) -> Office:
    """A back office of the lion's program, with nobody in it yet."""
    return Office(new_world(lion_rewards()))


@pytest.fixture(scope="module")
def crowd(shared_world: NewWorld) -> Office:
    """Seven members, one joined every hour: 1001 to 1007. Tests only read."""
    office = Office(shared_world(lion_rewards()))
    for number in range(1001, 1008):
        office.signup(str(number))
        office.world.later(hours=1)
    office.settle()
    return office
