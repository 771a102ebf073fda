"""Fulfilments over HTTP: what somebody has to bring to customers, and that it was done."""

from dataclasses import dataclass
from typing import Annotated, Final

import msgspec

from leal.api.cursors import Cursors
from leal.api.fields import invalid_option
from leal.api.http import Reply, json_response
from leal.api.ids import MAX_JSON_INTEGER, clean_id, decode_number, one
from leal.api.operations import Operation, Parameter
from leal.api.own.audit import deed
from leal.api.own.requests import LIMIT, Call, Serve, limit_of
from leal.api.own.views import Json, instant
from leal.domain.claims import Fulfilment
from leal.domain.deeds import Action, Subject
from leal.domain.problems import BadRequest
from leal.storage.fulfilment_calls import AddressTest
from leal.storage.fulfilments import Calls, ClaimToFulfil, PendingFilters
from leal.usecases import fulfilments
from leal.usecases.access import Scope
from leal.usecases.desk import Ask, Desk

_FULFILMENTS: Final = "/leal/v1/fulfilments"

LIST: Final = Operation(
    name="fulfilments.list",
    method="GET",
    path=_FULFILMENTS,
    summary="Claimed rewards that somebody has still to bring to the customer, the oldest first",
    scope=Scope.READ_CUSTOMERS,
    query=(
        LIMIT,
        Parameter(
            name="cursor",
            meaning="From an answer's `cursor.next`: the younger ones of the same list",
            schema={"type": "string"},
        ),
        Parameter(
            name="kind",
            meaning="Only those done by hand, or only those that your server is called for",
            schema={"type": "string", "enum": list(Fulfilment)},
        ),
        Parameter(
            name="customer",
            meaning="Only this customer's, by the shop's id for them",
            schema={"type": "string", "example": "6482117402"},
        ),
    ),
)
COMPLETE: Final = Operation(
    name="fulfilments.complete",
    method="POST",
    path=f"{_FULFILMENTS}/{{claimed_reward_id}}/complete",
    summary="Notes that a claimed reward was brought to the customer",
    scope=Scope.WRITE_CUSTOMERS,
)


def rows(desk: Desk) -> tuple[tuple[Operation, Serve], ...]:
    """Every operation on fulfilments with what serves it."""
    serves = _Serves(desk)
    return ((LIST, serves.list_pending), (COMPLETE, serves.complete))


@dataclass(frozen=True, slots=True)
class _Serves:
    """One method an operation."""

    desk: Desk

    async def list_pending(self, call: Call) -> Reply:
        request = call.request
        limit = limit_of(request)
        place = _place(call)
        filters = PendingFilters(kind=place.kind, customer=place.customer)
        found = await fulfilments.list_pending(
            self.desk, call.caller.program_id, filters, after=place.after, limit=limit
        )
        cursor = None
        if found.more:
            cursor = _cursors.write(msgspec.structs.replace(place, after=found.claims[-1].claim.id))
        return _reply(
            {
                "fulfilments": [fulfilment(each) for each in found.claims],
                "address_tests": [_address_test(each) for each in found.tests],
                "cursor": {"next": cursor},
            }
        )

    async def complete(self, call: Call) -> Reply:
        claim_id = decode_number(
            call.request.path_params["claimed_reward_id"],
            field="claimed_reward_id",
            noun="claimed reward",
        )
        about, facts = (Subject.CUSTOMER, None), {"claimed_reward_id": claim_id}
        done_by = deed(call, Action.CLAIM_FULFILLED, about=about, facts=facts)
        ask = Ask(program_id=call.caller.program_id, site_id=call.caller.site_id, deed=done_by)
        done = await fulfilments.complete(self.desk, ask, claim_id)
        return _reply({"fulfilment": fulfilment(done)})


def fulfilment(found: ClaimToFulfil) -> Json:
    """What is to be brought to whom, and how calling the merchant's server went so far."""
    claim, person = found.claim, found.customer
    return {
        "claimed_reward_id": claim.id,
        "kind": claim.fulfilment,
        "reward": {"id": claim.reward_id, "title": claim.title},
        "quantity": claim.terms.quantity,
        "claimed_at": instant(claim.claimed_at),
        "fulfilled_at": instant(claim.fulfilled_at),
        "customer": {
            "id": person.id,
            "merchant_id": person.merchant_id,
            "email": person.email,
        },
        "calls": found.calls and _calls(found.calls),
    }


def _address_test(test: AddressTest) -> Json:
    return {
        "reward": {"id": test.reward_id},
        "url": test.url,
        "attempts": test.attempts,
        "passed": test.passed,
        "last_answer": test.last_answer,
        "next_at": instant(test.call_at),
    }


def _calls(calls: Calls) -> Json:
    return {
        "attempts": calls.attempts,
        "last_answer": calls.last_answer,
        "next_at": instant(calls.call_at),
    }


class _Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a page begins; as JSON in base64 it is the cursor."""

    after: Annotated[int, msgspec.Meta(ge=0, le=MAX_JSON_INTEGER)] = 0
    kind: Fulfilment | None = None
    customer: str | None = None


_cursors: Final = Cursors(_Place)


def _place(call: Call) -> _Place:
    """Where the page begins and what is on it; a cursor decides both by itself."""
    token = one(call.request, "cursor")
    if token is not None:
        return _read(token)
    kind = one(call.request, "kind")
    if kind is not None and kind not in tuple(Fulfilment):
        raise BadRequest({"kind": invalid_option(tuple(Fulfilment))})
    customer = one(call.request, "customer")
    return _Place(
        kind=None if kind is None else Fulfilment(kind),
        customer=None if customer is None else _customer(customer, field="customer"),
    )


def _read(token: str) -> _Place:
    place = _cursors.read(token)
    if place.customer is not None:
        _customer(place.customer, field="cursor")
    return place


def _customer(text: str, *, field: str) -> str:
    try:
        return clean_id(text)
    except ValueError as why:
        raise BadRequest({field: str(why)}) from None


def _reply(document: Json) -> Reply:
    return json_response(msgspec.json.encode(document))
