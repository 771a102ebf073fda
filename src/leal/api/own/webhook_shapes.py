"""The schemas of webhooks as whoever looks after them sees them."""

from typing import Final

from leal.api.own.shape_parts import COUNT, ID, STRING, TIME, enum, listed, or_null, whole
from leal.api.samples import Schema
from leal.domain.webhooks import DeliveryState, WebhookState

WEBHOOK: Final = whole(
    {
        "id": ID,
        "topic": STRING,
        "address": STRING,
        "owner_app_id": {**or_null(ID), "description": "The OAuth app that made it, if one did"},
        "site_id": or_null(ID),
        "service_integration_id": or_null(ID),
        "state": enum(WebhookState.ACTIVE, WebhookState.PAUSED),
        "pause_reason": or_null(STRING),
        "paused_at": or_null(TIME),
        "failures": {**COUNT, "description": "Tries that failed one after another, just now"},
        "next_try_at": {**or_null(TIME), "description": "Left alone until then after a failure"},
        "delivered": COUNT,
        "last_delivered_at": or_null(TIME),
        "waiting": COUNT,
        "dead": {**COUNT, "description": "Deliveries that were given up and can be replayed"},
        "created_at": TIME,
        "updated_at": TIME,
    }
)
DELIVERY: Final = whole(
    {
        "id": ID,
        "webhook_id": ID,
        "event_id": {**or_null(ID), "description": "Null for a test"},
        "customer_id": or_null(ID),
        "topic": STRING,
        "message_id": {**STRING, "format": "uuid"},
        "state": enum(*DeliveryState),
        "reason": {**or_null(STRING), "description": "Why it was given up"},
        "attempts": COUNT,
        "next_try_at": or_null(TIME),
        "created_at": TIME,
        "ended_at": or_null(TIME),
        "tries": {
            **listed(
                whole(
                    {
                        "started_at": TIME,
                        "status": {**or_null(ID), "description": "Null when nobody answered"},
                        "duration_ms": COUNT,
                        "snippet": or_null(STRING),
                        "error": or_null(STRING),
                    }
                )
            ),
            "description": "The newest 30, the newest first",
        },
    }
)
SINCE: Final[Schema] = {
    "type": "object",
    "properties": {"since": {**TIME, "description": "Tells again what was made from then on"}},
    "required": ["since"],
}
