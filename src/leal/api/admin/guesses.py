"""Addresses that clients guess and nobody serves: each is told the one that does what was meant.

They stand in no route table and no document. Other people's notes, and habits from other APIs,
lead to them; a bare 404 would send a developer looking for a bug.
"""

import re
from typing import Final

from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from leal.api.http import error_response

_BY_EMAIL: Final = "Look a customer up with GET /v2/customers?email=…"
_JOINS: Final = (
    "Customers come with their orders, activities or sessions. Send POST /v2/activities with the "
    "name $signup to create one who joins."
)
_UNSUBSCRIBES: Final = "This is /v2/loyalty_emails/unsubscribes."
_NO_WHOLE_REWARDS: Final = (
    "Rewards are listed for a customer, with GET /v2/customers/{merchant_id}/available_rewards, "
    "and configured with `leal program apply`."
)
_NAMED: Final = "An activity is found by its name and your own id of it"


class Guess(BaseRoute):
    """A wrong address; no route of the table, so it is never listed among the allowed methods."""

    def __init__(self, methods: str, path: str, message: str, *, allow: str | None = None) -> None:
        self._methods = frozenset(methods.split())
        self._path = re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "/?")
        self._message = message
        self._allow = allow

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether this is the address, whatever stands in its places."""
        fits = scope["method"] in self._methods and self._path.fullmatch(scope["path"])
        return (Match.FULL if fits else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Says what is right: 405 where the path is good for other methods, else 404."""
        allow = self._allow
        status, headers = (404, []) if allow is None else (405, [("Allow", allow)])
        await error_response(status, self._message, headers=headers)(scope, receive, send)


GUESSES: Final = (
    Guess("GET HEAD", "/v2/whoami", "This is GET /v2/identity/whoami."),
    Guess("GET HEAD", "/v2/identity", "This is GET /v2/identity/whoami."),
    Guess("GET HEAD POST", "/v2/unsubscribes", _UNSUBSCRIBES),
    Guess("GET HEAD POST", "/v2/emails/unsubscribes", _UNSUBSCRIBES),
    Guess("GET HEAD", "/v2/customers/{merchant_id}", _BY_EMAIL, allow="PATCH"),
    Guess(
        "PUT POST",
        "/v2/customers/{merchant_id}",
        "Customers are changed with PATCH /v2/customers/{merchant_id}.",
        allow="PATCH",
    ),
    Guess("POST PUT", "/v2/customers", _JOINS, allow="GET, HEAD"),
    Guess(
        "DELETE",
        "/v2/customers/{merchant_id}/points",
        "Points are removed with POST /v2/customers/{merchant_id}/remove_points.",
        allow="POST",
    ),
    Guess(
        "GET HEAD",
        "/v2/customers/{merchant_id}/points",
        f"Points are among a customer's fields. {_BY_EMAIL}",
        allow="POST",
    ),
    Guess(
        "GET HEAD",
        "/v2/customers/{merchant_id}/claimed_rewards",
        "A customer's claimed rewards are among their transactions: "
        "GET /v2/customers/{merchant_id}/transactions.",
        allow="POST",
    ),
    Guess(
        "PUT PATCH",
        "/v2/activities/{id}",
        f"{_NAMED}: PUT /v2/activities/{{name}}/{{merchant_id}}.",
    ),
    Guess("GET HEAD", "/v2/activities/{id}", "Activities are listed with GET /v2/activities."),
    Guess(
        "DELETE",
        "/v2/orders/{merchant_id}",
        "Orders are cancelled with PUT /v2/orders/{merchant_id}/cancelled.",
        allow="GET, HEAD, PUT",
    ),
    Guess("GET HEAD", "/v2/rewards", _NO_WHOLE_REWARDS),
    Guess("GET HEAD", "/v2/rewards/{reward_id}", _NO_WHOLE_REWARDS),
    Guess("POST", "/v2/webviews/sessions", "This is POST /v2/sites/{site_id}/webviews/sessions."),
)
"""All of them, to be matched after the routes."""
