"""Whoever looks after webhooks through leal's own API; no answer goes unchecked."""

from typing import Any, Final

from jsonschema import Draft202012Validator

from leal.api.own.shapes import ERROR, RESPONSES
from tests.worlds import Answer, World

HOOKS: Final = "webhooks.list"
DELIVERIES: Final = "webhooks.listDeliveries"
REPLAY: Final = "webhooks.replay"
REPLAY_ONE: Final = "webhooks.replayDelivery"
TEST: Final = "webhooks.test"
PAUSE: Final = "webhooks.pause"
RESUME: Final = "webhooks.resume"
_HOOK: Final = "/leal/v1/webhooks/{webhook_id}"
HOOK_ROUTES: Final = {
    HOOKS: ("GET", "/leal/v1/webhooks"),
    DELIVERIES: ("GET", "/leal/v1/webhooks/deliveries"),
    REPLAY_ONE: ("POST", "/leal/v1/webhooks/deliveries/{delivery_id}/replay"),
    REPLAY: ("POST", f"{_HOOK}/replay"),
    TEST: ("POST", f"{_HOOK}/test"),
    PAUSE: ("POST", f"{_HOOK}/pause"),
    RESUME: ("POST", f"{_HOOK}/resume"),
}
HOOK_SCOPES: Final = {
    operation: "read_customers" if method == "GET" else "write_configuration"
    for operation, (method, _) in HOOK_ROUTES.items()
}
BODIES: Final = {REPLAY: {"since": "2025-01-01T00:00:00Z"}}


def look_after(world: World, operation: str, ids: object = 1, **how: Any) -> Answer:
    """Any operation on webhooks; `ids` is what the path names."""
    method, path = HOOK_ROUTES[operation]
    path = path.replace("{webhook_id}", str(ids)).replace("{delivery_id}", str(ids))
    query = how.pop("query", "")
    if operation in BODIES:
        how.setdefault("json", BODIES[operation])
    answer = world.call(method, f"{path}?{query}" if query else path, **how)
    schema = RESPONSES[operation].get(answer.status, ERROR)
    assert schema is not None
    Draft202012Validator(schema).validate(answer.json)
    return answer
