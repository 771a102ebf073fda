"""An integration that makes webhooks; no answer goes unchecked."""

from typing import Any, Final

from tests.contract.admin.office import Office, check
from tests.worlds import Answer

LIST: Final = "webhooks.listWebhooks"
CREATE: Final = "webhooks.createWebhook"
DELETE: Final = "webhooks.deleteWebhook"
HOOK_ROUTES: Final = {
    LIST: ("GET", "/v2/webhooks"),
    CREATE: ("POST", "/v2/webhooks"),
    DELETE: ("DELETE", "/v2/webhooks/{webhook_id}"),
}

ADDRESS: Final = "https://app.example.com/hooks?of=leal"
TOPIC: Final = "program_events/customer.enrolled"


def hooks(office: Office, operation: str, webhook_id: object = 1, **how: Any) -> Answer:
    """Any operation on webhooks."""
    method, path = HOOK_ROUTES[operation]
    answer = office.world.call(method, path.replace("{webhook_id}", str(webhook_id)), **how)
    check(operation, answer)
    return answer


def wanted(topic: object = TOPIC, address: object = ADDRESS, **more: object) -> dict[str, object]:
    """A body that asks for a webhook."""
    return {"webhook": {"topic": topic, "address": address, **more}}
