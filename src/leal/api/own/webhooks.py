"""Webhooks over HTTP for whoever looks after them: how they do, the log, and telling again."""

from dataclasses import dataclass
from typing import Annotated, Final

import msgspec

from leal.api.cursors import Cursors
from leal.api.fields import Fields, invalid_option
from leal.api.http import Reply, json_response
from leal.api.ids import MAX_JSON_INTEGER, decode_number, one, whole_number
from leal.api.json_body import parse_object, read_body
from leal.api.operations import Operation, Parameter
from leal.api.own.requests import LIMIT, Call, Serve, limit_of
from leal.api.own.views import Json, instant
from leal.domain.problems import BadRequest
from leal.domain.webhooks import DeliveryState
from leal.storage.deliveries import Attempt
from leal.storage.delivery_log import LogFilters, LoggedDelivery
from leal.storage.webhooks import Owner
from leal.usecases import webhooks
from leal.usecases.access import Scope
from leal.usecases.desk import Desk
from leal.usecases.webhooks import Standing

_WEBHOOKS: Final = "/leal/v1/webhooks"
_WEBHOOK: Final = f"{_WEBHOOKS}/{{webhook_id}}"
_ID: Final = {"type": "integer", "minimum": 1}

LIST: Final = Operation(
    name="webhooks.list",
    method="GET",
    path=_WEBHOOKS,
    summary="All webhooks with how their receivers do",
    scope=Scope.READ_CUSTOMERS,
)
DELIVERIES: Final = Operation(
    name="webhooks.listDeliveries",
    method="GET",
    path=f"{_WEBHOOKS}/deliveries",
    summary="What webhooks were told and how each try went, the newest first",
    scope=Scope.READ_CUSTOMERS,
    query=(
        LIMIT,
        Parameter(
            name="cursor",
            meaning="From an answer's `cursor.next`: the older ones of the same list",
            schema={"type": "string"},
        ),
        Parameter(name="webhook_id", meaning="Only this webhook's", schema={**_ID}),
        Parameter(
            name="state",
            meaning="Only those that wait, were delivered, or were given up",
            schema={"type": "string", "enum": list(DeliveryState)},
        ),
        Parameter(name="customer_id", meaning="Only about this customer, by `id`", schema={**_ID}),
    ),
)
REPLAY: Final = Operation(
    name="webhooks.replay",
    method="POST",
    path=f"{_WEBHOOK}/replay",
    summary="Tells again: of all since a time, under the same ids and with the same bytes",
    scope=Scope.WRITE_CONFIGURATION,
)
REPLAY_ONE: Final = Operation(
    name="webhooks.replayDelivery",
    method="POST",
    path=f"{_WEBHOOKS}/deliveries/{{delivery_id}}/replay",
    summary="Tells one delivery again, under the same id and with the same bytes",
    scope=Scope.WRITE_CONFIGURATION,
)
TEST: Final = Operation(
    name="webhooks.test",
    method="POST",
    path=f"{_WEBHOOK}/test",
    summary="Sends a message that tells of nothing",
    scope=Scope.WRITE_CONFIGURATION,
)
PAUSE: Final = Operation(
    name="webhooks.pause",
    method="POST",
    path=f"{_WEBHOOK}/pause",
    summary="Tells nothing more for now; what comes meanwhile is kept",
    scope=Scope.WRITE_CONFIGURATION,
)
RESUME: Final = Operation(
    name="webhooks.resume",
    method="POST",
    path=f"{_WEBHOOK}/resume",
    summary="Tells again, also what was missed",
    scope=Scope.WRITE_CONFIGURATION,
)


def rows(desk: Desk) -> tuple[tuple[Operation, Serve], ...]:
    """Every operation on webhooks with what serves it."""
    serves = _Serves(desk)
    return (
        (LIST, serves.list_all),
        (DELIVERIES, serves.list_deliveries),
        (REPLAY_ONE, serves.replay_one),
        (REPLAY, serves.replay),
        (TEST, serves.test),
        (PAUSE, serves.pause),
        (RESUME, serves.resume),
    )


