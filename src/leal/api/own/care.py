"""Telling all that is known of a customer, and erasing them, over HTTP."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final

import msgspec
from starlette.types import Receive, Send
from starlette.types import Scope as HttpScope

from leal.api.fields import Fields
from leal.api.gate import require
from leal.api.http import Reply, json_response
from leal.api.json_body import parse_object, read_body
from leal.api.operations import Operation
from leal.api.own.audit import deed
from leal.api.own.requests import SITE_OF_ID, Call, Serve, about
from leal.api.own.views import instant
from leal.domain.deeds import Action
from leal.usecases import customer_care
from leal.usecases.access import Scope
from leal.usecases.desk import Desk

EXPORT: Final = Operation(
    name="customers.export",
    method="GET",
    path="/leal/v1/customers/{merchant_id}/export",
    summary="All that is known of a customer; needs `read_orders` too",
    scope=Scope.READ_CUSTOMERS,
    query=(SITE_OF_ID,),
)
ERASE: Final = Operation(
    name="customers.erase",
    method="POST",
    path="/leal/v1/customers/{merchant_id}/erase",
    summary="Erases all that is known of the person behind a customer, for good",
    scope=Scope.WRITE_CUSTOMERS,
    query=(SITE_OF_ID,),
)


def rows(desk: Desk) -> tuple[tuple[Operation, Serve], ...]:
    """Every operation of this file with what serves it."""
    serves = _Serves(desk)
    return ((EXPORT, serves.export), (ERASE, serves.erase))


class _Streamed(Reply):
    """A JSON answer that is sent as it is made, whatever its length."""

    __slots__ = ("_pieces",)

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        super().__init__(b"", 200, [(b"content-type", b"application/json")])
        self._pieces = pieces

    async def __call__(self, _scope: HttpScope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        async for piece in self._pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@dataclass(frozen=True, slots=True)
class _Serves:
    """One method an operation."""

    desk: Desk

    async def export(self, call: Call) -> Reply:
        require(call.caller, Scope.READ_ORDERS)
        done = deed(call, Action.CUSTOMER_EXPORTED)
        ask = replace(about(call), deed=done)
        persons = await customer_care.find(self.desk, ask, call.merchant_id)
        return _Streamed(customer_care.export(self.desk, persons))

    async def erase(self, call: Call) -> Reply:
        await _confirmed(call)
        ask = replace(about(call), deed=deed(call, Action.CUSTOMER_ERASED))
        erased = await customer_care.erase(self.desk, ask, call.merchant_id)
        document = {
            "customer_id": erased.customer_id,
            "erased_at": instant(erased.erased_at),
            "rows": dict(erased.rows),
        }
        return json_response(msgspec.json.encode({"erased": document}))


async def _confirmed(call: Call) -> None:
    """BadRequest unless the body's `confirm` is the id of the path."""
    fields = Fields(parse_object(await read_body(call.request)))
    said = fields.identifier("confirm")
    if said and said != call.merchant_id:
        fields.problem("confirm", "Expected the merchant id of the customer to erase")
    fields.done()
