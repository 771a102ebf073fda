"""`Idempotency-Key` on every operation that writes: one effect, and the same bytes ever after.

The tables of all three APIs are walked; an operation that is not told how to be asked fails.
Seen to fail: with the body left out of the digest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import pytest

from leal.api.admin.routes import table as admin_table
from leal.api.gate import Gate
from leal.api.headless.routes import table as headless_table
from leal.api.operations import Operation
from leal.api.own.routes import table as own_table
from leal.usecases.access import Scope
from leal.usecases.desk import Desk
from leal.usecases.due import Kind, run
from leal.usecases.idempotency import KEPT_FOR
from leal.usecases.verification import verify
from tests.contract.conftest import NewWorld
from tests.contract.headless.redeeming import Member, number_of, rewards_program
from tests.contract.headless.walk import Walk
from tests.contract.headless.worlds import Shop, email_of
from tests.programs import Document, lion_rewards
from tests.worlds import Answer, World

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


@pytest.fixture(scope="module")
def world(shared_world: NewWorld) -> World:
    return furnished(shared_world)


def furnished(new_world: NewWorld) -> World:
    """A world in which every operation of `WRITES` has something to work on."""
    document = rewards_program()
    made = new_world(document)
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
    return made


@pytest.fixture(params=WRITES, ids=lambda operation: operation.name)
def ask(world: World, request: pytest.FixtureRequest) -> Callable[..., Answer]:
    """Asks for one operation, again and again; `json` is another body."""
    operation: Operation = request.param
    path, body = sample(world, operation, operation.name.replace(".", "-"))

    def again(**how: Any) -> Answer:
        return world.call(operation.method, path, **{"json": body, **how})

    return again


def sample(world: World, operation: Operation, name: str) -> tuple[str, Any]:
    """A path and a body for the operation that are in order, about a customer of that name."""
    walk = Walk(Shop(world), operation.name, name)
    member = walk.joins()
    if operation in HEADLESS:
        path = operation.path.format_map({"site_id": 1, "merchant_id": name})
        return f"{path}?channel=web", walk.body()
    filled, body = ASK[operation.name](Counter(world, member))
    return operation.path.format_map(filled), body


def everything(world: World) -> dict[str, list[str]]:
    """Every row of every table, but for what is kept of answers."""
    tables = world.run(
        world.database.rows(
            "SELECT tablename AS relname FROM pg_tables WHERE schemaname = 'public'"
        )
    )
    found = {}
    for table in sorted({row["relname"] for row in tables} - set(NOT_EFFECTS)):
        sql = f"SELECT t::text AS line FROM {table} t ORDER BY 1"  # noqa: S608 - from the catalogue
        found[table] = [row["line"] for row in world.run(world.database.rows(sql))]
    return found


def test_a_repeated_request_has_one_effect_and_one_answer(
    world: World, ask: Callable[..., Answer]
) -> None:
    headers = {"idempotency-key": "the order of 9:41"}
    first = ask(headers=headers)
    assert 200 <= first.status < 300, first.body
    assert "idempotency-hit" not in first.headers
    after = everything(world)
    for _ in range(2):
        again = ask(headers=headers)
        assert (again.status, again.body) == (first.status, first.body)
        assert again.headers["idempotency-hit"] == "true"
        assert again.headers.get("content-type") == first.headers.get("content-type")
    other = ask(headers=headers, json={"another": "body"})
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert everything(world) == after
    stranger = world.new_key(world.tenant.program_id, *Scope)
    assert "idempotency-hit" not in ask(headers=headers, key=stranger).headers
    assert "idempotency-hit" not in ask(headers={"idempotency-key": "another"}).headers


def test_the_books_are_right_after_all_that(world: World) -> None:
    assert world.run(verify(world.database)).violations == ()


def _add(world: World, once: str, *, points: object = 5, path: str = "", **how: Any) -> Answer:
    path = path or "/v2/customers/keyed/points"
    return world.post(path, {"points": points}, headers={"idempotency-key": once}, **how)


def test_a_refusal_is_an_answer_too(world: World) -> None:
    Shop(world).visit("poor")
    body = {"reward_id": number_of("gift_card"), "customer_merchant_id": "nobody"}
    path = "/headless/2025-06/1/rewards/gift_card/redeem?channel=web"
    for sent in (body, {**body, "customer_merchant_id": 7}, {**body, "reward_id": 12345}):
        key = {"idempotency-key": f"refused {sent}"}
        first, again = (world.post(path, sent, headers=key) for _ in range(2))
        assert first.status in (400, 404, 422)
        assert (again.status, again.body) == (first.status, first.body)
        assert "idempotency-hit" in again.headers
        assert "idempotency-hit" not in first.headers


def test_what_is_refused_at_the_door_is_not_kept(world: World) -> None:
    Shop(world).visit("keyed")
    poor = world.new_key(world.tenant.program_id, "read_customers")
    assert _add(world, "door", key=poor).status == 403
    assert _add(world, "door", key="pat_" + "0" * 32).status == 401
    assert _add(world, "big", points="1" * 1_000_000).status == 413
    assert _add(world, "big").status == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "ä", "a\tb", "\x7f"])
def test_a_key_that_is_none_is_refused(world: World, key: str) -> None:
    answer = _add(world, key)
    assert answer.status == 400
    assert list(answer.json["error"]["details"]) == ["Idempotency-Key"]


def test_a_key_may_be_any_printable_text(world: World) -> None:
    Shop(world).visit("keyed")
    for key in ("x" * 255, "!", '"quoted"', "a b~"):
        assert _add(world, key).status == 201
        assert "idempotency-hit" in _add(world, key).headers


def test_method_path_and_query_tell_requests_apart(world: World) -> None:
    Shop(world).visit("keyed")
    assert _add(world, "apart").status == 201
    taken = "/v2/customers/keyed/remove_points"
    assert _add(world, "apart", path=taken).status == 204
    # the same customer, spelled in another way: not the same path
    spelled = _add(world, "apart", path="/v2/customers/key%65d/points")
    assert (spelled.status, spelled.headers.get("idempotency-hit")) == (201, None)
    other = _add(world, "apart", path="/v2/customers/keyed/points?site_id=1")
    assert (other.status, other.code) == (422, "idempotency_key_reused")


def test_a_shopper_s_own_token_may_use_a_key(world: World) -> None:
    shop = Shop(world)
    shop.visit("shopper")
    path = "/headless/2025-06/1/customers/shopper/birthday?channel=web"
    body = {"birthday": {"month": 2, "day": 3, "year": 1990}}
    key = {"idempotency-key": "mine"}
    token = shop.token("shopper")
    first, again = (world.post(path, body, headers=key, key=token) for _ in range(2))
    assert (first.status, first.body) == (again.status, again.body)
    assert first.json["updated"] is True
    assert "idempotency-hit" in again.headers
    assert "Idempotency-Hit" in again.headers["access-control-expose-headers"]


def test_without_the_header_nothing_more_is_asked_of_the_database(world: World) -> None:
    Shop(world).visit("keyed")
    _add(world, "warm")
    world.statements.clear()
    world.post("/v2/customers/keyed/points", {"points": 5})
    assert [each.split()[0:2] for each in world.statements] == [
        ["SELECT", "p.version"],
        ["SELECT", "leal_save_noted($1,"],
    ]


def test_a_key_costs_four_round_trips_and_its_answer_three(world: World) -> None:
    Shop(world).visit("keyed")
    world.post("/v2/customers/keyed/points", {"points": 5})
    world.statements.clear()
    _add(world, "cost")
    assert [each.split()[0] for each in world.statements] == [
        *("BEGIN", "SELECT", "SELECT", "SELECT", "INSERT", "COMMIT")
    ]
    world.statements.clear()
    _add(world, "cost")
    assert [each.split()[0] for each in world.statements] == ["BEGIN", "SELECT", "ROLLBACK"]


def test_an_answer_is_forgotten_after_thirty_days(new_world: NewWorld) -> None:
    world = new_world(lion_rewards())
    Shop(world).visit("keyed")
    assert _add(world, "old").status == 201
    world.now += KEPT_FOR
    assert _forget(world) == 0
    assert "idempotency-hit" in _add(world, "old").headers
    world.later(seconds=1)
    assert _forget(world) == 1
    assert "idempotency-hit" not in _add(world, "old").headers


def _forget(world: World) -> int:
    return world.run(run(world.desk, Kind.IDEMPOTENCY, world.tenant.program_id))
