"""Lists that merchants' programs read: customers and the ledger of points, a page at a time."""

from dataclasses import dataclass
from typing import Generic, TypeVar

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
    page = await listings.list_customers(desk.database, program_id, filters=filters, part=part)
    return await _listing(desk, program_id, page)


async def list_activities(
    desk: Desk, program_id: int, *, filters: Filters, part: Part
) -> Listing[ListedActivity]:
    """A page of the program's activities."""
    page = await activities.list_activities(desk.database, program_id, filters=filters, part=part)
    return await _listing(desk, program_id, page)


async def list_orders(
    desk: Desk, program_id: int, *, filters: Filters, part: Part
) -> Listing[ListedOrder]:
    """A page of the program's orders."""
    page = await order_listings.list_orders(desk.database, program_id, filters=filters, part=part)
    return await _listing(desk, program_id, page)


async def list_transactions(
    desk: Desk, program_id: int, *, filters: Filters, part: Part
) -> Listing[Posting]:
    """A page of the program's ledger."""
    page = await listings.list_transactions(desk.database, program_id, filters=filters, part=part)
    return await _listing(desk, program_id, page)


async def list_transactions_of(
    desk: Desk, ask: Ask, merchant_id: str, *, filters: Filters, part: Part
) -> Listing[Posting]:
    """A page of one customer's ledger. Raises Missing for an unknown customer."""
    key = await id_key(desk, ask, merchant_id)
    page = await listings.find_transactions_of(
        desk.database, ask.program_id, key, filters=filters, part=part
    )
    if page is None:
        raise await not_one(desk, ask, merchant_id)
    return await _listing(desk, ask.program_id, page)


async def _listing(desk: Desk, program_id: int, page: Page[_T]) -> Listing[_T]:
    published = await desk.programs.at(program_id, page.program_version)
    return Listing(program=published.program, page=page)
