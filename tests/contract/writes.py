"""Every operation that writes, and how each is asked for so that it succeeds.

The tables of all three APIs are walked; an operation without an entry in `ASK` fails its tests.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from leal.api.admin.routes import table as admin_table
from leal.api.gate import Gate
from leal.api.headless.routes import table as headless_table
from leal.api.operations import Operation
from leal.api.own.routes import table as own_table
from leal.usecases.desk import Desk
from tests.contract.conftest import NewWorld
from tests.contract.headless.redeeming import Member, number_of, rewards_program
from tests.contract.headless.walk import Walk
from tests.contract.headless.worlds import Shop, email_of
from tests.programs import Document, lion_rewards
from tests.worlds import World

Asked = tuple[str, Any]
"""The rest of the path behind the placeholders, filled; and a body."""

POOLED = 99
NOT_EFFECTS = ("idempotency_keys", "pgqueuer", "pgqueuer_log", "pgqueuer_statistics")


def _writes() -> list[Operation]:
    desk, gate = cast("Desk", None), cast("Gate", None)
    tables = (headless_table(desk, gate), admin_table(desk, gate), own_table(desk, gate))
    return [row for table in tables for row, _ in table if row.method != "GET"]


WRITES = _writes()
HEADLESS = [each for each in WRITES if each.path.startswith("/headless")]


@dataclass(frozen=True, slots=True)
class Counter:
    """Where the operations of the Admin API and of leal's own are asked for."""

    world: World
    member: Member

    @property
    def name(self) -> str:
        return self.member.merchant_id

    def ordered(self) -> str:
        self.member.orders(f"o-{self.name}")
        return f"o-{self.name}"

    def claim(self, kind: str) -> Any:
        return self.member.redeems(kind)

    def used(self) -> str:
        code: str = self.claim("cart_discount_voucher")["voucher_code"]
        answer = self.world.post(f"/leal/v1/vouchers/{code}/use", {"reference": "r-1"})
        assert answer.status == 200, answer.body
        return code

    def reviewed(self) -> str:
        assert self.world.post("/v2/reviews/custom", _review(self.name)).status == 201
        return f"r-{self.name}"

    def hooked(self) -> int:
        answer = self.world.post("/v2/webhooks", _webhook(self.name))
        assert answer.status == 201, answer.body
        made: int = answer.json["webhook"]["id"]
        return made

    def delivered(self) -> int:
        answer = self.world.post(f"/leal/v1/webhooks/{self.hooked()}/test", None)
        assert answer.status == 201, answer.body
        made: int = answer.json["delivery"]["id"]
        return made

    def double(self) -> str:
        self.member.shop.visit(f"d-{self.name}")
        return f"d-{self.name}"

    def merged(self) -> int:
        path = f"/leal/v1/customers/{self.name}/merge"
        answer = self.world.post(path, {"merchant_id": self.double()})
        assert answer.status == 200, answer.body
        made: int = answer.json["merge"]["id"]
        return made

    def told(self) -> str:
        body = {**_activity(self.name), "merchant_id": f"a-{self.name}"}
        assert self.world.post("/v2/activities", body).status == 201
        return f"a-{self.name}"


def _activity(name: str) -> Document:
    return {"name": "quiz", "customer_id": name, "customer_email": email_of(name)}


def _review(name: str) -> Document:
    customer = {"merchant_id": name, "email": email_of(name)}
    return {"merchant_id": f"r-{name}", "customer": customer, "status": "pending"}


def _webhook(name: str) -> Document:
    address = f"https://app.example.com/{name}"
    return {"webhook": {"topic": "program_events/customer.enrolled", "address": address}}


def _order(name: str) -> Document:
    return {
        "merchant_id": f"n-{name}",
        "customer_id": name,
        "customer_email": email_of(name),
        "total": "20.00",
        "total_shipping": "0",
        "payment_status": "paid",
    }


