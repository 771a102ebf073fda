"""Merging customers, and taking it back, over HTTP."""

from dataclasses import dataclass, replace
from typing import Final

import msgspec

from leal.api.fields import Fields
from leal.api.http import Reply, json_response
from leal.api.ids import MAX_JSON_INTEGER, decode_number, whole_number
from leal.api.json_body import parse_object, read_body
from leal.api.operations import Operation, Parameter
from leal.api.own.audit import deed
from leal.api.own.requests import LIMIT, SITE_OF_ID, Call, Serve, about, limit_of
from leal.api.own.shape_parts import COUNT, ID, INTEGER, STRING, TIME, listed, or_null, whole
from leal.api.own.views import Json, instant
from leal.api.samples import MERCHANT_ID, Schema
from leal.domain.deeds import Action, Subject
from leal.domain.problems import Forbidden
from leal.storage.customer_ids import IdsOf
from leal.storage.merges import Side
from leal.usecases import merging
from leal.usecases.access import Scope
from leal.usecases.desk import Ask, Desk
from leal.usecases.merging import Merged

_CUSTOMER: Final = "/leal/v1/customers/{merchant_id}"

MERGE: Final = Operation(
    name="customers.merge",
    method="POST",
    path=f"{_CUSTOMER}/merge",
    summary="Merges another customer into this one; it can be taken back for 30 days",
    scope=Scope.WRITE_CUSTOMERS,
    query=(SITE_OF_ID,),
)
LIST: Final = Operation(
    name="customers.listMerges",
    method="GET",
    path=f"{_CUSTOMER}/merges",
    summary="Who was merged into this customer, the newest first",
    scope=Scope.READ_CUSTOMERS,
    query=(
        LIMIT,
        Parameter(
            name="cursor",
            meaning="From an answer's `cursor.next`: the older ones of the same list",
            schema={"type": "integer", "minimum": 1},
        ),
        SITE_OF_ID,
    ),
)
UNDO: Final = Operation(
    name="customers.undoMerge",
    method="POST",
    path=f"{_CUSTOMER}/merges/{{merge_id}}/undo",
    summary="Takes a merge back: both are who they were, with all that has become of it",
    scope=Scope.WRITE_CUSTOMERS,
    query=(SITE_OF_ID,),
)

REQUEST: Final[Schema] = {
    "type": "object",
    "properties": {
        "merchant_id": {
            "type": "string",
            "description": "The customer to merge into the one of the path, by the shop's id",
            "example": f"{MERCHANT_ID}7",
        },
        "site_id": {
            "type": ["integer", "null"],
            "minimum": 1,
            "description": "The site whose id that is; that of the query when left out",
        },
    },
    "required": ["merchant_id"],
}
_SIDE: Final = whole({"id": ID, "merchant_id": STRING})
SHAPE: Final = whole(
    {
        "id": ID,
        "survivor": _SIDE,
        "merged": _SIDE,
        "points": whole({"approved": INTEGER, "pending": COUNT, "spent": COUNT}),
        "orders": COUNT,
        "claimed_rewards": COUNT,
        "merged_at": TIME,
        "undo_until": or_null(TIME),
        "undone_at": or_null(TIME),
    }
)
RESPONSES: Final = {
    "customers.merge": {200: whole({"merge": SHAPE})},
    "customers.listMerges": {
        200: whole({"merges": listed(SHAPE), "cursor": whole({"next": or_null(ID)})})
    },
    "customers.undoMerge": {200: whole({"merge": SHAPE})},
}


def rows(desk: Desk) -> tuple[tuple[Operation, Serve], ...]:
    """Every operation of this file with what serves it."""
    serves = _Serves(desk)
    return ((MERGE, serves.merge), (LIST, serves.list_merges), (UNDO, serves.undo))


@dataclass(frozen=True, slots=True)
class _Serves:
    """One method an operation."""

    desk: Desk

    async def merge(self, call: Call) -> Reply:
        ask = _asked(call, Action.CUSTOMERS_MERGED)
        other, other_id = await _other(call, ask)
        done = await merging.merge(self.desk, ask, call.merchant_id, other=other, other_id=other_id)
        return _reply({"merge": _merge(done)})

    async def list_merges(self, call: Call) -> Reply:
        request = call.request
        found = await merging.list_merges(
            self.desk,
            about(call),
            call.merchant_id,
            before=whole_number(
                request, "cursor", default=None, minimum=1, maximum=MAX_JSON_INTEGER
            ),
            limit=limit_of(request),
        )
        following = found.merges[-1].merge.merge_id if found.more else None
        shown = [_merge(each) for each in found.merges]
        return _reply({"merges": shown, "cursor": {"next": following}})

    async def undo(self, call: Call) -> Reply:
        merge_id = decode_number(
            call.request.path_params["merge_id"], field="merge_id", noun="merge"
        )
        ask = _asked(call, Action.MERGE_UNDONE)
        done = await merging.undo(self.desk, ask, call.merchant_id, merge_id=merge_id)
        return _reply({"merge": _merge(done)})


def _asked(call: Call, action: Action) -> Ask:
    return replace(about(call), deed=deed(call, action, about=(Subject.CUSTOMER, None)))


async def _other(call: Call, ask: Ask) -> tuple[Ask, str]:
    """Who is to be merged: by an id of a site that the body names, else of the query's.

    Raises BadRequest, Forbidden.
    """
    fields = Fields(parse_object(await read_body(call.request)))
    merchant_id = fields.identifier("merchant_id")
    site_id = fields.optional_integer("site_id", minimum=1, maximum=MAX_JSON_INTEGER)
    fields.done()
    own = call.caller.site_id
    if None not in (own, site_id) and own != site_id:
        raise Forbidden(f"These are the credentials of site {own}: use its own")
    return (ask if site_id is None else replace(ask, ids=IdsOf(site_id=site_id))), merchant_id


def _merge(done: Merged) -> Json:
    found = done.merge
    return {
        "id": found.merge_id,
        "survivor": _side(found.survivor),
        "merged": _side(found.merged),
        "points": {
            "approved": found.points_approved,
            "pending": found.points_pending,
            "spent": found.points_spent,
        },
        "orders": found.orders,
        "claimed_rewards": found.claims,
        "merged_at": instant(found.merged_at),
        "undo_until": instant(done.undo_until),
        "undone_at": instant(found.undone_at),
    }


def _side(side: Side) -> Json:
    return {"id": side.id, "merchant_id": side.merchant_id}


def _reply(document: Json) -> Reply:
    return json_response(msgspec.json.encode(document))
