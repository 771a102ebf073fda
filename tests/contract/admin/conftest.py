"""Back offices for the contract tests of the Admin API."""

import pytest

from tests.contract.admin.office import Office
from tests.contract.conftest import NewWorld
from tests.programs import lion_rewards


@pytest.fixture
def office(new_world: NewWorld) -> Office:
    """A back office of the lion's program, with nobody in it yet."""
    return Office(new_world(lion_rewards()))
