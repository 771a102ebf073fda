"""The operations on the list of addresses that get no loyalty e-mails."""

from dataclasses import dataclass
from typing import Final

import msgspec

from leal.api.admin.lists import PAGING
from leal.api.admin.requests import MAX_SKIPPED, Call, Serve, limit_of, skipped
from leal.api.admin.site_requests import email_body
from leal.api.http import Reply, empty_response, json_response
from leal.api.operations import Operation, Parameter
from leal.usecases import unsubscribes
from leal.usecases.access import Scope
from leal.usecases.desk import Desk

_PATH: Final = "/v2/loyalty_emails/unsubscribes"


def rows(desk: Desk) -> tuple[tuple[Operation, Serve], ...]:
    """Every operation on unsubscribes with what serves it."""
    serves = _Serves(desk)
    return ((LIST, serves.list_unsubscribes), (CREATE, serves.create))


LIST: Final = Operation(
    name="emails.listUnsubscribes",
    method="GET",
    path=_PATH,
    summary="Addresses that get no loyalty e-mails, the latest first, as a bare array",
    scope=Scope.READ_UNSUBSCRIBES,
    query=(
        PAGING[0],
        Parameter(
            name="page",
            meaning="Which page, from 1; the list ends with an empty one",
            schema={"type": "integer", "minimum": 1, "maximum": MAX_SKIPPED, "default": 1},
        ),
    ),
)
CREATE: Final = Operation(
    name="emails.createUnsubscribe",
    method="POST",
    path=_PATH,
    summary="Puts an address on the list, a customer's or not: 201 when it is new there, else 200",
    scope=Scope.WRITE_UNSUBSCRIBES,
)


@dataclass(frozen=True, slots=True)
class _Serves:
    """One method an operation."""

    desk: Desk

    async def list_unsubscribes(self, call: Call) -> Reply:
        limit = limit_of(call.request)
        skip = skipped(call.request, limit=limit) or 0
        program_id = call.ask.program_id
        found = await unsubscribes.list_page(self.desk, program_id, limit=limit, skip=skip)
        shown = [{"email": each.email, "id": each.merchant_id} for each in found]
        return json_response(msgspec.json.encode(shown))

    async def create(self, call: Call) -> Reply:
        email = await email_body(call)
        added = await unsubscribes.add(self.desk, call.ask.program_id, email)
        return empty_response(status=201 if added else 200)
