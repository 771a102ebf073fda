"""`Idempotency-Key` on every operation that writes: one effect, and the same bytes ever after.

The tables of all three APIs are walked; an operation that is not told how to be asked fails.
Seen to fail: with the body left out of the digest.
"""

from collections.abc import Callable
from typing import Any

import pytest

from leal.api.operations import Operation
from leal.usecases.access import Scope
from leal.usecases.due import Kind, run
from leal.usecases.idempotency import KEPT_FOR
from leal.usecases.verification import verify
from tests.contract.conftest import NewWorld
from tests.contract.headless.redeeming import number_of
from tests.contract.headless.worlds import Shop
from tests.contract.writes import NOT_EFFECTS, WRITES, furnished, sample
from tests.programs import lion_rewards
from tests.worlds import Answer, World


@pytest.fixture(scope="module")
def world(shared_world: NewWorld) -> World:
    return furnished(shared_world)


@pytest.fixture(params=WRITES, ids=lambda operation: operation.name)
def ask(world: World, request: pytest.FixtureRequest) -> Callable[..., Answer]:
    """Asks for one operation, again and again; `json` is another body."""
    operation: Operation = request.param
    path, body = sample(world, operation, operation.name.replace(".", "-"))

    def again(**how: Any) -> Answer:
        return world.call(operation.method, path, **{"json": body, **how})

    return again


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
