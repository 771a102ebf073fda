"""A merchant's back office: calls the Admin API, and no answer goes unchecked."""

import base64
import re
from dataclasses import dataclass
from typing import Any, Final

from jsonschema import Draft202012Validator

from leal.api.admin.shapes import ERROR, REQUESTS, RESPONSES
from tests.worlds import Answer, World

WHOAMI: Final = "identity.whoami"
CUSTOMERS: Final = "customers.listCustomers"
UPDATE: Final = "customers.updateCustomer"
ADD: Final = "customers.addPointsToCustomer"
REMOVE: Final = "customers.removePointsFromCustomer"
TRANSACTIONS_OF: Final = "customers.listTransactionsForCustomer"
TRANSACTIONS: Final = "transactions.listTransactions"
ROUTES: Final = {
    WHOAMI: ("GET", "/v2/identity/whoami"),
    CUSTOMERS: ("GET", "/v2/customers"),
    UPDATE: ("PATCH", "/v2/customers/{merchant_id}"),
    ADD: ("POST", "/v2/customers/{merchant_id}/points"),
    REMOVE: ("POST", "/v2/customers/{merchant_id}/remove_points"),
    TRANSACTIONS_OF: ("GET", "/v2/customers/{merchant_id}/transactions"),
    TRANSACTIONS: ("GET", "/v2/transactions"),
}
BODIES: Final = {
    UPDATE: {"customer": {"blocked": True}},
    ADD: {"points": 5},
    REMOVE: {"points": 5},
}
SCOPES: Final = {
    CUSTOMERS: "read_customers",
    UPDATE: "write_customers",
    ADD: "write_customers",
    REMOVE: "write_customers",
    TRANSACTIONS_OF: "read_customers",
    TRANSACTIONS: "read_customers",
}
LISTS: Final = (CUSTOMERS, TRANSACTIONS, TRANSACTIONS_OF)
ON_A_CUSTOMER: Final = (UPDATE, ADD, REMOVE, TRANSACTIONS_OF)

_LINK = re.compile(r'<([^>]+)>; rel="(next|prev)"')


@dataclass(frozen=True, slots=True)
class Office:
    """Calls a world's Admin API by the names of its operations."""

    world: World

    def call(self, operation: str, merchant_id: str = "1001", **how: Any) -> Answer:
        """Any operation; `query` is what follows the question mark."""
        method, path = ROUTES[operation]
        query = how.pop("query", "")
        path = path.replace("{merchant_id}", merchant_id)
        answer = self.world.call(method, f"{path}?{query}" if query else path, **how)
        check(operation, answer)
        return answer

    def good(self, operation: str, merchant_id: str = "1001", **how: Any) -> Answer:
        """Any operation, with a body that is in order where it wants one."""
        if operation in BODIES:
            how.setdefault("json", BODIES[operation])
        return self.call(operation, merchant_id, **how)

    def signup(self, *merchant_ids: str) -> None:
        """Shoppers who open the shop and join; 100 points each for joining."""
        for merchant_id in merchant_ids:
            answer = self.world.post(
                f"/headless/2025-06/1/customers/{merchant_id}/sessions?channel=web",
                {"customer": {"email": f"{merchant_id}@example.com"}},
            )
            assert answer.status == 200

    def settle(self) -> None:
        """Makes everything as if of yesterday: other tests' open transactions hold fresh rows
        back from incremental readers, as their own would.
        """
        # the ledger refuses to be rewritten, even by a test
        statements = (
            "ALTER TABLE transactions DISABLE TRIGGER transactions_append_only",
            "UPDATE transactions SET recorded_at = now() - interval '1 day'",
            "ALTER TABLE transactions ENABLE TRIGGER transactions_append_only",
            "UPDATE customers SET recorded_at = now() - interval '1 day'",
        )
        for statement in statements:
            self.world.run(self.world.database.execute(statement))

    def customer(self, merchant_id: str = "1001") -> Any:
        """A customer as looked up by e-mail address."""
        answer = self.call(CUSTOMERS, query=f"email={merchant_id}@example.com")
        (found,) = answer.json["customers"]
        return found


def check(operation: str, answer: Answer) -> None:
    """Holds an answer against the shapes, and its headers against its body."""
    known = RESPONSES[operation]
    if answer.status >= 400:
        assert answer.headers["content-type"] == "application/json"
        Draft202012Validator(ERROR).validate(answer.json)
        return
    assert answer.status in known
    shape = known[answer.status]
    if shape is None:
        assert answer.body == b""
        assert "content-type" not in answer.headers
        return
    assert answer.headers["content-length"] == str(len(answer.body))
    if answer.headers["content-type"].startswith("text/csv"):
        return
    assert answer.headers["content-type"] == "application/json"
    Draft202012Validator(shape).validate(answer.json)
    if "cursor" in answer.json:
        found = {key: value for key, value in answer.json["cursor"].items() if value is not None}
        assert links(answer).keys() == found.keys()
        for relation, cursor in found.items():
            assert f"cursor={cursor}" in links(answer)[relation]


def names(answer: Answer) -> list[str]:
    """Who is on a page of customers."""
    assert answer.status == 200, answer.body
    return [person["merchant_id"] for person in answer.json["customers"]]


def crowd_of(*last_digits: int) -> list[str]:
    """Members of the crowd by the ends of their ids."""
    return [f"100{digit}" for digit in last_digits]


def links(answer: Answer) -> dict[str, str]:
    """The addresses of a Link header by relation."""
    return {relation: url for url, relation in _LINK.findall(answer.headers.get("link", ""))}


def basic(name: str, secret: str) -> dict[str, str]:
    """An Authorization header of the kind that old plugins send."""
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


def fits(operation: str, body: object) -> bool:
    """Whether a body is one that the documentation calls good."""
    return Draft202012Validator(REQUESTS[operation]).is_valid(body)
