"""The Admin API's route table: each operation, and the handler that serves it.

A handler admits the caller, reads the request, calls one use case and shows the outcome. It
decides nothing; what cannot be done is raised below it and worded by the dialect.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import Request

from leal.api.admin import (
    activity_routes,
    order_routes,
    review_routes,
    reward_routes,
    site_routes,
    unsubscribe_routes,
    webhook_routes,
)
from leal.api.admin.csv_form import transactions_csv
from leal.api.admin.errors import AdminDialect
from leal.api.admin.lists import CHANGED, PAGE, PAGING, SITE_OF_ID, beside, cursors, links, reply
from leal.api.admin.paging import Asked, List
from leal.api.admin.requests import (
    MAX_ADDED,
    Call,
    Direction,
    Form,
    Serve,
    admit,
    at_site,
    by_hand,
    customer_list,
    form,
    points_body,
    transaction_list,
    update_body,
)
from leal.api.admin.transaction_views import transaction
from leal.api.admin.values import Showing
from leal.api.admin.views import customer, identity
from leal.api.gate import Gate
from leal.api.http import Handler, Reply, empty_response
from leal.api.idempotency import keyed
from leal.api.ids import MAX_JSON_INTEGER
from leal.api.operations import Operation, Parameter
from leal.domain.customers import Customer
from leal.domain.dates import local_day
from leal.domain.deeds import Action
from leal.storage.listings import Place, Posting, Sort
from leal.usecases import customers, listings, points
from leal.usecases.access import Scope
from leal.usecases.desk import Desk
from leal.usecases.listings import Listing

PREFIX = "/v2"
_CUSTOMERS = f"{PREFIX}/customers"
_CUSTOMER = f"{_CUSTOMERS}/{{merchant_id}}"

_Row = TypeVar("_Row")


def table(desk: Desk, gate: Gate) -> Sequence[tuple[Operation, Handler]]:
    """Every operation with its handler; the busiest come first, as they are matched in order."""

    def rows_at(bound: Desk) -> Sequence[tuple[Operation, Serve]]:
        return _rows(bound, gate)

    rows = keyed(rows_at, desk, AdminDialect())
    return tuple((operation, _handler(operation, serve, gate)) for operation, serve in rows)


def _rows(desk: Desk, gate: Gate) -> Sequence[tuple[Operation, Serve]]:
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
    rows += (*order_routes.rows(desk), *activity_routes.rows(desk), *reward_routes.rows(desk))
    rows += (
        *site_routes.rows(desk, gate),
        *unsubscribe_routes.rows(desk),
        *review_routes.rows(desk),
    )
    return (*rows, *webhook_routes.rows(desk))


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
        *PAGING,
        *CHANGED,
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
        PAGE,
    ),
)
UPDATE_CUSTOMER = Operation(
    name="customers.updateCustomer",
    method="PATCH",
    path=_CUSTOMER,
    summary="Sets a customer's birthday, or blocks or unblocks them",
    scope=Scope.WRITE_CUSTOMERS,
    query=(SITE_OF_ID,),
)
ADD_POINTS = Operation(
    name="customers.addPointsToCustomer",
    method="POST",
    path=f"{_CUSTOMER}/points",
    summary="Gives a customer points, approved at once",
    scope=Scope.WRITE_CUSTOMERS,
    query=(SITE_OF_ID,),
)
REMOVE_POINTS = Operation(
    name="customers.removePointsFromCustomer",
    method="POST",
    path=f"{_CUSTOMER}/remove_points",
    summary="Takes approved points from a customer; the balance may fall below zero",
    scope=Scope.WRITE_CUSTOMERS,
    query=(SITE_OF_ID,),
)
LIST_TRANSACTIONS_OF = Operation(
    name="customers.listTransactionsForCustomer",
    method="GET",
    path=f"{_CUSTOMER}/transactions",
    summary="How a customer's points came and went, the newest first",
    scope=Scope.READ_CUSTOMERS,
    csv=True,
    query=(*PAGING, _FORM, SITE_OF_ID),
)
LIST_TRANSACTIONS = Operation(
    name="transactions.listTransactions",
    method="GET",
    path=f"{PREFIX}/transactions",
    summary="How all points came and went, the newest first",
    scope=Scope.READ_CUSTOMERS,
    csv=True,
    query=(
        *PAGING,
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
        return reply({"identity": identity(call.caller)})

    async def list_customers(self, call: Call) -> Reply:
        asked = customer_list(call)
        listing = await listings.list_customers(
            self.desk, call.ask.program_id, filters=asked.filters, part=asked.part
        )
        showing = self._showing(listing)
        found = beside(asked, listing.page, lambda person: _standing(person, asked))
        return reply(
            {
                "customers": [customer(person, showing) for person in listing.page.rows],
                "cursor": cursors(found),
            },
            headers=links(call, found, asked, public_url=self.desk.public_url),
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
            at_site(call),
            call.merchant_id,
            filters=asked.filters,
            part=asked.part,
        )
        return self._transactions(call, asked, listing=listing, wanted=wanted)

    async def update_customer(self, call: Call) -> Reply:
        published = await self.desk.programs.lately(call.ask.program_id)
        now = self.desk.now(call.ask.program_id)
        today = local_day(now, published.program.primary_site.zone)
        birthday, blocked = await update_body(call, today=today)
        action = Action.CUSTOMER_UPDATED
        if blocked is not None:
            action = Action.CUSTOMER_BLOCKED if blocked else Action.CUSTOMER_UNBLOCKED
        ask = by_hand(call, action, {})
        outcome = await customers.update(
            self.desk, ask, call.merchant_id, birthday=birthday, blocked=blocked
        )
        showing = Showing(program=outcome.scene.program, public_url=self.desk.public_url)
        return reply({"customer": customer(outcome.account.customer, showing)})

    async def add_points(self, call: Call) -> Reply:
        amount, reason = await points_body(call, maximum=MAX_ADDED)
        ask = by_hand(call, Action.POINTS_ADDED, {"points": amount})
        await points.add(self.desk, ask, call.merchant_id, points=amount, reason=reason)
        return empty_response(status=201)

    async def remove_points(self, call: Call) -> Reply:
        amount, reason = await points_body(call, maximum=MAX_JSON_INTEGER)
        ask = by_hand(call, Action.POINTS_REMOVED, {"points": amount})
        await points.remove(self.desk, ask, call.merchant_id, points=amount, reason=reason)
        return empty_response(status=204)

    def _transactions(
        self, call: Call, asked: Asked, *, listing: Listing[Posting], wanted: Form
    ) -> Reply:
        page, showing = listing.page, self._showing(listing)
        found = beside(asked, page, lambda posting: Place(id=posting.id))
        headers = links(call, found, asked, public_url=self.desk.public_url, wanted=wanted)
        if wanted is Form.CSV:
            return transactions_csv(page.rows, showing, headers=headers)
        orders = Scope.READ_ORDERS in call.caller.scopes
        shown = [transaction(posting, showing, orders=orders) for posting in page.rows]
        return reply({"transactions": shown, "cursor": cursors(found)}, headers=headers)

    def _showing(self, listing: Listing[_Row]) -> Showing:
        return Showing(program=listing.program, public_url=self.desk.public_url)


def _handler(operation: Operation, serve: Serve, gate: Gate) -> Handler:
    async def handler(request: Request) -> Reply:
        return await serve(await admit(request, operation, gate))

    return handler


def _standing(person: Customer, asked: Asked) -> Place:
    by_change = asked.part.sort is Sort.UPDATED_AT
    return Place(id=person.id, updated_at=person.updated_at if by_change else None)
