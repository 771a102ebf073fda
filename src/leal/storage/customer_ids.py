"""Whose a shop's id of a customer is: each site of a program counts its customers by itself."""

from dataclasses import dataclass

from leal.storage.db import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class IdsOf:
    """Whose ids of customers are meant: a site's, and `strictly` those only."""

    site_id: int
    strictly: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IdKey:
    """A customer by a shop's id of them; `site_id` is the site whose ids are meant, if one is."""

    merchant_id: str
    site_id: int | None = None


# Who has a shop's id, by site.
_OWNERS = "SELECT site_id, customer_id FROM customer_ids WHERE program_id = $1 AND merchant_id = $2"


async def find_owners(on: Runner, program_id: int, merchant_id: str) -> dict[int, int]:
    """Whose a shop's id is on each site where it is somebody's, by leal's id of them."""
    rows = await on.rows(_OWNERS, program_id, merchant_id)
    return {row["site_id"]: row["customer_id"] for row in rows}
