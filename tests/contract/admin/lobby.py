"""The lobby: sites, loyalty pages, tokens, unsubscribes and reviews; no answer goes unchecked."""

from typing import Any, Final

from jsonschema import Draft202012Validator

from leal.api.admin.shapes import ERROR, RESPONSES
from tests.worlds import Answer, World

SITES: Final = "sites.listSites"
OPEN_PAGE: Final = "sites.createWebviewSession"
AUTHENTICATE: Final = "customers.authenticateCustomer"
UNSUBSCRIBES: Final = "emails.listUnsubscribes"
UNSUBSCRIBE: Final = "emails.createUnsubscribe"
REVIEW: Final = "reviews.createReview"
CHANGE_REVIEW: Final = "reviews.updateReview"
DELETE_REVIEW: Final = "reviews.deleteReview"
LOBBY_ROUTES: Final = {
    SITES: ("GET", "/v2/sites"),
    OPEN_PAGE: ("POST", "/v2/sites/{site_id}/webviews/sessions"),
    AUTHENTICATE: ("POST", "/v2/customers/authenticate"),
    UNSUBSCRIBES: ("GET", "/v2/loyalty_emails/unsubscribes"),
    UNSUBSCRIBE: ("POST", "/v2/loyalty_emails/unsubscribes"),
    REVIEW: ("POST", "/v2/reviews/{platform}"),
    CHANGE_REVIEW: ("PUT", "/v2/reviews/{platform}/{merchant_id}"),
    DELETE_REVIEW: ("DELETE", "/v2/reviews/{platform}/{merchant_id}"),
}
LOBBY_SCOPES: Final = {
    OPEN_PAGE: "write_customers",
    AUTHENTICATE: "write_customers",
    UNSUBSCRIBES: "read_unsubscribes",
    UNSUBSCRIBE: "write_unsubscribes",
    REVIEW: "write_reviews",
    CHANGE_REVIEW: "write_reviews",
    DELETE_REVIEW: "write_reviews",
}
LOBBY_BODIES: Final[dict[str, dict[str, object]]] = {
    OPEN_PAGE: {"channel": "lion_app"},
    AUTHENTICATE: {"customer_id": "1001"},
    UNSUBSCRIBE: {"email": "kim@example.com"},
    REVIEW: {
        "merchant_id": "r1",
        "customer": {"merchant_id": "1001", "email": "1001@example.com"},
        "status": "pending",
    },
    CHANGE_REVIEW: {"status": "approved"},
}
KEYS_ONLY: Final = (SITES,)


def ask(world: World, operation: str, **how: Any) -> Answer:
    """Any operation, with a good body where it wants one; what its path needs comes by name."""
    method, path = LOBBY_ROUTES[operation]
    query = how.pop("query", "")
    places = {"site_id": "1", "platform": "custom", "merchant_id": "r1"}
    for place, usual in places.items():
        path = path.replace(f"{{{place}}}", str(how.pop(place, usual)))
    if operation in LOBBY_BODIES and "body" not in how:
        how.setdefault("json", LOBBY_BODIES[operation])
    answer = world.call(method, f"{path}?{query}" if query else path, **how)
    check(operation, answer)
    return answer


def check(operation: str, answer: Answer) -> None:
    """Holds an answer against the shapes."""
    if answer.status >= 400:
        assert answer.headers["content-type"] == "application/json"
        Draft202012Validator(ERROR).validate(answer.json)
        return
    shape = RESPONSES[operation][answer.status]
    if shape is None:
        assert answer.body == b""
        assert "content-type" not in answer.headers
        return
    assert answer.headers["content-type"] == "application/json"
    Draft202012Validator(shape).validate(answer.json)
