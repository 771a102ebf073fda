"""The Admin API's route table: each operation, and the handler that serves it.

A handler admits the caller, reads the request, calls one use case and shows the outcome. It
decides nothing; what cannot be done is raised below it and worded by the dialect.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

import msgspec
from starlette.requests import Request

from leal.api.admin.csv_form import transactions_csv
from leal.api.admin.paging import Asked, List, Neighbours, link, neighbours
from leal.api.admin.requests import (
    DEFAULT_LIMIT,
    MAX_ADDED,
    MAX_LIMIT,
    Call,
    Direction,
    Form,
    admit,
    customer_list,
    form,
    points_body,
    transaction_list,
    update_body,
)
from leal.api.admin.values import Json, Showing
from leal.api.admin.views import customer, identity, transaction
from leal.api.gate import Gate
from leal.api.http import Handler, Headers, Reply, empty_response, json_response
from leal.api.ids import MAX_JSON_INTEGER
from leal.api.operations import Operation, Parameter
from leal.domain.customers import Customer
from leal.domain.dates import local_day
from leal.storage.listings import Page, Place, Posting, Sort
from leal.usecases import customers, listings, points
from leal.usecases.access import Scope
from leal.usecases.desk import Desk
from leal.usecases.listings import Listing

PREFIX = "/v2"
_KEPT_IN_PATHS = "/%:@!$&'()*+,;=~"
_CUSTOMERS = f"{PREFIX}/customers"
_CUSTOMER = f"{_CUSTOMERS}/{{merchant_id}}"

_Row = TypeVar("_Row")

Serve = Callable[[Call], Awaitable[Reply]]


def table(desk: Desk, gate: Gate) -> Sequence[tuple[Operation, Handler]]:
    """Every operation with its handler; the busiest come first, as they are matched in order."""
    serves = _Serves(desk)
    rows: tuple[tuple[Operation, Serve], ...] = (
        (LIST_CUSTOMERS, serves.list_customers),
        (ADD_POINTS, serves.add_points),
        (REMOVE_POINTS, serves.remove_points),
        (UPDATE_CUSTOMER, serves.update_customer),
        (LIST_TRANSACTIONS_OF, serves.list_transactions_of),
        (LIST_TRANSACTIONS, serves.list_transactions),
        (WHOAMI, serves.whoami),
    )
    return tuple((operation, _handler(operation, serve, gate)) for operation, serve in rows)


_TIME: dict[str, object] = {"type": "string", "format": "date-time"}
_PAGING = (
    Parameter(
        name="limit",
        meaning="How many at most",
        schema={
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_LIMIT,
            "default": DEFAULT_LIMIT,
        },
    ),
    Parameter(
        name="cursor",
        meaning="From an answer's `cursor` or `Link`: the page beside it. All but `limit` is "
        "then as it was",
        schema={"type": "string"},
    ),
    Parameter(
        name="since_id",
        meaning="Only larger ids, the smallest first; begin with 0",
        schema={"type": "integer", "minimum": 0},
    ),
    Parameter(name="created_at_min", meaning="Created then or later", schema=_TIME),
    Parameter(name="created_at_max", meaning="Created before then", schema=_TIME),
)
_FORM = Parameter(
    name="type",
    meaning="How the list is written; cursors of CSV are in `Link` only",
    schema={"type": "string", "enum": list(Form), "default": Form.JSON},
)

LIST_CUSTOMERS = Operation(
    name="customers.listCustomers",
    method="GET",
    path=_CUSTOMERS,
    summary="The program's customers, the newest first",
    scope=Scope.READ_CUSTOMERS,
    query=(
        *_PAGING,
        Parameter(name="updated_at_min", meaning="Changed then or later", schema=_TIME),
        Parameter(name="updated_at_max", meaning="Changed before then", schema=_TIME),
        Parameter(
            name="email",
            meaning="Part of the e-mail address, in upper or lower case",
            schema={"type": "string", "maxLength": 254, "example": "kim@example.com"},
        ),
        Parameter(
            name="sort_field",
            meaning="What the list is sorted by; `since_id` sorts by id",
            schema={"type": "string", "enum": list(Sort), "default": Sort.ID},
        ),
        Parameter(
            name="sort_direction",
            meaning="Which end comes first",
            schema={"type": "string", "enum": list(Direction), "default": Direction.DESCENDING},
        ),
        Parameter(
            name="page",
            meaning="Deprecated: follow `cursor` instead. At most 1,000,000 rows deep",
            schema={"type": "integer", "minimum": 1, "deprecated": True},
        ),
    ),
)
UPDATE_CUSTOMER = Operation(
    name="customers.updateCustomer",
    method="PATCH",
    path=_CUSTOMER,
    summary="Sets a customer's birthday, or blocks or unblocks them",
    scope=Scope.WRITE_CUSTOMERS,
)
ADD_POINTS = Operation(
    name="customers.addPointsToCustomer",
    method="POST",
    path=f"{_CUSTOMER}/points",
    summary="Gives a customer points, approved at once",
    scope=Scope.WRITE_CUSTOMERS,
)
REMOVE_POINTS = Operation(
    name="customers.removePointsFromCustomer",
    method="POST",
    path=f"{_CUSTOMER}/remove_points",
    summary="Takes approved points from a customer; the balance may fall below zero",
    scope=Scope.WRITE_CUSTOMERS,
)
LIST_TRANSACTIONS_OF = Operation(
    name="customers.listTransactionsForCustomer",
    method="GET",
    path=f"{_CUSTOMER}/transactions",
    summary="How a customer's points came and went, the newest first",
    scope=Scope.READ_CUSTOMERS,
    query=(*_PAGING, _FORM),
)
LIST_TRANSACTIONS = Operation(
    name="transactions.listTransactions",
    method="GET",
    path=f"{PREFIX}/transactions",
    summary="How all points came and went, the newest first",
    scope=Scope.READ_CUSTOMERS,
    query=(
        *_PAGING,
        _FORM,
        Parameter(
            name="customer_id",
            meaning="Of this customer only, by `id` (not the shop's)",
            schema={"type": "integer", "minimum": 1},
        ),
    ),
)
WHOAMI = Operation(
    name="identity.whoami",
    method="GET",
    path=f"{PREFIX}/identity/whoami",
    summary="What the credentials are good for",
    scope=None,
)


@dataclass(frozen=True, slots=True)
class _Serves:
    """One method an operation."""

    desk: Desk

    async def whoami(self, call: Call) -> Reply:
        return _reply({"identity": identity(call.caller)})

    async def list_customers(self, call: Call) -> Reply:
        asked = customer_list(call)
        listing = await listings.list_customers(
            self.desk, call.ask.program_id, filters=asked.filters, part=asked.part
        )
        showing = self._showing(listing)
        beside = _beside(asked, listing.page, lambda person: _standing(person, asked))
        return _reply(
            {
                "customers": [customer(person, showing) for person in listing.page.rows],
                "cursor": {"prev": beside.prev, "next": beside.next},
            },
            headers=self._link(call, beside, asked),
        )

    async def list_transactions(self, call: Call) -> Reply:
        asked = transaction_list(call, of=List.TRANSACTIONS)
        wanted = form(call)
        listing = await listings.list_transactions(
            self.desk, call.ask.program_id, filters=asked.filters, part=asked.part
        )
        return self._transactions(call, asked, listing=listing, wanted=wanted)

    async def list_transactions_of(self, call: Call) -> Reply:
        asked = transaction_list(call, of=List.CUSTOMER_TRANSACTIONS)
        wanted = form(call)
        listing = await listings.list_transactions_of(
            self.desk,
            call.ask.program_id,
            call.merchant_id,
            filters=asked.filters,
            part=asked.part,
        )
        return self._transactions(call, asked, listing=listing, wanted=wanted)

    async def update_customer(self, call: Call) -> Reply:
        published = await self.desk.programs.lately(call.ask.program_id)
        today = local_day(self.desk.clock(), published.program.primary_site.zone)
        birthday, blocked = await update_body(call, today=today)
        outcome = await customers.update(
            self.desk, call.ask, call.merchant_id, birthday=birthday, blocked=blocked
        )
        showing = Showing(program=outcome.scene.program, public_url=self.desk.public_url)
        return _reply({"customer": customer(outcome.account.customer, showing)})

    async def add_points(self, call: Call) -> Reply:
        amount, reason = await points_body(call, maximum=MAX_ADDED)
        await points.add(self.desk, call.ask, call.merchant_id, points=amount, reason=reason)
        return empty_response(status=201)

    async def remove_points(self, call: Call) -> Reply:
        amount, reason = await points_body(call, maximum=MAX_JSON_INTEGER)
        await points.remove(self.desk, call.ask, call.merchant_id, points=amount, reason=reason)
        return empty_response(status=204)

    def _transactions(
        self, call: Call, asked: Asked, *, listing: Listing[Posting], wanted: Form
    ) -> Reply:
        page, showing = listing.page, self._showing(listing)
        beside = _beside(asked, page, lambda posting: Place(id=posting.id))
        headers = self._link(call, beside, asked, wanted=wanted)
        if wanted is Form.CSV:
            return transactions_csv(page.rows, showing, headers=headers)
        return _reply(
            {
                "transactions": [transaction(posting, showing) for posting in page.rows],
                "cursor": {"prev": beside.prev, "next": beside.next},
            },
            headers=headers,
        )

    def _showing(self, listing: Listing[_Row]) -> Showing:
        return Showing(program=listing.program, public_url=self.desk.public_url)

    def _link(
        self, call: Call, beside: Neighbours, asked: Asked, *, wanted: Form = Form.JSON
    ) -> list[tuple[str, str]]:
        """The Link header, whose addresses keep the limit and the form of this page."""
        path = quote(call.request.scope["path"], safe=_KEPT_IN_PATHS, encoding="latin-1")
        query = {"limit": str(asked.part.limit)}
        if wanted is not Form.JSON:
            query["type"] = wanted
        return link(f"{self.desk.public_url}{path}", beside, query=query)


def _handler(operation: Operation, serve: Serve, gate: Gate) -> Handler:
    async def handler(request: Request) -> Reply:
        return await serve(await admit(request, operation, gate))

    return handler


def _reply(document: Json, *, headers: Headers = ()) -> Reply:
    return json_response(msgspec.json.encode(document), headers=headers)


def _beside(asked: Asked, page: Page[_Row], place: Callable[[_Row], Place]) -> Neighbours:
    """The cursors of the pages beside this one; an empty page has nothing to go on from."""
    if not page.rows:
        return Neighbours(prev=None, next=None)
    return neighbours(asked, page, first=place(page.rows[0]), last=place(page.rows[-1]))


def _standing(person: Customer, asked: Asked) -> Place:
    by_change = asked.part.sort is Sort.UPDATED_AT
    return Place(id=person.id, updated_at=person.updated_at if by_change else None)