ASK: dict[str, Callable[[Counter], tuple[dict[str, object], Any]]] = {
    "customers.addPointsToCustomer": lambda at: ({"merchant_id": at.name}, {"points": 5}),
    "customers.removePointsFromCustomer": lambda at: ({"merchant_id": at.name}, {"points": 5}),
    "customers.updateCustomer": lambda at: (
        {"merchant_id": at.name},
        {"customer": {"birthday": "1990-02-03"}},
    ),
    "orders.createOrder": lambda at: ({}, _order(at.name)),
    "orders.updateOrder": lambda at: (
        {"merchant_id": at.ordered()},
        {
            "payment_status": "paid",
            "refund_status": "refunded",
            "cancellation_status": "not_cancelled",
            "total_refunded": "50.00",
        },
    ),
    "orders.setCancelled": lambda at: ({"merchant_id": at.ordered()}, None),
    "orders.setPaid": lambda at: ({"merchant_id": at.ordered()}, None),
    "orders.setRefunded": lambda at: ({"merchant_id": at.ordered()}, None),
    "orders.addPayment": lambda at: ({"merchant_id": at.ordered()}, {"amount": "2.00"}),
    "orders.addRefund": lambda at: ({"merchant_id": at.ordered()}, {"amount": "2.00"}),
    "activities.createActivity": lambda at: ({}, _activity(at.name)),
    "activities.updateActivity": lambda at: (
        {"name": "quiz", "merchant_id": at.told()},
        {"state": "void"},
    ),
    "customers.claimRewardForCustomer": lambda at: (
        {"merchant_id": at.name},
        {"reward_id": number_of("free_shipping_voucher")},
    ),
    "customers.refundClaimedRewardForCustomer": lambda at: (
        {
            "merchant_id": at.name,
            "claimed_reward_id": at.claim("custom")["claimed_reward"]["id"],
        },
        None,
    ),
    "rewards.disableReward": lambda _at: ({"reward_id": POOLED}, None),
    "rewards.enableReward": lambda _at: ({"reward_id": POOLED}, None),
    "programs.advanceClock": lambda at: (
        {"program_id": at.world.tenant.program_id},
        {"advance": "90s"},
    ),
    "rewards.addCodes": lambda at: ({"reward_id": POOLED}, {"codes": [f"A-{at.name}"]}),
    "vouchers.validate": lambda at: (
        {"code": at.claim("cart_discount_voucher")["voucher_code"]},
        None,
    ),
    "vouchers.use": lambda at: (
        {"code": at.claim("cart_discount_voucher")["voucher_code"]},
        {"reference": "r-1"},
    ),
    "vouchers.release": lambda at: ({"code": at.used()}, {"reference": "r-1"}),
    "fulfilments.complete": lambda at: (
        {"claimed_reward_id": at.claim("custom")["claimed_reward"]["id"]},
        None,
    ),
    "customers.moveTier": lambda at: ({"merchant_id": at.name}, {"tier_id": 2}),
    "emails.createUnsubscribe": lambda at: ({}, {"email": email_of(at.name)}),
    "sites.createWebviewSession": lambda _at: ({"site_id": 1}, {"channel": "lion_app"}),
    "customers.authenticateCustomer": lambda at: ({}, {"customer_id": at.name}),
    "reviews.createReview": lambda at: ({"platform": "custom"}, _review(at.name)),
    "reviews.updateReview": lambda at: (
        {"platform": "custom", "merchant_id": at.reviewed()},
        {"status": "approved"},
    ),
    "reviews.deleteReview": lambda at: (
        {"platform": "custom", "merchant_id": at.reviewed()},
        None,
    ),
    "webhooks.createWebhook": lambda at: ({}, _webhook(at.name)),
    "webhooks.deleteWebhook": lambda at: ({"webhook_id": at.hooked()}, None),
    "webhooks.pause": lambda at: ({"webhook_id": at.hooked()}, None),
    "webhooks.resume": lambda at: ({"webhook_id": at.hooked()}, None),
    "webhooks.test": lambda at: ({"webhook_id": at.hooked()}, None),
    "webhooks.replay": lambda at: (
        {"webhook_id": at.hooked()},
        {"since": "2025-01-01T00:00:00Z"},
    ),
    "webhooks.replayDelivery": lambda at: ({"delivery_id": at.delivered()}, None),
    "customers.merge": lambda at: ({"merchant_id": at.name}, {"merchant_id": at.double()}),
    "customers.undoMerge": lambda at: ({"merchant_id": at.name, "merge_id": at.merged()}, None),
    "customers.erase": lambda at: ({"merchant_id": at.name}, {"confirm": at.name}),
}
"""What fills the path of an operation, and its body, once all it needs is there."""


def furnished(new_world: NewWorld) -> World:
    """A world in which every operation of `WRITES` has something to work on."""
    made = new_world(rewards_program())
    furnish(made)
    return made


def furnish(made: World) -> None:
    """Give a world of `rewards_program` the rest of what `furnished` promises."""
    document = rewards_program()
    pooled: Document = {
        "id": POOLED,
        "kind": "cart_discount_voucher",
        "title": "Codes of ours",
        "discount": {"amount": 5},
        "cost": 100,
        "codes": "pool",
    }
    rewards = [*cast("list[Document]", document["rewards"]), pooled]
    walk = Walk(Shop(made), "", "nobody")
    walk.publish(rewards=rewards, tiers=lion_rewards()["tiers"])
    made.run(made.database.execute("UPDATE programs SET sandbox = true"))


def sample(world: World, operation: Operation, name: str) -> tuple[str, Any]:
    """A path and a body for the operation that are in order, about a customer of that name."""
    walk = Walk(Shop(world), operation.name, name)
    member = walk.joins()
    if operation in HEADLESS:
        path = operation.path.format_map({"site_id": 1, "merchant_id": name})
        return f"{path}?channel=web", walk.body()
    filled, body = ASK[operation.name](Counter(world, member))
    return operation.path.format_map(filled), body
