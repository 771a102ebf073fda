"""The JSON Schemas of webhooks, by the name of the operation."""

from collections.abc import Mapping
from typing import Final

from leal.api.admin.shape_parts import ID, OPTIONAL_ID, STRING, TIME, enum, whole
from leal.api.admin.webhook_routes import MAX_ADDRESS_CHARACTERS
from leal.api.samples import Schema
from leal.domain.topics import SCOPES_OF_TOPICS

_TOPIC: Final = enum(*SCOPES_OF_TOPICS)
_WEBHOOK: Final = whole(
    {
        "id": ID,
        "topic": _TOPIC,
        "address": STRING,
        "created_at": TIME,
        "updated_at": TIME,
        "service_integration_id": OPTIONAL_ID,
    }
)

REQUESTS: Final[Mapping[str, Schema]] = {
    "webhooks.createWebhook": {
        "type": "object",
        "properties": {
            "webhook": {
                "type": "object",
                "properties": {
                    "topic": _TOPIC,
                    "address": {
                        "type": "string",
                        "format": "uri",
                        "pattern": "^https?://",
                        "maxLength": MAX_ADDRESS_CHARACTERS,
                        "description": "Where to post, https only, unless the operator opened the "
                        "network it leads to",
                        "example": "https://app.example.com/hooks/loyalty",
                    },
                    "service_integration_id": {
                        **OPTIONAL_ID,
                        "description": "Kept and answered with; means nothing to leal",
                    },
                },
                "required": ["topic", "address"],
            }
        },
        "required": ["webhook"],
    }
}
RESPONSES: Final[Mapping[str, Mapping[int, Schema | None]]] = {
    "webhooks.listWebhooks": {200: whole({"webhooks": {"type": "array", "items": _WEBHOOK}})},
    "webhooks.createWebhook": {201: whole({"webhook": _WEBHOOK})},
    "webhooks.deleteWebhook": {204: None},
}
