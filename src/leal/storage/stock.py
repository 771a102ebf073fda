"""What a program has to give away, by itself: beside no customer."""

from typing import Final

from leal.domain.scene import Shelf
from leal.storage.db import Runner

# How many of each counted variant were given away.
_GIVEN: Final = "SELECT reward_id, variant_id, given FROM reward_stock WHERE program_id = $1"


async def load(on: Runner, program_id: int) -> Shelf:
    """What was given away of counted goods; of pools it says nothing."""
    rows = await on.rows(_GIVEN, program_id)
    return Shelf(given={(row["reward_id"], row["variant_id"]): row["given"] for row in rows})
