"""`leal verify` on claims whose program changed under them.

What cannot be known is not held against anybody, and what is certain still is.
"""

from collections.abc import Iterator

import pytest

from leal.storage.verification import Invariant
from tests.databases import DatabaseServer
from tests.programs import Change, Document, drop
from tests.storage.claim_shop import (
    MUG,
    claim,
    give_back,
    populate,
    shelf,
    violations,
)
from tests.worlds import World, world_on


@pytest.fixture
def world(database_server: DatabaseServer) -> Iterator[World]:
    with database_server.fresh() as url, world_on(url, shelf()) as made:
        yield made


def without_mug(document: Document) -> None:
    offered = document["rewards"]
    assert isinstance(offered, list)
    del offered[2]


uncounted = drop("rewards.2.product.variants.0.inventory_count")


@pytest.mark.parametrize("meanwhile", [without_mug, uncounted])
def test_what_ends_unseen_is_not_held_against_shelf_and_counter(
    world: World, meanwhile: Change
) -> None:
    """A claim comes back while its reward is gone, or not counted: what it took goes back as well.

    Verification cannot know of the counter, and more than was ever taken is wrong all the same.
    """
    populate(world)
    document = shelf()
    meanwhile(document)
    world.publish(document)
    give_back(world, MUG)
    world.publish(shelf())
    assert violations(world) == ()
    assert world.run(world.database.value("SELECT given FROM reward_stock")) == 0
    assert violations(world, "UPDATE reward_stock SET given = 2") == ()
    (wrong,) = violations(world, "UPDATE reward_stock SET given = 3")
    assert wrong.invariant is Invariant.STOCK
    assert wrong.finding.expected == "0 to 2 of variant red of reward 3 given away"


def test_a_counter_that_cannot_know_is_held_to_what_is_certain(world: World) -> None:
    populate(world)
    document = shelf()
    without_mug(document)
    world.publish(document)
    give_back(world, MUG)
    low = "UPDATE counters SET total = 1, year = {0}, month = {0}, week = {0}, day = {0}"
    of_mug = f"{low.format(0)} WHERE subject = 'reward' AND subject_id = 3"
    assert violations(world, of_mug) == ()
    (wrong,) = violations(world, "UPDATE counters SET total = 3 WHERE subject_id = 3")
    assert wrong.finding.expected == "0 to 2 claims of reward 3 counted"


def test_counting_may_begin_after_the_first_claims(database_url: str) -> None:
    """What was claimed before is not on the books of the shelf, and may come back to it."""
    document = shelf()
    uncounted(document)
    with world_on(database_url, document) as world:
        populate(world)
        world.publish(shelf())
        for _ in range(2):
            claim(world, 3, variant_id="red", cart_id="cart")
        give_back(world, MUG)
        assert violations(world) == ()
        (wrong,) = violations(world, "UPDATE reward_stock SET given = 3")
        assert wrong.finding.expected == "0 to 2 of variant red of reward 3 given away"
