"""Merging customers loses no point and doubles none, and can be taken back, whatever went before.

Histories of two customers are made up: orders paid, refunded and made good again, rewards redeemed
and given back, points given and taken until there are debts, months going by. Planted bugs these
have caught: the debt of one not taken out of the lots of the other; an award that was approved
since not counted towards tiers where it goes back; a survivor whose version went on behind their
own only.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leal.domain.merging import UNDO_WITHIN
from leal.usecases import reports
from leal.usecases.due import Kind, run, run_until_nothing_is_due
from leal.usecases.verification import verify
from tests.databases import DatabaseServer
from tests.programs import Document, lion_rewards, put
from tests.soak import examples
from tests.worlds import Answer, World, world_on

Step = tuple[str, int]

_ROWS = {
    "customers": "customer_id = $1",
    "customer_ids": "customer_id = $1",
    "lots": "customer_id = $1 AND remaining > 0",
    "counters": "customer_id = $1",
    "progress": "customer_id = $1",
    "history": "customer_id = $1",
    "claimed_rewards": "customer_id = $1",
    "orders": "customer_id = $1",
}
_NEWER = "{version,updated_at,settles,recorded_at}"
_SUMS = """
SELECT coalesce(sum(points_approved), 0)::bigint, coalesce(sum(points_pending), 0)::bigint,
    coalesce(sum(points_spent), 0)::bigint FROM customers
"""
_REPORT = """
SELECT resource, sign(points_approved + points_pending), sum(points_approved + points_pending)
FROM transactions WHERE merge_id IS NULL GROUP BY 1, 2 ORDER BY 1, 2
"""


def program() -> Document:
    document = lion_rewards()
    for path, value in {
        "rules.0.approval_days": 14,
        "rules.1": {"id": 3, "kind": "join_program", "title": "Join", "points": 100},
        "rules.2": {"id": 4, "kind": "custom", "title": "Quiz", "name": "quiz", "points": 30},
        "rewards.0.cost": 50,
        "rewards.0.tiers": {},
        "rewards.0.limit": {"count": 3, "interval": "month"},
        "expiry": {"mode": "date_earned", "months": 4, "enabled_on": "2020-01-01"},
        "sites.0.timezone": "America/New_York",
    }.items():
        put(path, value)(document)
    document["rules"] = [each for each in _list(document["rules"]) if each["id"] != 2][:3]
    return document


def _list(value: object) -> list[Any]:
    assert isinstance(value, list)
    return value


@dataclass
class Person:
    """A customer who does things."""

    world: World
    name: str

    def joins(self) -> None:
        path = f"/headless/2025-06/1/customers/{self.name}/sessions?channel=web"
        answer = self.world.post(path, {"customer": {"email": f"{self.name}@lion.example"}})
        assert answer.status == 200, answer.body

    @property
    def id(self) -> int:
        sql = "SELECT customer_id FROM customer_ids WHERE merchant_id = $1"
        found: int = self.world.run(self.world.database.value(sql, self.name))
        return found

    def balances(self) -> tuple[int, int, int]:
        path = f"/headless/2025-06/1/customers/{self.name}?channel=web"
        shown = self.world.get(path).json["customer"]
        points: tuple[int, int, int] = (
            shown["points_approved"],
            shown["points_pending"],
            shown["points_spent"],
        )
        return points

    def does(self, step: Step) -> None:
        what, number = step
        doing: dict[str, Callable[[int], None]] = {
            "orders": self.orders,
            "refunds": self.refunds,
            "redeems": self.redeems,
            "returns": self.returns,
            "gets": lambda number: self._points("points", number),
            "loses": lambda number: self._points("remove_points", number),
            "plays": self.plays,
            "waits": self.waits,
        }
        doing[what](number)

    def orders(self, number: int) -> None:
        body = {
            "merchant_id": f"{self.name}-{number}",
            "customer_id": self.name,
            "customer_email": f"{self.name}@lion.example",
            "total": str(10 + number),
            "total_shipping": "0",
            "payment_status": "paid",
        }
        assert self.world.post("/v2/orders", body).status == 201

    def refunds(self, number: int) -> None:
        back = str((10 + number) // (1 + number % 2))
        body = {
            "payment_status": "paid",
            "refund_status": "partially_refunded" if number % 2 else "refunded",
            "cancellation_status": "not_cancelled",
            "total_refunded": back,
        }
        path = f"/v2/orders/{self.name}-{number}"
        assert self.world.call("PUT", path, json=body).status in (204, 404)

    def redeems(self, _number: int) -> None:
        body = {"reward_id": 1, "customer_merchant_id": self.name}
        path = "/headless/2025-06/1/rewards/cart_discount_voucher/redeem?channel=web"
        answer = self.world.post(path, body)
        assert answer.status in (201, 422), answer.body

    def returns(self, number: int) -> None:
        sql = "SELECT claimed_reward_id FROM claimed_rewards WHERE customer_id = $1 ORDER BY 1"
        rows = self.world.run(self.world.database.rows(sql, self.id))
        if rows:
            claim = rows[number % len(rows)]["claimed_reward_id"]
            path = f"/v2/customers/{self.name}/claimed_rewards/{claim}/refund"
            assert self.world.post(path).status in (200, 201, 204, 422)

    def _points(self, path: str, number: int) -> None:
        answer = self.world.post(f"/v2/customers/{self.name}/{path}", {"points": 1 + 20 * number})
        assert answer.status in (201, 204), answer.body

    def plays(self, number: int) -> None:
        body = {
            "name": "quiz",
            "customer_id": self.name,
            "customer_email": f"{self.name}@lion.example",
            "merchant_id": f"{self.name}-quiz-{number}",
        }
        assert self.world.post("/v2/activities", body).status in (201, 204, 422)

    def waits(self, number: int) -> None:
        self.world.later(days=3 + 5 * number)
        for kind in (Kind.APPROVALS, Kind.EXPIRY, Kind.CLAIMS, Kind.TIERS):
            self.world.run(run(self.world.desk, kind, self.world.tenant.program_id))

    def merges(self, other: "Person") -> Answer:
        path = f"/leal/v1/customers/{self.name}/merge"
        return self.world.post(path, {"merchant_id": other.name})

    def parts(self, merge_id: int) -> Answer:
        return self.world.post(f"/leal/v1/customers/{self.name}/merges/{merge_id}/undo")


@pytest.fixture(scope="module")
def world(database_server: DatabaseServer) -> Iterator[World]:
    with database_server.fresh() as url, world_on(url, program()) as made:
        yield made


_names = count(1)


def people(world: World, *stories: list[Step]) -> list[Person]:
    """Members, each with a past of their own."""
    found = []
    for story in stories:
        person = Person(world, f"p{next(_names)}")
        person.joins()
        for step in story:
            person.does(step)
        found.append(person)
    return found


def rows_of(world: World, customer_id: int) -> dict[str, list[str]]:
    """All that is a customer's, but for when and how often it was written."""
    found = {}
    for table, where in _ROWS.items():
        sql = (
            f"SELECT (to_jsonb(t) - '{_NEWER}'::text[])::text AS line FROM {table} t"  # noqa: S608 - our own names
            f" WHERE {where} ORDER BY 1"
        )
        found[table] = [row["line"] for row in world.run(world.database.rows(sql, customer_id))]
    return found


