"""The operations on orders: the two of today's plugins, and the single steps of older ones."""

from dataclasses import dataclass
from typing import Final

from leal.api.admin.lists import (
    CHANGED,
    PAGE,
    PAGING,
    SITE,
    SITE_OF_THING,
    beside,
    cursors,
    links,
    reply,
)
from leal.api.admin.order_requests import (
    amount_body,
    new_order_body,
    nothing_to_say,
    order_list,
    update_order_body,
)
from leal.api.admin.order_views import listed_order, single_order
from leal.api.admin.requests import Call, Serve, at_site
from leal.api.admin.values import Showing
from leal.api.http import Reply, empty_response
from leal.api.operations import Operation
from leal.domain.orders import CancellationStatus, OrderReport, PaymentStatus, RefundStatus
from leal.storage.listings import Place
from leal.usecases import listings, orders
from leal.usecases.access import Scope
from leal.usecases.desk import Desk


def rows(desk: Desk) -> tuple[tuple[Operation, Serve], ...]:
    """Every operation on orders with what serves it."""
    serves = _Serves(desk)
    return (
        (CREATE, serves.create),
        (UPDATE, serves.update),
        (LIST, serves.list_orders),
        (GET, serves.get),
        (SET_CANCELLED, serves.set_cancelled),
        (SET_PAID, serves.set_paid),
        (SET_REFUNDED, serves.set_refunded),
        (ADD_PAYMENT, serves.add_payment),
        (ADD_REFUND, serves.add_refund),
    )


_ORDERS: Final = "/v2/orders"
_ORDER: Final = f"{_ORDERS}/{{merchant_id}}"

CREATE: Final = Operation(
    name="orders.createOrder",
    method="POST",
    path=_ORDERS,
    summary="Tells of an order; telling of it again brings it up to date and awards nothing twice",
    scope=Scope.WRITE_ORDERS,
    query=(SITE,),
)
UPDATE: Final = Operation(
    name="orders.updateOrder",
    method="PUT",
    path=_ORDER,
    summary="Replaces the state of an order: paid, refunded, cancelled, or none of it any more",
    scope=Scope.WRITE_ORDERS,
    query=(SITE_OF_THING,),
)
LIST: Final = Operation(
    name="orders.listOrders",
    method="GET",
    path=_ORDERS,
    summary="The program's orders, the newest first",
    scope=Scope.READ_ORDERS,
    query=(*PAGING, *CHANGED, PAGE),
)
GET: Final = Operation(
    name="orders.getOrderByMerchantId",
    method="GET",
    path=_ORDER,
    summary="An order as it was last described, with single payments and refunds",
    scope=Scope.READ_ORDERS,
    query=(SITE_OF_THING,),
)


def _step(name: str, *, method: str, path: str, summary: str) -> Operation:
    return Operation(
        name=f"orders.{name}",
        method=method,
        path=f"{_ORDER}/{path}",
        summary=f"{summary}; for older clients, others update the order",
        scope=Scope.WRITE_ORDERS,
        query=(SITE_OF_THING,),
    )


SET_CANCELLED: Final = _step(
    "setCancelled", method="PUT", path="cancelled", summary="Cancels an order"
)
SET_PAID: Final = _step("setPaid", method="PUT", path="paid", summary="An order is paid in full")
SET_REFUNDED: Final = _step(
    "setRefunded", method="PUT", path="refunded", summary="An order is refunded in full"
)
ADD_PAYMENT: Final = _step(
    "addPayment", method="POST", path="payments", summary="Part of an order is paid"
)
ADD_REFUND: Final = _step(
    "addRefund", method="POST", path="refunds", summary="Part of an order is refunded"
)


@dataclass(frozen=True, slots=True)
class _Serves:
    """One method an operation."""

    desk: Desk

    async def create(self, call: Call) -> Reply:
        ask, told = at_site(call), await new_order_body(call)
        await orders.create(self.desk, ask, told.merchant_id, buyer=told.buyer, report=told.report)
        return empty_response(status=201)

    async def update(self, call: Call) -> Reply:
        return await self._reported(call, await update_order_body(call))

    async def list_orders(self, call: Call) -> Reply:
        asked = order_list(call)
        listing = await listings.list_orders(
            self.desk, call.ask.program_id, filters=asked.filters, part=asked.part
        )
        showing = Showing(program=listing.program, public_url=self.desk.public_url)
        found = beside(asked, listing.page, lambda row: Place(id=row.order.id))
        return reply(
            {
                "orders": [listed_order(row, showing) for row in listing.page.rows],
                "cursor": cursors(found),
            },
            headers=links(call, found, asked, public_url=self.desk.public_url),
        )

    async def get(self, call: Call) -> Reply:
        order, currency = await orders.get(self.desk, at_site(call), call.merchant_id)
        return reply(single_order(order, currency))

    async def set_cancelled(self, call: Call) -> Reply:
        await nothing_to_say(call)
        return await self._reported(
            call, OrderReport(cancellation_status=CancellationStatus.CANCELLED)
        )

    async def set_paid(self, call: Call) -> Reply:
        await nothing_to_say(call)
        return await self._reported(call, OrderReport(payment_status=PaymentStatus.PAID))

    async def set_refunded(self, call: Call) -> Reply:
        await nothing_to_say(call)
        return await self._reported(call, OrderReport(refund_status=RefundStatus.REFUNDED))

    async def add_payment(self, call: Call) -> Reply:
        report = OrderReport(payment=await amount_body(call))
        return await self._reported(call, report, status=201)

    async def add_refund(self, call: Call) -> Reply:
        report = OrderReport(refund=await amount_body(call))
        return await self._reported(call, report, status=201)

    async def _reported(self, call: Call, report: OrderReport, *, status: int = 204) -> Reply:
        await orders.update(self.desk, at_site(call), call.merchant_id, report=report)
        return empty_response(status=status)
