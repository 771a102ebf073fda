"""The log of events over HTTP: what happened, from any point on, as often as wanted."""

from typing import Final

import msgspec

from leal.api.fields import invalid_option
from leal.api.http import Reply, json_response
from leal.api.ids import MAX_JSON_INTEGER, one, whole_number
from leal.api.operations import Operation, Parameter
from leal.api.own.requests import DEFAULT_LIMIT, Call, Serve
from leal.api.own.views import Json, instant
from leal.domain.problems import BadRequest, Gone
from leal.domain.topics import LOGGED
from leal.storage.event_log import LoggedEvent, list_events
from leal.usecases.access import Scope
from leal.usecases.desk import Desk

MOST: Final = 1_000

LIST: Final = Operation(
    name="events.list",
    method="GET",
    path="/leal/v1/events",
    summary="What happened, in an order that never changes and skips nothing",
    scope=Scope.READ_CUSTOMERS,
    query=(
        Parameter(
            name="after",
            meaning="From an answer's `cursor.next`: what happened since. 0 for the first event "
            "that is kept; behind another one that is not kept any more: 410",
            schema={"type": "integer", "minimum": 0, "default": 0},
        ),
        Parameter(
            name="topic",
            meaning="Only this topic; `customers/update` is every event of a customer",
            schema={"type": "string", "enum": list(LOGGED)},
        ),
        Parameter(
            name="limit",
            meaning="How many at most",
            schema={"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT},
        ),
    ),
)


def rows(desk: Desk) -> tuple[tuple[Operation, Serve], ...]:
    """The operation with what serves it."""

    async def serve(call: Call) -> Reply:
        request = call.request
        after = whole_number(request, "after", default=0, minimum=0, maximum=MAX_JSON_INTEGER)
        limit = whole_number(request, "limit", default=DEFAULT_LIMIT, minimum=1, maximum=MOST)
        topic = one(request, "topic")
        if topic is not None and topic not in LOGGED:
            raise BadRequest({"topic": invalid_option(LOGGED)})
        page = await list_events(
            desk.database, call.caller.program_id, after=after, topic=topic, limit=limit
        )
        if 0 < after < page.cleared_id:
            raise _cleared(page.cleared_id)
        shown = {
            "events": [_event(each) for each in page.events],
            "cursor": {"next": page.last_id},
            "more": page.more,
        }
        return json_response(msgspec.json.encode(shown))

    return ((LIST, serve),)


def _cleared(until: int) -> Gone:
    message = (
        "Events behind this cursor are not kept any more, so some were missed. Read anew what you"
        f" keep of customers, and go on with after={until}"
    )
    return Gone("events", message, {"after": until})


def _event(event: LoggedEvent) -> Json:
    return {
        "id": event.event_id,
        "topic": event.topic,
        "created_at": instant(event.created_at),
        "customer": event.customer_id
        and {"id": event.customer_id, "merchant_id": event.merchant_id or ""},
        "activity_id": event.history_id,
        "claimed_reward_id": event.claimed_reward_id,
        "facts": msgspec.Raw(event.facts.encode()),
    }