def sums(world: World, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in world.run(world.database.rows(sql))]


def wrong(world: World) -> object:
    return world.run(verify(world.database, program_id=world.tenant.program_id)).violations


_doings = st.sampled_from(
    ["orders", "orders", "refunds", "redeems", "returns", "gets", "loses", "plays", "waits"]
)
_story = st.lists(st.tuples(_doings, st.integers(0, 6)), max_size=9)
_settled = settings(
    max_examples=examples(10, soak=200),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@given(_story, _story)
@_settled
def test_a_merge_taken_back_at_once_never_was(
    world: World, one: list[Step], other: list[Step]
) -> None:
    survivor, merged = people(world, one, other)
    # whoever is looked at by a change has their overdue points and memberships worked off first
    for person in (survivor, merged):
        person.does(("gets", 0))
    ids = survivor.id, merged.id
    before = [rows_of(world, each) for each in ids]
    balances = [person.balances() for person in (survivor, merged)]
    total, report = sums(world, _SUMS), sums(world, _REPORT)
    answer = survivor.merges(merged)
    assert answer.status == 200, answer.body
    assert merged.id == survivor.id == ids[0]
    together = tuple(sum(pair) for pair in zip(*balances, strict=True))
    assert survivor.balances() == merged.balances() == together
    assert (sums(world, _SUMS), sums(world, _REPORT)) == (total, report)
    assert wrong(world) == ()
    assert survivor.parts(answer.json["merge"]["id"]).status == 200
    assert [person.balances() for person in (survivor, merged)] == balances
    assert [rows_of(world, each) for each in ids] == before
    assert (sums(world, _SUMS), sums(world, _REPORT)) == (total, report)
    assert wrong(world) == ()


@given(_story, _story, st.lists(st.tuples(st.booleans(), _doings, st.integers(0, 6)), max_size=8))
@_settled
def test_what_happens_since_never_breaks_the_books(
    world: World, one: list[Step], other: list[Step], since: list[tuple[bool, str, int]]
) -> None:
    survivor, merged = people(world, one, other)
    merge_id = survivor.merges(merged).json["merge"]["id"]
    for by_survivor, what, number in since:
        (survivor if by_survivor else merged).does((what, number))
        assert survivor.balances() == merged.balances()
    assert wrong(world) == ()
    total, report = sums(world, _SUMS), sums(world, _REPORT)
    answer = survivor.parts(merge_id)
    told = "" if answer.status == 200 else answer.code
    assert told in ("", "points_spent", "points_expired", "too_late_to_undo"), answer.body
    assert (survivor.id == merged.id) == bool(told)
    assert wrong(world) == ()
    assert sums(world, _SUMS)[0] == total[0] or report != sums(world, _REPORT)
    for person in (survivor, merged):
        person.does(("orders", 5))
        person.does(("waits", 3))
    assert wrong(world) == ()


def test_versions_go_on_behind_those_of_both(world: World) -> None:
    """Causes of entries name the version: none may come a second time for a row that moved."""
    survivor, merged = people(world, [], [("gets", 1)] * 6)
    sql = "SELECT version FROM customers WHERE customer_id = $1"

    def version(customer_id: int) -> int:
        found: int = world.run(world.database.value(sql, customer_id))
        return found

    ids = survivor.id, merged.id
    seen = max(map(version, ids))
    merge_id = survivor.merges(merged).json["merge"]["id"]
    assert version(ids[0]) > seen
    seen = max(map(version, ids))
    survivor.parts(merge_id)
    assert min(map(version, ids)) > seen


def test_points_that_were_spent_must_be_there_to_be_given_back(world: World) -> None:
    survivor, merged = people(world, [], [])
    merge_id = survivor.merges(merged).json["merge"]["id"]
    for _ in range(3):
        survivor.does(("redeems", 0))
    assert survivor.balances() == (50, 0, 150)
    answer = survivor.parts(merge_id)
    assert (answer.status, answer.code) == (422, "points_spent")
    assert "has 50 points too few" in answer.json["error"]["message"]
    survivor.does(("returns", 0))
    assert survivor.parts(merge_id).status == 200
    assert (survivor.balances(), merged.balances()) == ((0, 0, 100), (100, 0, 0))
    assert wrong(world) == ()


def test_a_limit_that_one_used_up_is_used_up(world: World) -> None:
    survivor, merged = people(world, [("redeems", 0)], [("redeems", 0), ("gets", 6)])
    before = [rows_of(world, each.id)["counters"] for each in (survivor, merged)]
    merge_id = survivor.merges(merged).json["merge"]["id"]
    merged.does(("redeems", 0))
    body = {"reward_id": 1, "customer_merchant_id": merged.name}
    path = "/headless/2025-06/1/rewards/cart_discount_voucher/redeem?channel=web"
    refused = world.post(path, body)
    assert (refused.status, refused.code) == (422, "reward_limit_reached")
    survivor.does(("returns", 2))
    assert survivor.parts(merge_id).status == 200
    assert rows_of(world, merged.id)["counters"] == before[1]
    assert len(rows_of(world, survivor.id)["counters"]) == len(before[0])
    assert wrong(world) == ()


def test_a_merge_can_be_taken_back_for_thirty_days(world: World) -> None:
    survivor, merged = people(world, [("gets", 1)], [("gets", 2)])
    merge_id = survivor.merges(merged).json["merge"]["id"]
    world.now += UNDO_WITHIN
    world.run(run_until_nothing_is_due(world.desk, world.tenant.program_id))
    sql = "SELECT kept::text FROM merges WHERE merge_id = $1"
    assert world.run(world.database.value(sql, merge_id)) == "{}"
    answer = survivor.parts(merge_id)
    assert (answer.status, answer.code) == (422, "too_late_to_undo")


def test_a_merge_of_a_merge_comes_apart_in_turn(world: World) -> None:
    first, second, third = people(world, [("orders", 1)], [("orders", 2)], [("redeems", 0)])
    balances = [each.balances() for each in (first, second, third)]
    inner = second.merges(third).json["merge"]["id"]
    outer = first.merges(second).json["merge"]["id"]
    assert first.id == second.id == third.id
    early = first.parts(inner)
    assert (early.status, early.code) == (422, "survivor_merged_since")
    assert wrong(world) == ()
    assert first.parts(outer).status == 200
    assert (first.id == second.id, second.id == third.id) == (False, True)
    assert wrong(world) == ()
    assert second.parts(inner).status == 200
    assert [each.balances() for each in (first, second, third)] == balances
    again = second.parts(inner)
    assert (again.status, again.code) == (422, "merge_already_undone")
    assert wrong(world) == ()


def test_the_figures_of_a_day_do_not_change(world: World) -> None:
    survivor, merged = people(world, [("gets", 3)], [("orders", 4), ("redeems", 0), ("loses", 6)])
    program_id = world.tenant.program_id
    today = world.run(reports.today(world.desk, program_id))
    period = reports.Period(first=today, last=today)

    def shown() -> object:
        return world.run(reports.report_points(world.desk, program_id, period=period))

    before = shown()
    merge_id = survivor.merges(merged).json["merge"]["id"]
    assert shown() == before
    survivor.parts(merge_id)
    assert shown() == before
