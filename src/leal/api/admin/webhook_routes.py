"""The operations on webhooks: who is told of what happens."""

from dataclasses import dataclass
from typing import Final

from leal.api.admin.lists import reply
from leal.api.admin.requests import Call, Serve
from leal.api.admin.values import Json, instant
from leal.api.fields import Fields
from leal.api.http import Reply, empty_response
from leal.api.ids import MAX_JSON_INTEGER, decode_number
from leal.api.json_body import parse_object, read_body
from leal.api.operations import Operation
from leal.domain.topics import SCOPES_OF_TOPICS
from leal.storage.webhooks import NewWebhook, Owner, Webhook
from leal.usecases import webhooks
from leal.usecases.desk import Desk

MAX_ADDRESS_CHARACTERS: Final = 2048
_WEBHOOKS: Final = "/v2/webhooks"

LIST: Final = Operation(
    name="webhooks.listWebhooks",
    method="GET",
    path=_WEBHOOKS,
    summary="The webhooks that were made with these credentials: an app's own, or those made with "
    "API keys and site pairs",
    scope=None,
)
CREATE: Final = Operation(
    name="webhooks.createWebhook",
    method="POST",
    path=_WEBHOOKS,
    summary="Has an address told of every event of a topic; the scopes must cover the topic",
    scope=None,
)
DELETE: Final = Operation(
    name="webhooks.deleteWebhook",
    method="DELETE",
    path=f"{_WEBHOOKS}/{{webhook_id}}",
    summary="Tells an address of nothing more",
    scope=None,
)


def rows(desk: Desk) -> tuple[tuple[Operation, Serve], ...]:
    """Every operation on webhooks with what serves it."""
    serves = _Serves(desk)
    return ((LIST, serves.list_all), (CREATE, serves.create), (DELETE, serves.delete))


@dataclass(frozen=True, slots=True)
class _Serves:
    """One method an operation."""

    desk: Desk

    async def list_all(self, call: Call) -> Reply:
        found = await webhooks.list_shown(self.desk, call.ask.program_id, _owner(call))
        return reply({"webhooks": [webhook(each) for each in found]})

    async def create(self, call: Call) -> Reply:
        wanted = await _wanted(call)
        made = await webhooks.create(
            self.desk, call.ask.program_id, wanted, scopes=call.caller.scopes
        )
        return reply({"webhook": webhook(made)}, status=201)

    async def delete(self, call: Call) -> Reply:
        webhook_id = decode_number(
            call.request.path_params["webhook_id"], field="webhook_id", noun="webhook"
        )
        await webhooks.delete(self.desk, call.ask.program_id, webhook_id, owner=_owner(call))
        return empty_response(status=204)


def webhook(found: Webhook) -> Json:
    """A webhook, as clients know it."""
    return {
        "id": found.webhook_id,
        "topic": found.topic,
        "address": found.address,
        "created_at": instant(found.created_at),
        "updated_at": instant(found.updated_at),
        "service_integration_id": found.service_integration_id,
    }


def _owner(call: Call) -> Owner:
    return Owner(app_id=call.caller.app_id)


async def _wanted(call: Call) -> NewWebhook:
    body = Fields(parse_object(await read_body(call.request)))
    fields = body.part("webhook")
    topic = fields.choice("topic", tuple(SCOPES_OF_TOPICS))
    address = fields.text("address", max_length=MAX_ADDRESS_CHARACTERS)
    integration = fields.optional_integer("service_integration_id", maximum=MAX_JSON_INTEGER)
    body.done()
    return NewWebhook(
        topic=topic,
        address=address,
        owner=_owner(call),
        site_id=call.caller.site_id,
        service_integration_id=integration,
    )
