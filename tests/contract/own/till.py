"""A till that asks leal about vouchers, and the back room where things are brought from."""

from dataclasses import dataclass
from typing import Any, Final

from jsonschema import Draft202012Validator

from leal.api.own.shapes import ERROR, REQUESTS, RESPONSES
from leal.usecases.verification import verify
from tests.programs import Document, lion_rewards, put
from tests.worlds import Answer, World

VALIDATE: Final = "vouchers.validate"
USE: Final = "vouchers.use"
RELEASE: Final = "vouchers.release"
LIST: Final = "fulfilments.list"
COMPLETE: Final = "fulfilments.complete"
TILL_ROUTES: Final = {
    VALIDATE: ("POST", "/leal/v1/vouchers/{code}/validate"),
    USE: ("POST", "/leal/v1/vouchers/{code}/use"),
    RELEASE: ("POST", "/leal/v1/vouchers/{code}/release"),
    LIST: ("GET", "/leal/v1/fulfilments"),
    COMPLETE: ("POST", "/leal/v1/fulfilments/{claimed_reward_id}/complete"),
}
TILL_SCOPES: Final = {
    VALIDATE: "read_orders",
    USE: "write_orders",
    RELEASE: "write_orders",
    LIST: "read_customers",
    COMPLETE: "write_customers",
}

VOUCHER, CARD, TENTH, SOAP, CHOICE, MASSAGE, PARCEL = 1, 2, 3, 4, 5, 6, 7


def till_shop() -> Document:
    """The lion's program without rules, with rewards that are codes or have to be brought."""
    document = lion_rewards()
    put("rules", [])(document)
    put("rewards", _rewards())(document)
    return document


def _rewards() -> list[Document]:
    soap = {"id": "soap", "title": "Soap", "variant_id": "rose"}
    collection = {"id": "77", "title": "Bath", "url": "https://lion.example/bath"}
    parcel = {"kind": "webhook", "url": "https://lion.example/parcels"}
    return [
        {
            "id": VOUCHER,
            "kind": "cart_discount_voucher",
            "title": "$5 off",
            "discount": {"amount": 5},
            "minimum_spend": 10,
            "cost": 500,
            "expires_after_days": 30,
        },
        {
            "id": CARD,
            "kind": "gift_card",
            "title": "$10 card",
            "initial_balance": 10,
            "cost": 300,
            "expires_after_days": 90,
        },
        {
            "id": TENTH,
            "kind": "collection_discount_voucher",
            "title": "A tenth off",
            "collection": collection,
            "discount": {"percentage": 10},
            "cost": 50,
        },
        {
            "id": SOAP,
            "kind": "product_discount_voucher",
            "title": "Free soap",
            "product": soap,
            "discount": {"percentage": 100},
            "cost": 50,
        },
        {
            "id": CHOICE,
            "kind": "cart_variable_discount_voucher",
            "title": "As you like",
            "points_per_unit": 10,
            "minimum_discount": 1,
            "maximum_discount": 50,
        },
        {"id": MASSAGE, "kind": "custom", "title": "A massage", "cost": 10},
        {"id": PARCEL, "kind": "custom", "title": "A parcel", "cost": 10, "fulfillment": parcel},
    ]


@dataclass(frozen=True, slots=True)
class Till:
    """Calls a world's own API; Ann stands before it."""

    world: World

    def call(self, operation: str, name: object = "", **how: Any) -> Answer:
        """Any operation, on the code or the claim `name`."""
        method, path = TILL_ROUTES[operation]
        query = how.pop("query", "")
        for place in ("code", "claimed_reward_id"):
            path = path.replace(f"{{{place}}}", str(name))
        answer = self.world.call(method, f"{path}?{query}" if query else path, **how)
        shape = RESPONSES[operation].get(answer.status, ERROR)
        assert shape is not None
        Draft202012Validator(shape).validate(answer.json)
        return answer

    def shows(self, code: str) -> Any:
        """A voucher as it is validated."""
        answer = self.call(VALIDATE, code)
        assert answer.status == 200, answer.body
        return answer.json["voucher"]

    def uses(self, code: str, reference: object, **body: Any) -> Any:
        """A use that must succeed."""
        answer = self.call(USE, code, json={"reference": reference, **body})
        assert answer.status == 200, answer.body
        return answer.json["voucher"]

    def releases(self, code: str, reference: object) -> Any:
        """A release that must succeed."""
        answer = self.call(RELEASE, code, json={"reference": reference})
        assert answer.status == 200, answer.body
        return answer.json["voucher"]

    def joins(self, name: str = "ann", *, points: int = 2000) -> None:
        """Somebody joins, and is given points."""
        answer = self.world.post(
            f"/headless/2025-06/1/customers/{name}/sessions?channel=web",
            {"customer": {"email": f"{name}@lion.example"}},
        )
        assert answer.status == 200
        given = self.world.post(f"/v2/customers/{name}/points", {"points": points})
        assert given.status == 201

    def claims(self, reward_id: int, name: str = "ann", **body: Any) -> Any:
        """A claim made in the back office."""
        answer = self.world.post(
            f"/v2/customers/{name}/claimed_rewards", {"reward_id": reward_id, **body}
        )
        assert answer.status == 201, answer.body
        return answer.json["claimed_reward"]

    def code_of(self, reward_id: int, **body: Any) -> str:
        """A fresh code of Ann's."""
        found: str = self.claims(reward_id, **body)["redeemable"]["code"]
        return found

    def refunds(self, claim_id: int, name: str = "ann") -> int:
        """Tries to undo a claim in the back office; the status of the answer."""
        path = f"/v2/customers/{name}/claimed_rewards/{claim_id}/refund"
        return self.world.post(path).status

    def orders(self, merchant_id: object, **of: Any) -> None:
        """Tells of an order of Ann's."""
        body = {
            "merchant_id": merchant_id,
            "customer_id": "ann",
            "total": "20.00",
            "total_shipping": "0",
            "payment_status": "paid",
            **of,
        }
        assert self.world.post("/v2/orders", body).status == 201

    def rows(self) -> list[str]:
        """All that the database knows of customers, claims and their uses."""
        found: list[str] = []
        for table in ("customers", "claimed_rewards", "claim_uses", "events", "lots"):
            sql = f"SELECT t::text AS line FROM {table} t ORDER BY 1"  # noqa: S608 - our own names
            found += [row["line"] for row in self.world.run(self.world.database.rows(sql))]
        return found

    def is_sound(self) -> bool:
        """Whether `leal verify` finds nothing."""
        return self.world.run(verify(self.world.database)).is_clean


def fits(operation: str, body: object) -> bool:
    """Whether a body is one that the documentation calls good."""
    return Draft202012Validator(REQUESTS[operation]).is_valid(body)