@dataclass(frozen=True, slots=True)
class _Serves:
    """One method an operation."""

    desk: Desk

    async def list_all(self, call: Call) -> Reply:
        found = await webhooks.list_standing(self.desk, call.caller.program_id, _owner(call))
        return _reply({"webhooks": [_webhook(each) for each in found]})

    async def list_deliveries(self, call: Call) -> Reply:
        limit = limit_of(call.request)
        place, program_id = _place(call), call.caller.program_id
        owner = _owner(call)
        if owner is not None:
            # an app sees the log of one webhook of its own at a time
            await webhooks.load(self.desk, program_id, place.webhook_id or 0, owner=owner)
        filters = LogFilters(
            webhook_id=place.webhook_id, state=place.state, customer_id=place.customer_id
        )
        page = await webhooks.list_log(
            self.desk, program_id, filters, before=place.before, limit=limit
        )
        cursor = None
        if page.more:
            last = page.deliveries[-1].delivery_id
            cursor = _cursors.write(msgspec.structs.replace(place, before=last))
        shown = [_delivery(each) for each in page.deliveries]
        return _reply({"deliveries": shown, "cursor": {"next": cursor}})

    async def replay(self, call: Call) -> Reply:
        fields = Fields(parse_object(await read_body(call.request)))
        since = fields.timestamp("since")
        fields.done()
        count = await webhooks.replay_since(
            self.desk,
            call.caller.program_id,
            _number(call, "webhook_id", noun="webhook"),
            since=since,
            owner=_owner(call),
        )
        return _reply({"replayed": count})

    async def replay_one(self, call: Call) -> Reply:
        delivery_id = _number(call, "delivery_id", noun="delivery")
        found = await webhooks.replay(
            self.desk, call.caller.program_id, delivery_id, owner=_owner(call)
        )
        return _reply({"delivery": _delivery(found)})

    async def test(self, call: Call) -> Reply:
        found = await webhooks.test(
            self.desk,
            call.caller.program_id,
            _number(call, "webhook_id", noun="webhook"),
            owner=_owner(call),
        )
        return _reply({"delivery": _delivery(found)}, status=201)

    async def pause(self, call: Call) -> Reply:
        found = await webhooks.pause(
            self.desk,
            call.caller.program_id,
            _number(call, "webhook_id", noun="webhook"),
            owner=_owner(call),
        )
        return _reply({"webhook": _webhook(found)})

    async def resume(self, call: Call) -> Reply:
        found = await webhooks.resume(
            self.desk,
            call.caller.program_id,
            _number(call, "webhook_id", noun="webhook"),
            owner=_owner(call),
        )
        return _reply({"webhook": _webhook(found)})


def _owner(call: Call) -> Owner | None:
    """An app looks after its own; the merchant's keys after all."""
    app_id = call.caller.app_id
    return webhooks.EVERYBODY if app_id is None else Owner(app_id=app_id)


def _webhook(standing: Standing) -> Json:
    found, counts = standing.webhook, standing.counts
    return {
        "id": found.webhook_id,
        "topic": found.topic,
        "address": found.address,
        "owner_app_id": found.owner_app_id,
        "site_id": found.site_id,
        "service_integration_id": found.service_integration_id,
        "state": found.state,
        "pause_reason": found.pause_reason,
        "paused_at": instant(found.paused_at),
        "failures": found.failures,
        "next_try_at": instant(found.retry_at),
        "delivered": found.delivered,
        "last_delivered_at": instant(found.last_delivered_at),
        "waiting": counts.waiting,
        "dead": counts.dead,
        "created_at": instant(found.created_at),
        "updated_at": instant(found.updated_at),
    }


def _delivery(found: LoggedDelivery) -> Json:
    waits = found.state is DeliveryState.WAITING
    return {
        "id": found.delivery_id,
        "webhook_id": found.webhook_id,
        "event_id": found.event_id,
        "customer_id": found.customer_id,
        "topic": found.topic,
        "message_id": str(found.message_id),
        "state": found.state,
        "reason": found.reason,
        "attempts": found.attempts,
        "next_try_at": instant(found.due_at) if waits else None,
        "created_at": instant(found.created_at),
        "ended_at": instant(found.ended_at),
        "tries": [_try(each) for each in found.tries],
    }


def _try(attempt: Attempt) -> Json:
    return {
        "started_at": instant(attempt.started_at),
        "status": attempt.status,
        "duration_ms": attempt.duration_ms,
        "snippet": attempt.snippet,
        "error": attempt.error,
    }


_Whole = Annotated[int, msgspec.Meta(ge=1, le=MAX_JSON_INTEGER)]


class _Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a page begins; as JSON in base64 it is the cursor."""

    before: _Whole | None = None
    webhook_id: _Whole | None = None
    state: DeliveryState | None = None
    customer_id: _Whole | None = None


_cursors: Final = Cursors(_Place)


def _place(call: Call) -> _Place:
    """Where the page begins and what is on it; a cursor decides both by itself."""
    token = one(call.request, "cursor")
    if token is not None:
        return _cursors.read(token)
    state = one(call.request, "state")
    if state is not None and state not in tuple(DeliveryState):
        raise BadRequest({"state": invalid_option(tuple(DeliveryState))})
    return _Place(
        webhook_id=_optional_number(call, "webhook_id"),
        state=None if state is None else DeliveryState(state),
        customer_id=_optional_number(call, "customer_id"),
    )


def _optional_number(call: Call, name: str) -> int | None:
    return whole_number(call.request, name, default=None, minimum=1, maximum=MAX_JSON_INTEGER)


def _number(call: Call, name: str, *, noun: str) -> int:
    return decode_number(call.request.path_params[name], field=name, noun=noun)


def _reply(document: Json, *, status: int = 200) -> Reply:
    return json_response(msgspec.json.encode(document), status=status)
