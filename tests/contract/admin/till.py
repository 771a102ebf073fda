"""A shop's till and its plugins: they tell of orders and activities, no answer goes unchecked."""

import base64
from dataclasses import dataclass
from typing import Any, Final

from jsonschema import Draft202012Validator

from leal.api.admin.shapes import ERROR, REQUESTS, RESPONSES
from tests.worlds import Answer, World

CREATE: Final = "orders.createOrder"
UPDATE: Final = "orders.updateOrder"
LIST: Final = "orders.listOrders"
GET: Final = "orders.getOrderByMerchantId"
CANCELLED: Final = "orders.setCancelled"
PAID: Final = "orders.setPaid"
REFUNDED: Final = "orders.setRefunded"
PAYMENT: Final = "orders.addPayment"
REFUND: Final = "orders.addRefund"
ORDER_ROUTES: Final = {
    CREATE: ("POST", "/v2/orders"),
    UPDATE: ("PUT", "/v2/orders/{merchant_id}"),
    LIST: ("GET", "/v2/orders"),
    GET: ("GET", "/v2/orders/{merchant_id}"),
    CANCELLED: ("PUT", "/v2/orders/{merchant_id}/cancelled"),
    PAID: ("PUT", "/v2/orders/{merchant_id}/paid"),
    REFUNDED: ("PUT", "/v2/orders/{merchant_id}/refunded"),
    PAYMENT: ("POST", "/v2/orders/{merchant_id}/payments"),
    REFUND: ("POST", "/v2/orders/{merchant_id}/refunds"),
}
TELL: Final = "activities.createActivity"
MODERATE: Final = "activities.updateActivity"
ACTIVITIES: Final = "activities.listActivities"
ACTIVITY_ROUTES: Final = {
    TELL: ("POST", "/v2/activities"),
    MODERATE: ("PUT", "/v2/activities/{name}/{merchant_id}"),
    ACTIVITIES: ("GET", "/v2/activities"),
}
TILL_ROUTES: Final = {**ORDER_ROUTES, **ACTIVITY_ROUTES}
TILL_SCOPES: Final = {
    name: "read_orders" if method == "GET" else "write_orders"
    for name, (method, _) in ORDER_ROUTES.items()
} | {
    name: "read_customers" if method == "GET" else "write_customers"
    for name, (method, _) in ACTIVITY_ROUTES.items()
}
STANDING: Final = {
    "payment_status": "paid",
    "refund_status": "not_refunded",
    "cancellation_status": "not_cancelled",
}


@dataclass(frozen=True, slots=True)
class Till:
    """Calls a world's Admin API by the names of its operations."""

    world: World

    def call(self, operation: str, merchant_id: str = "1", **how: Any) -> Answer:
        """Any operation on orders; `query` is what follows the question mark."""
        return self.ask(operation, ORDER_ROUTES[operation], merchant_id=merchant_id, **how)

    def ask(self, operation: str, route: tuple[str, str], **how: Any) -> Answer:
        """Any operation at its route, whose places are filled by name."""
        method, path = route
        query = how.pop("query", "")
        for place in ("merchant_id", "name"):
            path = path.replace(f"{{{place}}}", how.pop(place, ""))
        answer = self.world.call(method, f"{path}?{query}" if query else path, **how)
        check(operation, answer)
        return answer

    def order(self, merchant_id: object = "1", **of: object) -> Answer:
        """Tells of an order of member 1001: paid, 100 dollars of goods and 5 of shipping."""
        return self.call(CREATE, json=order(merchant_id, **of))

    def shown(self, merchant_id: str = "1") -> Any:
        """An order by itself."""
        return self.call(GET, merchant_id).json

    def signup(self, *merchant_ids: str) -> None:
        """Shoppers who open the shop and join; 100 points each for joining."""
        for merchant_id in merchant_ids:
            answer = self.world.post(
                f"/headless/2025-06/1/customers/{merchant_id}/sessions?channel=web",
                {"customer": {"email": f"{merchant_id}@example.com"}},
            )
            assert answer.status == 200

    def customer(self, merchant_id: str = "1001") -> Any:
        """A customer, looked up by the address they signed up with; None for nobody."""
        answer = self.world.get(f"/v2/customers?email={merchant_id}@example.com")
        found = [each for each in answer.json["customers"] if each["merchant_id"] == merchant_id]
        return found[0] if found else None

    def points(self, merchant_id: str = "1001") -> tuple[int, int]:
        """Approved and pending points."""
        found = self.customer(merchant_id)
        return found["points_approved"], found["points_pending"]

    def settle(self, *tables: str) -> None:
        """Makes rows as if of yesterday: other tests' open transactions hold fresh ones back."""
        for table in tables:
            self.world.run(
                self.world.database.execute(
                    f"UPDATE {table} SET recorded_at = now() - interval '1 day'"  # noqa: S608 - a test's own name
                )
            )


def order(merchant_id: object = "1", **of: object) -> dict[str, object]:
    """The body that tells of an order; a value of None leaves a field out."""
    body = {
        "merchant_id": merchant_id,
        "customer_id": "1001",
        "customer_email": "1001@example.com",
        "total": "105.00",
        "total_shipping": "5.00",
        "payment_status": "paid",
        **of,
    }
    return {name: value for name, value in body.items() if value is not None}


def activity(name: str, merchant_id: object = None, **of: object) -> dict[str, object]:
    """The body that tells of an activity of member 1001."""
    body = {
        "name": name,
        "customer_id": "1001",
        "customer_email": "1001@example.com",
        "merchant_id": merchant_id,
        **of,
    }
    return {name: value for name, value in body.items() if value is not None}


def check(operation: str, answer: Answer) -> None:
    """Holds an answer against the shapes."""
    if answer.status >= 400:
        assert answer.headers["content-type"] == "application/json"
        Draft202012Validator(ERROR).validate(answer.json)
        return
    known = RESPONSES[operation]
    assert answer.status in known
    shape = known[answer.status]
    if shape is None:
        assert answer.body == b""
        assert "content-type" not in answer.headers
        return
    assert answer.headers["content-type"] == "application/json"
    Draft202012Validator(shape).validate(answer.json)


def fits(operation: str, body: object) -> bool:
    """Whether a body is one that the documentation calls good."""
    return Draft202012Validator(REQUESTS[operation]).is_valid(body)


def basic(name: str, secret: str) -> dict[str, str]:
    """An Authorization header of the kind that old plugins send."""
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}
