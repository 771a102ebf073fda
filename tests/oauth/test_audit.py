"""The audit log: what is noted, who may read it, and that it cannot be rewritten."""

from typing import Any

import asyncpg
import pytest

from tests.jobs.shops import shop
from tests.oauth.office import Office


def _log(office: Office, query: str = "", **how: Any) -> Any:
    answer = office.world.get(f"/leal/v1/audit?{query}", **how)
    assert answer.status == 200, answer.body
    return answer.json


def test_points_by_hand_are_noted_with_the_change(office: Office) -> None:
    world = office.world
    sent = {"points": 5, "reason": "for Ann's patience"}
    headers = {"x-request-id": "till-7"}
    assert world.post("/v2/customers/ann/points", sent, headers=headers).status == 201
    assert world.post("/v2/customers/nobody/points", sent).status == 404
    ann = world.get("/v2/customers?email=ann").json["customers"][0]
    (entry,) = _log(office)["entries"]
    assert entry["actor"]["kind"] == "api_key"
    assert entry["actor"]["name"] == "test"
    assert entry["request_id"] == "till-7"
    assert entry["action"] == "customer.points_added"
    assert entry["about"] == {"kind": "customer", "id": str(ann["id"])}
    assert entry["facts"] == {"points": 5}
    assert "patience" not in str(office.rows("audit"))


def test_it_is_read_a_page_at_a_time_and_by_its_own_program(office: Office) -> None:
    for _ in range(3):
        office.world.post("/v2/customers/ann/points", {"points": 1})
    first = _log(office, "limit=2")
    second = _log(office, f"limit=2&cursor={first['cursor']['next']}")
    ids = [entry["id"] for entry in (*first["entries"], *second["entries"])]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 3
    assert second["cursor"]["next"] is None
    assert _log(office, "action=key.created")["entries"] == []
    other = office.world.add_program(shop())
    assert _log(office, key=other.key)["entries"] == []
    poor = office.world.new_key(office.world.tenant.program_id, "write_customers")
    assert office.world.get("/leal/v1/audit", key=poor).status == 403


@pytest.mark.parametrize("query", ["actor=nobody", "actor=", "about=nothing"])
def test_a_kind_that_there_is_not_is_refused(office: Office, query: str) -> None:
    answer = office.world.get(f"/leal/v1/audit?{query}")
    assert answer.status == 400
    assert set(answer.json["error"]["details"]) == {query.partition("=")[0]}


@pytest.mark.parametrize(
    "sql", ["UPDATE audit SET action = ''", "DELETE FROM audit", "TRUNCATE audit"]
)
def test_the_database_refuses_to_rewrite_it(office: Office, sql: str) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        office.world.run(office.world.database.execute(sql))
