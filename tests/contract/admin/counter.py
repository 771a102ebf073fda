"""The counter of a shop where rewards are claimed for customers; no answer goes unchecked."""

from dataclasses import dataclass
from typing import Any, Final

from leal.usecases.verification import verify
from tests.contract.admin.office import check
from tests.programs import Document, lion_rewards, put
from tests.worlds import Answer, World

AVAILABLE: Final = "customers.listAvailableRewardsForCustomer"
CLAIM: Final = "customers.claimRewardForCustomer"
REFUND: Final = "customers.refundClaimedRewardForCustomer"
ENABLE: Final = "rewards.enableReward"
DISABLE: Final = "rewards.disableReward"
_CUSTOMER: Final = "/v2/customers/{merchant_id}"
REWARD_ROUTES: Final = {
    AVAILABLE: ("GET", f"{_CUSTOMER}/available_rewards"),
    CLAIM: ("POST", f"{_CUSTOMER}/claimed_rewards"),
    REFUND: ("POST", f"{_CUSTOMER}/claimed_rewards/{{claimed_reward_id}}/refund"),
    ENABLE: ("POST", "/v2/rewards/{reward_id}/enable"),
    DISABLE: ("POST", "/v2/rewards/{reward_id}/disable"),
}
REWARD_SCOPES: Final = {
    AVAILABLE: "read_customers",
    CLAIM: "write_customers",
    REFUND: "write_customers",
    ENABLE: "write_configuration",
    DISABLE: "write_configuration",
}

VOUCHER, CARD, MUG, MASSAGE, CHOICE, PRIZE, SECRET = 1, 2, 3, 4, 5, 6, 7
CART: Final = {"kind": "cart", "token": "gid://shopify/Cart/c1?key=k1"}


def rewards_shop() -> Document:
    """The lion's program without rules, with a reward of each kind that tests are about."""
    document = lion_rewards()
    put("rules", [])(document)
    put("rewards", _rewards())(document)
    return document


def _rewards() -> list[Document]:
    mug = {
        "id": "mug",
        "title": "Mug",
        "variants": [{"id": "red", "inventory_count": 1}, {"id": "blue", "sort_key": 2}],
    }
    voucher = {"kind": "cart_discount_voucher", "discount": {"amount": 5}}
    return [
        {
            **voucher,
            "id": VOUCHER,
            "title": "$5 off",
            "description": "On anything",
            "minimum_spend": 10,
            "cost": 500,
            "expires_after_days": 30,
            "limit": {"count": 3},
            "tiers": {"gold": {"cost": 400, "title": "$5 off for gold"}},
        },
        {"id": CARD, "kind": "gift_card", "title": "$10 card", "initial_balance": 10, "cost": 300},
        {"id": MUG, "kind": "product_cart", "title": "Free mug", "cost": 200, "product": mug},
        {
            "id": MASSAGE,
            "kind": "custom",
            "title": "A massage",
            "cost": 100,
            "fulfilment_explanation": "We will call you",
        },
        {
            "id": CHOICE,
            "kind": "cart_variable_discount_voucher",
            "title": "As you like",
            "points_per_unit": 10,
            "minimum_discount": 1,
            "maximum_discount": "12.50",
        },
        {**voucher, "id": PRIZE, "title": "A prize", "trigger_only": True},
        {
            **voucher,
            "id": SECRET,
            "title": "For gold only",
            "cost": 1,
            "tiers": {"silver": {"enabled": False}},
            "countries": ["GB"],
        },
    ]


@dataclass(frozen=True, slots=True)
class Counter:
    """Calls a world's Admin API for the sake of rewards; member 1001 stands before it."""

    world: World

    def call(self, operation: str, merchant_id: str = "1001", **how: Any) -> Answer:
        """Any operation; what its path needs comes by name."""
        method, path = REWARD_ROUTES[operation]
        query = how.pop("query", "")
        path = path.replace("{merchant_id}", merchant_id)
        for place in ("reward_id", "claimed_reward_id"):
            path = path.replace(f"{{{place}}}", str(how.pop(place, 1)))
        answer = self.world.call(method, f"{path}?{query}" if query else path, **how)
        check(operation, answer)
        return answer

    def claims(self, reward_id: int, **body: Any) -> Any:
        """A claim that must succeed."""
        answer = self.call(CLAIM, json={"reward_id": reward_id, **body})
        assert answer.status == 201, answer.body
        return answer.json["claimed_reward"]

    def refunds(self, claim: Any) -> Any:
        """A refund that must succeed."""
        answer = self.call(REFUND, claimed_reward_id=claim["id"])
        assert answer.status == 200, answer.body
        assert answer.json["remote_resource_deleted"] is False
        return answer.json["claimed_reward"]

    def available(self, query: str = "", merchant_id: str = "1001") -> Any:
        """The available rewards by id."""
        answer = self.call(AVAILABLE, merchant_id, query=query)
        assert answer.status == 200, answer.body
        return {reward["id"]: reward for reward in answer.json["rewards"]}

    def joins(self, merchant_id: str = "1001", *, points: int = 0) -> None:
        """Somebody joins, and is given points."""
        answer = self.world.post(
            f"/headless/2025-06/1/customers/{merchant_id}/sessions?channel=web",
            {"customer": {"email": f"{merchant_id}@example.com"}},
        )
        assert answer.status == 200
        if points:
            given = self.world.post(f"/v2/customers/{merchant_id}/points", {"points": points})
            assert given.status == 201

    def balance(self, merchant_id: str = "1001") -> tuple[int, int]:
        """Approved and spent points."""
        answer = self.world.get(f"/v2/customers?email={merchant_id}@example.com")
        (person,) = answer.json["customers"]
        return person["points_approved"], person["points_spent"]

    def orders(self, merchant_id: str = "1", **of: Any) -> None:
        """Tells of an order of member 1001."""
        body = {
            "merchant_id": merchant_id,
            "customer_id": "1001",
            "total": "20.00",
            "total_shipping": "0",
            "payment_status": "paid",
            **of,
        }
        assert self.world.post("/v2/orders", body).status == 201

    def shown(self, claim: Any) -> Any:
        """A claim as its transaction shows it."""
        answer = self.world.get("/v2/customers/1001/transactions?since_id=0")
        found = [
            each["claimed_reward"]
            for each in answer.json["transactions"][::-1]
            if each["resource"] == "claimed_reward"
        ]
        return next(each for each in found if each["id"] == claim["id"])

    def settle(self) -> None:
        """Makes the ledger as if of yesterday, so that lists show all of it."""
        # the ledger refuses to be rewritten, even by a test
        for statement in (
            "ALTER TABLE transactions DISABLE TRIGGER transactions_append_only",
            "UPDATE transactions SET recorded_at = now() - interval '1 day'",
            "ALTER TABLE transactions ENABLE TRIGGER transactions_append_only",
        ):
            self.world.run(self.world.database.execute(statement))

    def is_sound(self) -> bool:
        """Whether `leal verify` finds nothing."""
        return self.world.run(verify(self.world.database)).is_clean
