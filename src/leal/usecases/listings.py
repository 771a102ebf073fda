"""Lists that merchants' programs read: customers and the ledger of points, a page at a time.

A list that a reader may go on from ends before rows beside which smaller ids may still appear. They
are there within moments, as a rule; so a list waits a little for what was there when it was asked
for: who writes and then reads finds what they wrote, whoever else writes at the same time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from leal.domain.customers import Customer
from leal.domain.program import Program
from leal.storage import activities, listings, order_listings
from leal.storage.activities import ListedActivity
from leal.storage.listings import Filters, Page, Part, Posting
from leal.storage.order_listings import ListedOrder
from leal.usecases.desk import Ask, Desk
from leal.usecases.whose import id_key, not_one

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[_T]):
    """A page, with the program in force that its rows refer to."""

    program: Program
    page: Page[_T]


async def list_customers(
    desk: Desk, program_id: int, *, filters: Filters, part: Part
) -> Listing[Customer]:
    """A page of the program's customers."""
    page = await _complete(
        lambda: listings.list_customers(desk.database, program_id, filters=filters, part=part), part
    )
    return await _listing(desk, program_id, page)


async def list_activities(
    desk: Desk, program_id: int, *, filters: Filters, part: Part
) -> Listing[ListedActivity]:
    """A page of the program's activities."""
    page = await _complete(
        lambda: activities.list_activities(desk.database, program_id, filters=filters, part=part),
        part,
    )
    return await _listing(desk, program_id, page)


async def list_orders(
    desk: Desk, program_id: int, *, filters: Filters, part: Part
) -> Listing[ListedOrder]:
    """A page of the program's orders."""
    page = await _complete(
        lambda: order_listings.list_orders(desk.database, program_id, filters=filters, part=part),
        part,
    )
    return await _listing(desk, program_id, page)


async def list_transactions(
    desk: Desk, program_id: int, *, filters: Filters, part: Part
) -> Listing[Posting]:
    """A page of the program's ledger."""
    page = await _complete(
        lambda: listings.list_transactions(desk.database, program_id, filters=filters, part=part),
        part,
    )
    return await _listing(desk, program_id, page)


async def list_transactions_of(
    desk: Desk, ask: Ask, merchant_id: str, *, filters: Filters, part: Part
) -> Listing[Posting]:
    """A page of one customer's ledger. Raises Missing for an unknown customer."""
    key = await id_key(desk, ask, merchant_id)

    async def read() -> Page[Posting]:
        page = await listings.find_transactions_of(
            desk.database, ask.program_id, key, filters=filters, part=part
        )
        if page is None:
            raise await not_one(desk, ask, merchant_id)
        return page

    return await _listing(desk, ask.program_id, await _complete(read, part))


# Two seconds in all, on a machine that is overrun; a save in the way is over after the first ones.
_PAUSES_S: Final = (0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.25, 0.5, 1.0)


async def _complete(read: Callable[[], Awaitable[Page[_T]]], part: Part) -> Page[_T]:
    """The page once it may show all rows that were there at first, or as it is after a moment."""
    page = await read()
    newest_id = page.newest_id
    for pause_s in _PAUSES_S:
        inside = page.more and part.ascending and not part.backwards
        if inside or page.settled_id >= newest_id:
            break
        await asyncio.sleep(pause_s)
        page = await read()
    return page


async def _listing(desk: Desk, program_id: int, page: Page[_T]) -> Listing[_T]:
    published = await desk.programs.at(program_id, page.program_version)
    return Listing(program=published.program, page=page)
